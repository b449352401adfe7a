// kafka-consumer-perf-test: how many records per second a consumer reads.

import { ClientError } from '../../../client/errors/index.ts'
import type { Consumer } from '../../../client/index.ts'
import { readProperties, typedProperties } from '../client.ts'
import { command, type Surroundings } from '../command.ts'
import { consumerWith } from '../consumer.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { javaText } from '../java.ts'
import { formatTime } from '../local-time.ts'
import { demand, forbid, NO_SOCKET_BUFFERS } from '../options/checks.ts'
import type { Found } from '../options/parse.ts'
import { common, flag, integer, long, text } from '../options/table.ts'

const MIB = 1024 * 1024
const MORE_COLUMNS = ', rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec'
const POLL_MS = 100

const options = {
  ...common,
  'bootstrap-server': text('server to connect to', 'Required: brokers as host:port, separated by commas.'),
  topic: text('topic', 'The topic to read.'),
  include: text('Java regex (String)', 'All topics whose name matches.'),
  group: text('gid', 'The group to read in; one of its own where nothing is said.'),
  'fetch-size': integer('size', 'Bytes of one partition in one answer.', { initial: 1_048_576 }),
  'command-property': text('prop1=val1', 'A property of the consumer, as key=value; may be repeated.'),
  'from-latest': flag('Begin at the end where the group has committed nothing.'),
  'socket-buffer-size': integer('size', 'Without effect: the system chooses the buffers of sockets.', { initial: 2_097_152 }),
  'consumer.config': text('config file', 'The older name of --command-config.'),
  'command-config': text('config file', 'A file of properties for the consumer.'),
  'print-metrics': flag('Not supported: the metrics of the consumer.'),
  'show-detailed-stats': flag('A line each --reporting-interval.'),
  timeout: long('milliseconds', 'End where no record comes in so many milliseconds.', { isOptional: true, initial: 10_000 }),
  messages: long('count', 'The older name of --num-records.'),
  'num-records': long('count', 'Required: how many records to read.'),
  'reporting-interval': long('interval_ms', 'Milliseconds between two lines.', { initial: 5000 }),
  'date-format': text('date format', 'How times are written.', { initial: 'yyyy-MM-dd HH:mm:ss:SSS' }),
  'hide-header': flag('Leave the names of the columns out.'),
}

type Options = Found<typeof options>

export const consumerPerfTest = command({
  options,
  examples: ['kafka-consumer-perf-test --bootstrap-server localhost:9092 --topic orders --num-records 100000'],
  helpsWithTrouble: true,
  about: 'This tool is used to verify the consumer performance.',
  check,
  async run(found, around) {
    const isDetailed = found.has('show-detailed-stats')
    if (!found.has('hide-header')) {
      const columns = isDetailed ? 'time, threadId' : 'start.time, end.time'
      around.print(`${columns}, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec${MORE_COLUMNS}`)
    }
    const properties = await propertiesOf(found, around)
    const intervalMs = found.number('reporting-interval')!
    if (intervalMs <= 0) throw new Failure('Reporting interval must be greater than 0.')
    const consumer = consumerWith(properties)
    const reading = new Reading(found, consumer, around)
    try {
      await reading.run()
    } finally {
      await consumer.close()
    }
    if (!isDetailed) reading.printTotal()
    return 0
  },
  explain(error, around) {
    around.complain(error instanceof ClientError ? javaText(error) : error.message)
    return 1
  },
})

function check(found: Options, { print, complain }: Surroundings): void {
  demand(found, 'bootstrap-server')
  one(found, 'topic', 'include')
  one(found, 'messages', 'num-records')
  forbid(found, 'consumer.config', ['command-config'])
  if (found.has('messages')) print('Warning: --messages is deprecated. Use --num-records instead.')
  if (found.has('consumer.config')) print('Warning: --consumer.config is deprecated. Use --command-config instead.')
  if (found.has('socket-buffer-size')) complain(NO_SOCKET_BUFFERS)
  if (found.has('print-metrics')) {
    throw new Failure('--print-metrics is not supported: the client has none to print (docs/limits.md)')
  }
}

function one(found: Options, first: keyof typeof options, second: keyof typeof options): void {
  if (found.has(first) !== found.has(second)) return
  throw new UsageFailure(`Exactly one of the following arguments is required: [${first}], [${second}]`)
}

async function propertiesOf(found: Options, around: Surroundings): Promise<Map<string, string>> {
  const path = found.text('consumer.config') ?? found.text('command-config')
  const properties = path === undefined ? new Map<string, string>() : await readProperties(path, around)
  for (const [key, value] of typedProperties(found.texts('command-property'))) properties.set(key, value)
  const [high, middle, low] = around.randomBytes(3) as unknown as [number, number, number]
  const own = `perf-consumer-${((high << 16) | (middle << 8) | low) % 100_000}`
  properties.set('bootstrap.servers', found.text('bootstrap-server')!)
  properties.set('group.id', found.text('group') ?? own)
  properties.set('max.partition.fetch.bytes', found.text('fetch-size')!)
  properties.set('auto.offset.reset', found.has('from-latest') ? 'latest' : 'earliest')
  properties.set('check.crcs', 'false')
  if (!properties.has('client.id')) properties.set('client.id', 'perf-consumer-client')
  return properties
}

class Reading {
  readonly #found: Options
  readonly #consumer: Consumer
  readonly #around: Surroundings
  readonly #startMs: number
  #endMs: number
  #count = 0
  #bytes = 0
  #joinMs = 0
  /** Since the last line. */
  #joinMsInRound = 0

  constructor(found: Options, consumer: Consumer, around: Surroundings) {
    this.#found = found
    this.#consumer = consumer
    this.#around = around
    this.#startMs = around.clock.now()
    this.#endMs = this.#startMs
  }

  async run(): Promise<void> {
    const { clock, print } = this.#around
    const wanted = this.#found.number('num-records') ?? this.#found.number('messages')!
    const timeoutMs = this.#found.number('timeout')!
    const intervalMs = this.#found.number('reporting-interval')!
    this.#subscribe()
    let now = clock.now()
    let readAt = now
    let told = { at: now, count: 0, bytes: 0 }
    while (this.#count < wanted && now - readAt <= timeoutMs) {
      const records = await this.#consumer.poll({ timeoutMs: POLL_MS })
      now = clock.now()
      if (records.length > 0) readAt = now
      for (const { key, value } of records) {
        this.#count++
        this.#bytes += (key?.length ?? 0) + (value?.length ?? 0)
        if (now - told.at < intervalMs) continue
        if (this.#found.has('show-detailed-stats')) this.#printProgress(told, now)
        this.#joinMsInRound = 0
        told = { at: now, count: this.#count, bytes: this.#bytes }
      }
    }
    this.#endMs = clock.now()
    if (this.#count < wanted) {
      print(
        `WARNING: Exiting before consuming the expected number of records: timeout (${timeoutMs} ms) exceeded. You can use the --timeout option to increase the timeout.`,
      )
    }
  }

  #subscribe(): void {
    const { clock } = this.#around
    let joiningAt = this.#startMs
    const listener = {
      onRevoked: () => {
        joiningAt = clock.now()
      },
      onAssigned: () => {
        const ms = clock.now() - joiningAt
        this.#joinMs += ms
        this.#joinMsInRound += ms
      },
    }
    const pattern = this.#found.text('include')
    this.#consumer.subscribe(pattern === undefined ? this.#found.text('topic')! : patternOf(pattern), listener)
  }

  #time(ms: number): string {
    return formatTime(this.#found.text('date-format')!, ms, this.#around.utcOffsetMs(ms))
  }

  #printProgress(told: { readonly at: number; readonly count: number; readonly bytes: number }, now: number): void {
    const ms = now - told.at
    const fetchMs = ms - this.#joinMsInRound
    const mib = (this.#bytes - told.bytes) / MIB
    const count = this.#count - told.count
    const perSecond = (amount: number) => (fetchMs <= 0 ? 0 : (1000 * amount) / fetchMs).toFixed(4)
    this.#around.print(
      `${this.#time(now)}, 0, ${(this.#bytes / MIB).toFixed(4)}, ${((1000 * mib) / ms).toFixed(4)}, ${this.#count}, ${((count / ms) * 1000).toFixed(4)}, ` +
        `${this.#joinMsInRound}, ${fetchMs}, ${perSecond(mib)}, ${perSecond(count)}`,
    )
  }

  printTotal(): void {
    const ms = this.#endMs - this.#startMs
    const fetchMs = ms - this.#joinMs
    const mib = this.#bytes / MIB
    const rate = (amount: number, inMs: number) => (amount / (inMs / 1000)).toFixed(4)
    this.#around.print(
      `${this.#time(this.#startMs)}, ${this.#time(this.#endMs)}, ${mib.toFixed(4)}, ${rate(mib, ms)}, ${this.#count}, ${rate(this.#count, ms)}, ` +
        `${this.#joinMs}, ${fetchMs}, ${rate(mib, fetchMs)}, ${rate(this.#count, fetchMs)}`,
    )
  }
}

function patternOf(typed: string): RegExp {
  try {
    return new RegExp(typed)
  } catch {
    throw new Failure(`--include ${typed} is no regular expression`)
  }
}
