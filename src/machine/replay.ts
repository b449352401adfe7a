// Brings a fresh machine to the end of its log, in slices, so that a long log does not stop the event loop.

import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { Slices } from '../platform/slices.ts'
import { batches, type RecordBatch } from '../protocol/records/batch.ts'
import type { RecordCodec, RecordMeta, ReplicatedLog, StateMachine } from './machine.ts'
import { markerOf } from './markers.ts'

export interface ReplayOptions<R> {
  readonly machine: StateMachine<R>
  readonly log: ReplicatedLog
  readonly codec: RecordCodec<R>
  readonly clock: Clock
  readonly logger: Logger
  readonly name: string
  readonly from: number
  /** Asked between slices: the load was overtaken. */
  readonly stopped: () => boolean
}

/** Among so many records one looks at the clock. */
const LOOK_AT_CLOCK = 32
const READ_BYTES = 1 << 20
/** After this many unknown records of one load, only their number is logged. */
const LOGGED_UNKNOWN = 10

export class Replay<R> {
  readonly #options: ReplayOptions<R>
  readonly #slices: Slices
  #next: number
  #unknown = 0

  constructor(options: ReplayOptions<R>) {
    this.#options = options
    this.#next = options.from
    this.#slices = Slices.of(options.clock)
  }

  /** The offset after the last record that was applied. */
  get nextOffset(): number {
    return this.#next
  }

  /** True once the machine has seen all up to the log's end; false where it was stopped. */
  async toEnd(): Promise<boolean> {
    const { log, stopped } = this.#options
    while (this.#next < log.endOffset) {
      const pieces = await log.read(this.#next, READ_BYTES)
      if (stopped()) return false
      const before = this.#next
      for (const piece of pieces) {
        for (const batch of batches(piece)) {
          if (batch.nextOffset <= this.#next) continue
          await this.#applyBatch(batch)
          await this.#slices.rest()
          if (stopped()) return false
        }
      }
      if (this.#next === before)
        throw new Error(`${this.#options.name}: the log ends at ${log.endOffset} but gives nothing from ${before}`)
    }
    if (this.#unknown > LOGGED_UNKNOWN) {
      this.#options.logger.warn(`${this.#options.name}: records of unknown kinds or damaged were left as they are`, {
        count: this.#unknown,
      })
    }
    return !stopped()
  }

  /** A batch may hold ten thousand records; where the load is overtaken half-way the machine is thrown away. */
  async #applyBatch(batch: RecordBatch): Promise<void> {
    const { machine, stopped } = this.#options
    if (batch.isControl) {
      const committed = markerOf(batch)
      if (committed !== null) machine.endTransaction?.(batch.producerId, batch.producerEpoch, committed)
    } else {
      for (const record of batch.records()) {
        // A batch may begin below the offset that a snapshot already holds.
        if (record.offset < this.#next) continue
        const decoded = this.#decode(record.key, record.value, record.offset)
        if (decoded !== null) machine.apply(decoded, metaOf(batch, record.offset, record.timestamp))
        if (record.offset % LOOK_AT_CLOCK === 0) await this.#slices.rest()
        if (stopped()) return
      }
    }
    this.#next = batch.nextOffset
  }

  /** Null for a kind that is unknown or damaged: it stays in the log, is named once, and counts for nothing. */
  #decode(key: Uint8Array | null, value: Uint8Array | null, offset: number): R | null {
    const { codec, logger, name } = this.#options
    try {
      const record = codec.decode(key, value)
      if (record !== null) return record
      this.#noteUnknown(() => logger.warn(`${name}: a record of an unknown kind is left as it is`, { offset }))
    } catch (thrown) {
      this.#noteUnknown(() => logger.error(`${name}: a record cannot be read and is left as it is`, { offset, error: thrown }))
    }
    return null
  }

  #noteUnknown(log: () => void): void {
    if (++this.#unknown <= LOGGED_UNKNOWN) log()
  }
}

function metaOf(batch: RecordBatch, offset: number, timestamp: number): RecordMeta {
  return {
    offset,
    timestamp,
    leaderEpoch: batch.partitionLeaderEpoch,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    isTransactional: batch.isTransactional,
  }
}
