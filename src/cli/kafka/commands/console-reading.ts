// The work of Kafka's console consumers: records are read and printed until there are enough, none come any more, or a signal ends it.

import { AbortedError, AuthenticationError, ClientError } from '../../../client/errors/index.ts'
import type { ConsumerRecord } from '../../../client/index.ts'
import type { Signal } from '../../../platform/node/process.ts'
import type { Surroundings } from '../command.ts'
import { type Formatter, Sink } from '../formatters/formatter.ts'
import { javaText } from '../java.ts'
import { logError } from '../log-line.ts'
import { processed } from './console-options.ts'

/** As the consumers of a command give them: bytes as they are. */
export type RawRecord = ConsumerRecord<Uint8Array | null, Uint8Array | null>

/** Where records come from, and what becomes of them there. */
export interface Source {
  begin(): void
  poll(options: { readonly signal: AbortSignal; readonly timeoutMs?: number }): Promise<readonly RawRecord[]>
  /** How often it was given to somebody; null where nobody counts. */
  deliveryCount(record: RawRecord): number | null
  /** The record is about to be printed. */
  taken(record: RawRecord): void
  printed(record: RawRecord): void
  /** It cannot be printed; false: that is the end. */
  spoilt(record: RawRecord): boolean
  /** Resolves when everything is told and the consumer is closed. */
  end(): Promise<void>
}

export interface Reading {
  /** How long to wait for a record; null: for ever. */
  readonly timeoutMs: number | null
  /** -1: all. */
  readonly maxMessages: number
  readonly tellsEvents: boolean
  /** The class whose log Kafka's command writes. */
  readonly logger: string
  /** What is done with a record that cannot be printed, as it is told. */
  readonly onSpoilt: string
  readonly formatter: Formatter
}

const UNKNOWN = 'Unknown error when running consumer: '
/** What a shell adds to the number of a signal. */
const signalCodes: Readonly<Record<Signal, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/** Resolves to the exit code. */
export async function printRecords(source: Source, reading: Reading, around: Surroundings): Promise<number> {
  const ending = new AbortController()
  let signalled: Signal | null = null
  const forget = around.onSignal(['SIGINT', 'SIGTERM', 'SIGHUP'], (signal) => {
    signalled ??= signal
    ending.abort()
  })
  const printer = new Printer(source, reading, around)
  try {
    try {
      source.begin()
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
    logError(around, reading.logger, isLogin ? 'Authentication failed: terminating consumer process' : UNKNOWN, why)
    return 1
  }
}

class Printer {
  readonly #source: Source
  readonly #reading: Reading
  readonly #around: Surroundings
  readonly #sink = new Sink()
  #count = 0

  constructor(source: Source, reading: Reading, around: Surroundings) {
    this.#source = source
    this.#reading = reading
    this.#around = around
  }

  async run(signal: AbortSignal): Promise<void> {
    const { maxMessages, timeoutMs } = this.#reading
    while (maxMessages < 0 || this.#count < maxMessages) {
      let records: readonly RawRecord[]
      try {
        records = await this.#source.poll({ signal, ...(timeoutMs === null ? {} : { timeoutMs }) })
      } catch (thrown) {
        if (thrown instanceof AbortedError) return
        if (!(thrown instanceof ClientError) || thrown instanceof AuthenticationError) throw thrown
        return this.#terminate(javaText(thrown))
      }
      if (records.length === 0) return this.#terminate('org.apache.kafka.common.errors.TimeoutException')
      const room = maxMessages < 0 ? records.length : maxMessages - this.#count
      for (const record of records.slice(0, room)) this.#print(record)
      if (!(await this.#flush())) return
    }
  }

  #terminate(why: string): void {
    logError(this.#around, this.#reading.logger, 'Error processing message, terminating consumer process: ', why)
  }

  #print(record: RawRecord): void {
    this.#count++
    this.#source.taken(record)
    try {
      // Kafka's console consumers do not hand on the epoch, either.
      this.#reading.formatter({ ...record, leaderEpoch: null, deliveryCount: this.#source.deliveryCount(record) }, this.#sink)
      this.#source.printed(record)
    } catch (thrown) {
      if (!this.#source.spoilt(record)) throw thrown
      logError(this.#around, this.#reading.logger, this.#reading.onSpoilt, (thrown as Error).message)
    }
  }

  /** False where nobody reads any more. */
  async #flush(): Promise<boolean> {
    if (this.#sink.size === 0 || (await this.#around.write(this.#sink.take()))) return true
    this.#around.complain('Unable to write to standard out, closing consumer.')
    return false
  }

  async end(): Promise<void> {
    // What was printed before something went wrong.
    await this.#flush()
    try {
      await this.#source.end()
    } finally {
      this.#around.complain(processed(this.#count))
    }
  }
}
