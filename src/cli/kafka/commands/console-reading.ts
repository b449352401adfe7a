// The work of kafka-console-consumer: records are read and printed until there are enough, none come any more, or a signal ends it.

import { AbortedError, AuthenticationError, ClientError } from '../../../client/errors/index.ts'
import type { Consumer, ConsumerRecord, TopicPartitionOffset } from '../../../client/index.ts'
import type { Signal } from '../../../platform/node/process.ts'
import type { Surroundings } from '../command.ts'
import { type Formatter, Sink } from '../formatters/formatter.ts'
import { javaText } from '../java.ts'
import { logError } from '../log-line.ts'

export interface Reading {
  readonly topic: string | RegExp
  /** Null: all partitions, shared with the others of the group. */
  readonly partition: number | null
  readonly offset: number | 'earliest' | 'latest'
  /** How long to wait for a record; null: for ever. */
  readonly timeoutMs: number | null
  /** -1: all. */
  readonly maxMessages: number
  readonly skipsErrors: boolean
  readonly tellsEvents: boolean
  /** What was printed counts as read for the group. */
  readonly commits: boolean
  readonly formatter: Formatter
}

const LOGGER = 'org.apache.kafka.tools.consumer.ConsoleConsumer'
const UNKNOWN = 'Unknown error when running consumer: '
/** What a shell adds to the number of a signal. */
const signalCodes: Readonly<Record<Signal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** Resolves to the exit code. */
export async function printRecords(consumer: Consumer, reading: Reading, around: Surroundings): Promise<number> {
  const ending = new AbortController()
  let signalled: Signal | null = null
  const forget = around.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
    signalled ??= signal
    ending.abort()
  })
  const printer = new Printer(consumer, reading, around)
  try {
    try {
      begin(consumer, reading)
      await printer.run(ending.signal)
    } finally {
      await printer.end()
      forget()
      if (signalled !== null && reading.tellsEvents) around.print('shutdown_complete')
    }
    return signalled === null ? 0 : signalCodes[signalled as Signal]
  } catch (thrown) {
    const why = thrown instanceof ClientError ? javaText(thrown) : (thrown as Error).message
    const isLogin = thrown instanceof AuthenticationError
    logError(around, LOGGER, isLogin ? 'Authentication failed: terminating consumer process' : UNKNOWN, why)
    return 1
  }
}

function begin(consumer: Consumer, { topic, partition, offset }: Reading): void {
  if (partition === null || topic instanceof RegExp) return consumer.subscribe(topic)
  const only = { topic, partition }
  consumer.assign([only])
  if (offset === 'earliest') consumer.seekToBeginning([only])
  else if (offset === 'latest') consumer.seekToEnd([only])
  else consumer.seek(only, offset)
}

class Printer {
  readonly #consumer: Consumer
  readonly #reading: Reading
  readonly #around: Surroundings
  readonly #sink = new Sink()
  /** Behind what was printed of each partition and is not committed. */
  readonly #done = new Map<string, TopicPartitionOffset>()
  #count = 0

  constructor(consumer: Consumer, reading: Reading, around: Surroundings) {
    this.#consumer = consumer
    this.#reading = reading
    this.#around = around
  }

  async run(signal: AbortSignal): Promise<void> {
    const { maxMessages, timeoutMs } = this.#reading
    while (maxMessages < 0 || this.#count < maxMessages) {
      let records: ConsumerRecord<Uint8Array | null, Uint8Array | null>[]
      try {
        records = await this.#consumer.poll({ signal, ...(timeoutMs === null ? {} : { timeoutMs }) })
      } catch (thrown) {
        if (thrown instanceof AbortedError) return
        if (!(thrown instanceof ClientError) || thrown instanceof AuthenticationError) throw thrown
        return this.#terminate(javaText(thrown))
      }
      // All that a poll gave before counts as read by now.
      this.#done.clear()
      if (records.length === 0) return this.#terminate('org.apache.kafka.common.errors.TimeoutException')
      const room = maxMessages < 0 ? records.length : maxMessages - this.#count
      for (const record of records.slice(0, room)) this.#print(record)
      if (!(await this.#flush())) return
    }
  }

  #terminate(why: string): void {
    logError(this.#around, LOGGER, 'Error processing message, terminating consumer process: ', why)
  }

  #print(record: ConsumerRecord<Uint8Array | null, Uint8Array | null>): void {
    this.#count++
    const { topic, partition, offset, leaderEpoch } = record
    this.#done.set(`${topic}-${partition}`, { topic, partition, offset: offset + 1, leaderEpoch })
    try {
      // Kafka's console consumer does not hand on the epoch, either.
      this.#reading.formatter({ ...record, leaderEpoch: null, deliveryCount: null }, this.#sink)
    } catch (thrown) {
      if (!this.#reading.skipsErrors) throw thrown
      logError(this.#around, LOGGER, 'Error processing message, skipping this message: ', (thrown as Error).message)
    }
  }

  /** False where nobody reads any more. */
  async #flush(): Promise<boolean> {
    if (this.#sink.size === 0 || (await this.#around.write(this.#sink.take()))) return true
    this.#around.complain('Unable to write to standard out, closing consumer.')
    return false
  }

  /** Commits what was printed, and no more: the rest of a poll comes again. */
  async end(): Promise<void> {
    // What was printed before something went wrong.
    await this.#flush()
    try {
      if (this.#reading.commits && this.#done.size > 0) await this.#consumer.commit([...this.#done.values()])
    } catch (thrown) {
      if (!(thrown instanceof ClientError)) throw thrown
      logError(this.#around, LOGGER, 'Exception while committing what was read: ', javaText(thrown))
    } finally {
      await this.#consumer.close()
      this.#around.complain(`Processed a total of ${this.#count} messages`)
    }
  }
}
