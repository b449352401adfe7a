// Makes a record batch of format 2 record by record, straight into the room that it has: what a producer fills until it is sent.

import type { Compression } from '../compression/index.ts'
import { HEADER_SIZE } from './batch.ts'
import { type BatchFields, type Measured, type NewRecord, withHeaderRoom, writeHeader } from './builder.ts'
import { sizeOfVarint } from './fields.ts'
import { type RecordFields, sizeOfRecordBody, writeRecord } from './record.ts'

/** No delta of a record that is appended takes more, besides the record's own bytes. */
const LONGEST_DELTAS = 10 + 5

/** How much room a batch of this one record may need at most, header and all. */
export function roomFor(record: RecordFields): number {
  const body = sizeOfRecordBody(record, 0, 0) + LONGEST_DELTAS
  return HEADER_SIZE + sizeOfVarint(body) + body
}

/** What a batch is finished with: its records are known. */
export type FinishFields = Omit<
  BatchFields,
  'baseTimestamp' | 'maxTimestamp' | 'lastOffsetDelta' | 'timestampType' | 'deleteHorizonMs'
>

export class BatchAppender {
  readonly #room: Buffer
  #at = HEADER_SIZE
  #count = 0
  #base = 0
  #largest = -1

  /** `room` is where the whole batch goes; what does not fit is not appended. */
  constructor(room: Buffer) {
    this.#room = room
  }

  get recordCount(): number {
    return this.#count
  }

  /** Before compression. */
  get sizeInBytes(): number {
    return this.#at
  }

  /** False where it does not fit any more. */
  append(record: NewRecord): boolean {
    const { timestamp } = record
    const delta = this.#count === 0 ? 0 : timestamp - this.#base
    const size = sizeOfRecordBody(record, delta, this.#count)
    if (this.#at + sizeOfVarint(size) + size > this.#room.length) return false
    if (this.#count === 0) this.#base = timestamp
    if (timestamp > this.#largest) this.#largest = timestamp
    this.#at = writeRecord(this.#room, this.#at, record, delta, this.#count, size)
    this.#count++
    return true
  }

  /** The records alone, as they are compressed. */
  payload(): Uint8Array {
    return this.#room.subarray(HEADER_SIZE, this.#at)
  }

  /**
   * The batch: in the room it was given, or with `compressed`, which is the payload in that form. May be called again with other fields, which change
   * what it gave before.
   */
  finish(fields: FinishFields, compressed: CompressedPayload | null = null): Buffer {
    const whole = compressed?.whole ?? this.#room.subarray(0, this.#at)
    const compression: Compression = compressed?.codec ?? 'none'
    const measured: Measured = { base: this.#base, largest: this.#largest, lastDelta: this.#count - 1, count: this.#count }
    writeHeader(whole, { ...fields, compression }, measured)
    return whole
  }
}

/** A payload that was compressed, behind the room for its header. */
export class CompressedPayload {
  readonly codec: Compression
  readonly whole: Buffer

  constructor(codec: Compression, payload: Uint8Array) {
    this.codec = codec
    this.whole = withHeaderRoom(payload)
  }
}
