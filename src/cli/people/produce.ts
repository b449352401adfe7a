// `odradek produce`: records out of words, lines or JSON.

import { type Command, Option } from 'commander'
import { AbortedError } from '../../client/errors/index.ts'
import { Producer, type ProducerConfig } from '../../client/producer/producer.ts'
import type { ProducerRecord, RecordMetadata } from '../../client/producer/record.ts'
import { bytes } from '../../client/serde/serdes.ts'
import { producerOptionsOf } from '../kafka/producer.ts'
import { examples, UsageError } from '../usage.ts'
import { entranceOf } from './entrance.ts'
import { inputLines } from './input-lines.ts'
import { Progress } from './progress.ts'
import { recordOf } from './record-json.ts'
import { type CommonFlags, countFrom, gathered, interruption, type People, pairsOf, withCommonFlags } from './surroundings.ts'
import { grouped } from './table.ts'

type Bytes = Uint8Array | null

interface ProduceFlags extends CommonFlags {
  readonly key?: string
  readonly keySeparator?: string
  readonly header?: readonly string[]
  readonly partition?: number
  readonly acks?: 'all' | '1' | '0'
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
}

export function addProduce(odradek: Command, people: People): void {
  withCommonFlags(
    odradek.command('produce'),
    'each line of the input is a record as JSON, as `odradek consume --json` prints them',
  )
    .summary('write records to a topic')
    .description('Produce records: the values that are given, or else each line of the input.')
    .argument('<topic>', 'where to')
    .argument('[values...]', 'one record each; without them the input is read')
    .option('-k, --key <key>', 'the key of every record')
    .option('-K, --key-separator <text>', 'what stands between key and value in a line of the input')
    .option('-H, --header <name=value>', 'a header of every record; may be repeated', gathered)
    .option('-p, --partition <number>', 'the partition of every record', countFrom(0, '--partition'))
    .addOption(
      new Option('--acks <acks>', 'who has to have a record before it counts; all where nothing is said').choices([
        'all',
        '1',
        '0',
      ]),
    )
    .addOption(
      new Option('-z, --compression <codec>', 'how batches are compressed').choices(['none', 'gzip', 'snappy', 'lz4', 'zstd']),
    )
    .addHelpText(
      'after',
      examples(
        "odradek produce orders 'one' 'two'",
        'odradek produce orders                                  # type a record a line',
        'odradek produce orders --key ann --header source=shop \'{"total":7}\'',
        'seq 1000000 | odradek produce numbers -z lz4',
        'odradek produce orders -K : < orders.txt                # lines such as ann:one',
        'odradek consume orders --json --exit | odradek produce orders-copy --json',
      ),
    )
    .action((topic: string, values: readonly string[], flags: ProduceFlags) => produce(topic, values, flags, people))
}

async function produce(topic: string, values: readonly string[], flags: ProduceFlags, people: People): Promise<void> {
  if (values.length > 0 && flags.json) throw new UsageError('--json is for the input: leave the values out')
  if (values.length > 0 && flags.keySeparator !== undefined)
    throw new UsageError('--key-separator is for the input: --key is for values')
  if (flags.json && flags.keySeparator !== undefined) throw new UsageError('--key-separator and --json do not go together')
  const make = recordMaker(topic, flags)
  const options = {
    clientId: 'odradek-produce',
    ...(await entranceOf(flags, people, producerOptionsOf)),
    ...(flags.acks && { acks: flags.acks }),
    ...(flags.compression && { compressionType: flags.compression }),
    keySerializer: bytes,
    valueSerializer: bytes,
  }
  const producer = new Producer<Bytes, Bytes>(options as ProducerConfig<Bytes, Bytes>)
  const { signal, over } = interruption(people)
  const sending = { topic, make, producer, signal, people }
  try {
    if (values.length > 0) await sendValues(values, sending)
    else if (people.desk.isTyped) await sendTyped(sending)
    else await sendInput(sending)
  } catch (thrown) {
    if (!signal.aborted || !(thrown instanceof AbortedError)) throw thrown
    throw new Error('interrupted: what was not acknowledged by then may be written or not')
  } finally {
    await producer.close(signal.aborted ? { timeoutMs: 0 } : {})
    over()
  }
}

interface Sending {
  readonly topic: string
  readonly make: MakeRecord
  readonly producer: Producer<Bytes, Bytes>
  readonly signal: AbortSignal
  readonly people: People
}

async function sendValues(values: readonly string[], { make, producer, signal, people }: Sending): Promise<void> {
  const records = values.flatMap((value, at) => make(Buffer.from(value), at + 1) ?? [])
  for (const place of await producer.sendAll(records, { signal })) people.terminal.print(placeText(place))
}

const placeText = ({ topic, partition, offset }: RecordMetadata) =>
  offset < 0 ? `${topic}-${partition}` : `${topic}-${partition} at offset ${offset}`

/** Whoever types sees of each line what became of it. */
async function sendTyped({ make, producer, signal, people }: Sending): Promise<void> {
  people.terminal.complain('each line is a record; Ctrl-D ends')
  let number = 0
  for await (const lines of inputLines(people.desk.input(signal))) {
    for (const line of lines) {
      const record = make(line, ++number)
      if (record) people.terminal.print(placeText(await producer.send(record, { signal })))
    }
  }
}

/** Many at once; when it ends early, what was read by then is sent all the same. */
async function sendInput({ topic, make, producer, signal, people }: Sending): Promise<void> {
  const { terminal, desk } = people
  const progress = new Progress(desk, terminal.clock, 'records')
  const whole = desk.inputBytes
  let [count, number, bytesRead] = [0, 0, 0]
  let trouble: unknown = null
  try {
    for await (const lines of inputLines(desk.input(signal))) {
      for (const line of lines) {
        bytesRead += line.length + 1
        const record = make(line, ++number)
        if (!record) continue
        await producer.enqueue(record, { signal })
        progress.at(++count, whole && bytesRead / whole)
      }
    }
    if (signal.aborted) trouble = new Error('interrupted: the rest of the input was not read')
  } catch (thrown) {
    const isInterrupted = signal.aborted && thrown instanceof AbortedError
    trouble = isInterrupted ? new Error('interrupted: the rest of the input was not read') : thrown
  }
  progress.end()
  if (signal.aborted) terminal.complain('odradek: sending what was read (Ctrl-C once more: end at once)')
  await producer.flush()
  if (trouble === null || count > 0)
    terminal.complain(`${count === 1 ? '1 record' : `${grouped(count)} records`} produced to ${topic}`)
  if (trouble) throw trouble
}

/** A record out of a line, which has that number; null for a line that is none. Throws a UsageError that says what is wrong with it. */
type MakeRecord = (line: Buffer, number: number) => ProducerRecord<Bytes, Bytes> | null

function recordMaker(topic: string, flags: ProduceFlags): MakeRecord {
  const { keySeparator, partition, json } = flags
  const key = flags.key === undefined ? null : Buffer.from(flags.key)
  const headers = pairsOf('--header', flags.header ?? []).map(([name, value]) => ({ key: name, value }))
  const asGiven = (own: Bytes, value: Bytes) => ({ topic, key: key ?? own, value, headers, partition })
  if (json) {
    return (line, number) => {
      if (/^\s*$/.test(line.toString('latin1'))) return null
      const record = recordOf(line, topic, number)
      const all = [...(record.headers as typeof headers), ...headers]
      return { ...record, key: key ?? record.key ?? null, headers: all, partition: partition ?? record.partition }
    }
  }
  if (keySeparator === undefined) return (line) => asGiven(null, line)
  if (keySeparator === '') throw new UsageError('--key-separator is empty')
  const separator = Buffer.from(keySeparator)
  return (line, number) => {
    const at = line.indexOf(separator)
    if (at < 0) throw new UsageError(`line ${number} has no ${keySeparator} between key and value`)
    return asGiven(line.subarray(0, at), line.subarray(at + separator.length))
  }
}
