// kafka-producer-perf-test: how many records per second a producer sends, and how long each takes.

import { randomUuid } from '../../../base/uuid.ts'
import { ClientError } from '../../../client/errors/index.ts'
import type { Producer } from '../../../client/producer/producer.ts'
import { readProperties } from '../client.ts'
import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import { javaText } from '../java.ts'
import { type Argument, type Arguments, GrammarTrouble, type ToolGrammar } from '../options/argparse.ts'
import { argparseHelp } from '../options/argparse-help.ts'
import { producerWith } from '../producer.ts'
import { tool } from '../tool.ts'
import { type Payload, payloadOf } from './payloads.ts'
import { PerfStats } from './perf-stats.ts'

const needed = (flag: string, about: string, kind: Argument['kind'] = 'text'): Argument => ({
  flags: [flag],
  about,
  kind,
  isRequired: true,
})
const optional = (flag: string, about: string, kind: Argument['kind'] = 'text'): Argument => ({ flags: [flag], about, kind })

const grammar: ToolGrammar = {
  name: 'kafka-producer-perf-test',
  examples: [
    'kafka-producer-perf-test --bootstrap-server localhost:9092 --topic orders --num-records 100000 --record-size 100 --throughput -1',
    'kafka-producer-perf-test --bootstrap-server localhost:9092 --topic orders --num-records 100000 --payload-file lines.txt --throughput 1000 --command-property acks=1',
  ],
  about: 'This tool is used to verify the producer performance.',
  helpExitCode: 1,
  commands: {},
  arguments: [
    optional('--bootstrap-server', 'Brokers as host:port, separated by commas.'),
    needed('--topic', 'The topic to produce to.'),
    needed('--num-records', 'How many records.', 'long'),
    optional('--record-size', 'Bytes of each record.', 'integer'),
    optional('--payload-file', 'A file with records, of which each is sent now and then.'),
    optional('--payload-monotonic', 'Records are numbers that grow.', 'flag'),
    optional('--payload-delimiter', 'What stands between the records of the file; the end of a line.'),
    needed('--throughput', 'Records per second at most, about; -1: as many as there can be.', 'double'),
    optional('--producer-props', 'The older name of --command-property.', 'list'),
    optional('--command-property', 'Properties of the producer, as key=value.', 'list'),
    optional('--producer.config', 'The older name of --command-config.'),
    optional('--command-config', 'A file of properties for the producer.'),
    optional('--print-metrics', 'Not supported: the metrics of the producer.', 'flag'),
    optional('--transactional-id', 'Send in transactions, under this id.'),
    optional('--transaction-duration-ms', 'Send in transactions of so many milliseconds.', 'long'),
    optional('--warmup-records', 'So many records are not counted in a second summary.', 'long'),
    optional('--reporting-interval', 'Milliseconds between two lines.', 'long'),
  ],
  oneOf: [['record-size', 'payload-file', 'payload-monotonic']],
}

const TRANSACTION_MS = 3000
const INTERVAL_MS = 5000

const test = tool(grammar, async (found, around) => {
  check(found, around)
  const payload = await payloadOf(found, around)
  const properties = await propertiesOf(found, around)
  const producer = producerWith(properties)
  try {
    await run(found, producer, { payload, isTransactional: properties.has('transactional.id') }, around)
  } finally {
    await producer.close()
  }
  return 0
})

/** Without a word it explains itself. */
export async function producerPerfTest(words: readonly string[], around: Surroundings): Promise<number> {
  if (words.length > 0) return test(words, around)
  for (const line of argparseHelp(grammar, null)) around.print(line)
  return 0
}

function check(found: Arguments, around: Surroundings): void {
  const refuse = (message: string): never => {
    throw new GrammarTrouble(message, null)
  }
  const number = (name: string, initial: number) => Number(found.text(name) ?? initial)
  const [records, warmup] = [number('num-records', 0), number('warmup-records', 0)]
  if (records <= 0) refuse('--num-records should be greater than zero.')
  if (warmup >= records) {
    refuse('The value for --warmup-records must be strictly fewer than the number of records in the test, --num-records.')
  }
  if (number('record-size', 1) <= 0) refuse('--record-size should be greater than zero.')
  const sources = ['bootstrap-server', 'command-property', 'producer-props', 'producer.config', 'command-config']
  if (!sources.some((name) => found.has(name))) {
    refuse(
      'At least one of --bootstrap-server, --command-property, --producer-props, --producer.config or --command-config must be specified.',
    )
  }
  if (found.has('command-property') && found.has('producer-props')) {
    refuse('--command-property and --producer-props cannot be specified together.')
  }
  if (found.has('command-config') && found.has('producer.config')) {
    refuse('--command-config and --producer.config cannot be specified together.')
  }
  if (number('transaction-duration-ms', 1) <= 0) refuse('--transaction-duration-ms should be greater than zero.')
  if (number('reporting-interval', 1) <= 0) refuse('--reporting-interval should be greater than zero.')
  if (found.has('print-metrics'))
    throw new Failure('--print-metrics is not supported: the client has none to print (docs/limits.md)')
  for (const [older, newer] of [
    ['producer-props', 'command-property'],
    ['producer.config', 'command-config'],
  ] as const) {
    if (!found.has(older)) continue
    around.print(`Option --${older} has been deprecated and will be removed in a future version. Use --${newer} instead.`)
  }
}

async function propertiesOf(found: Arguments, around: Surroundings): Promise<Map<string, string>> {
  const path = found.text('command-config') ?? found.text('producer.config')
  const properties = path === undefined ? new Map<string, string>() : await readProperties(path, around)
  for (const word of [...found.texts('command-property'), ...found.texts('producer-props')]) {
    const pieces = word.replace(/=+$/, '').split('=')
    if (pieces.length !== 2) throw new Failure(`Invalid property: ${word}`)
    properties.set(pieces[0]!, pieces[1]!)
  }
  const servers = found.text('bootstrap-server')
  if (servers !== undefined) properties.set('bootstrap.servers', servers)
  if (!properties.has('client.id')) properties.set('client.id', 'perf-producer-client')
  const id = found.text('transactional-id') ?? properties.get('transactional.id')
  if (id !== undefined) properties.set('transactional.id', id)
  else if (found.has('transaction-duration-ms')) {
    properties.set('transactional.id', `performance-producer-${randomUuid(around.randomBytes)}`)
  }
  return properties
}

/** So many records may be on their way: beyond them the loop waits, as Java's does when its buffer is full. */
const MOST_PENDING = 50_000

type BytesProducer = Producer<Uint8Array | null, Uint8Array | null>
interface Work {
  readonly payload: Payload
  readonly isTransactional: boolean
}

async function run(found: Arguments, producer: BytesProducer, work: Work, around: Surroundings): Promise<void> {
  const { clock, print } = around
  const topic = found.text('topic')!
  const count = Number(found.text('num-records'))
  const warmup = Number(found.text('warmup-records') ?? 0)
  const perSecond = Number.parseFloat(found.text('throughput')!)
  const transactionMs = Number(found.text('transaction-duration-ms') ?? TRANSACTION_MS)
  if (work.isTransactional) await producer.initTransactions()
  if (warmup > 0) print(`Warmup first ${warmup} records. Steady state results will print after the complete test summary.`)

  const common = { clock, print, intervalMs: Number(found.text('reporting-interval') ?? INTERVAL_MS) }
  const stats = new PerfStats({ ...common, count, isSteady: false })
  let steady: PerfStats | null = null
  const start = clock.now()
  const pending = new Pending()
  let begunAt: number | null = null
  for (let number = 0; number < count; number++) {
    const value = work.payload(number)
    if (work.isTransactional && begunAt === null) {
      producer.beginTransaction()
      begunAt = clock.now()
    }
    const sentAt = clock.now()
    if (warmup > 0 && number === warmup) {
      steady = new PerfStats({ ...common, count: count - warmup, isSteady: true })
      stats.isQuiet = true
    }
    const counted = steady
    pending.add(
      producer.send({ topic, value }).then(
        () => {
          const now = clock.now()
          stats.record(now - sentAt, value.length, now)
          counted?.record(now - sentAt, value.length, now)
        },
        (thrown: unknown) => {
          if (!(thrown instanceof ClientError)) throw thrown
          around.complain(javaText(thrown))
        },
      ),
    )
    if (begunAt !== null && sentAt - begunAt >= transactionMs) {
      await producer.commitTransaction()
      begunAt = null
    }
    if (perSecond >= 0) await throttle(number, perSecond, start, around)
    if (pending.count >= MOST_PENDING) await pending.half(MOST_PENDING / 2)
  }
  if (begunAt !== null) await producer.commitTransaction()
  await producer.flush()
  await pending.half(0)
  stats.printTotal()
  steady?.printTotal()
}

/** Waits where there were more records per second than there should be. */
async function throttle(sent: number, perSecond: number, start: number, { clock }: Surroundings): Promise<void> {
  const lateMs = (sent / perSecond) * 1000 - (clock.now() - start)
  // Shorter waits would be longer than they should be.
  if (lateMs >= 2) await new Promise<void>((resolve) => clock.after(Math.min(lateMs, 2 ** 31), resolve))
}

/** Records on their way, and whoever waits for there to be fewer. */
class Pending {
  count = 0
  #least = 0
  #wake: (() => void) | null = null
  #failed: { readonly why: unknown } | null = null

  add(done: Promise<void>): void {
    this.count++
    done.then(
      () => this.#left(),
      (why) => {
        this.#failed ??= { why }
        this.#left()
      },
    )
  }

  #left(): void {
    this.count--
    if (this.count > this.#least) return
    this.#wake?.()
    this.#wake = null
  }

  /** Resolves when no more than so many are left. Rejects where one ended in a way that nobody expected. */
  async half(least: number): Promise<void> {
    this.#least = least
    if (this.count > least) await new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#failed) throw this.#failed.why
  }
}
