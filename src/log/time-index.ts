// When records were written: the largest timestamp up to a place in the segment, and the last offset of the batch that has it.

import { clampInt64 } from '../base/bytes.ts'
import { grown, lastAtMost } from './offset-index.ts'
import { DamagedFile } from './text-files.ts'

export const TIME_ENTRY_SIZE = 12
export const NO_TIMESTAMP = -1
const FIRST_ROOM = 8

export interface TimeEntry {
  readonly timestamp: number
  readonly offset: number
}

/** Invariant: timestamps grow from entry to entry, offsets do not fall. */
export class TimeIndex {
  readonly baseOffset: number
  #timestamps: Float64Array
  #offsets: Int32Array
  #count = 0

  constructor(baseOffset: number, room = 0) {
    this.baseOffset = baseOffset
    this.#timestamps = new Float64Array(room)
    this.#offsets = new Int32Array(room)
  }

  /** The index of a file's bytes, without zeros at the end as Apache Kafka leaves them after a kill. Throws DamagedFile. */
  static parse(path: string, baseOffset: number, bytes: Uint8Array): TimeIndex {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let size = buffer.length
    if (size % TIME_ENTRY_SIZE !== 0) throw new DamagedFile(`${path} has ${size} bytes, not a multiple of ${TIME_ENTRY_SIZE}`)
    while (size > 0 && isZero(buffer, size - TIME_ENTRY_SIZE)) size -= TIME_ENTRY_SIZE
    const index = new TimeIndex(baseOffset, size / TIME_ENTRY_SIZE)
    for (let at = 0; at < size; at += TIME_ENTRY_SIZE) {
      const timestamp = Number(buffer.readBigInt64BE(at))
      const offset = buffer.readInt32BE(at + 8)
      const last = index.last
      if (offset < 0 || (last && (timestamp <= last.timestamp || baseOffset + offset < last.offset))) {
        throw new DamagedFile(`${path} has the entry ${timestamp} at ${offset} as number ${index.#count}`)
      }
      index.append(timestamp, baseOffset + offset)
    }
    return index
  }

  get count(): number {
    return this.#count
  }

  get sizeInBytes(): number {
    return this.#count * TIME_ENTRY_SIZE
  }

  get last(): TimeEntry | null {
    return this.#count === 0 ? null : this.#entry(this.#count - 1)
  }

  #entry(at: number): TimeEntry {
    return { timestamp: this.#timestamps[at]!, offset: this.baseOffset + this.#offsets[at]! }
  }

  /** Adds an entry, unless its timestamp is not larger than the last one's. */
  append(timestamp: number, offset: number): void {
    if (timestamp <= (this.#count === 0 ? NO_TIMESTAMP : this.#timestamps[this.#count - 1]!)) return
    if (this.#count === this.#offsets.length) {
      const room = Math.max(FIRST_ROOM, this.#offsets.length * 2)
      this.#timestamps = grown(this.#timestamps, room)
      this.#offsets = grown(this.#offsets, room)
    }
    this.#timestamps[this.#count] = timestamp
    this.#offsets[this.#count] = offset - this.baseOffset
    this.#count++
  }

  /** The last entry before whose offset no record has a timestamp of `timestamp` or later; null where nothing is known of that. */
  entryBefore(timestamp: number): TimeEntry | null {
    const at = lastAtMost(this.#timestamps, this.#count, timestamp - 1)
    return at < 0 ? null : this.#entry(at)
  }

  clear(): void {
    this.#count = 0
  }

  /** Forgets entries of records at or behind `offset`. */
  truncate(offset: number): void {
    this.#count = lastAtMost(this.#offsets, this.#count, offset - this.baseOffset - 1) + 1
  }

  /** The file's content. */
  toBytes(): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.sizeInBytes)
    for (let i = 0; i < this.#count; i++) {
      bytes.writeBigInt64BE(clampInt64(this.#timestamps[i]!), i * TIME_ENTRY_SIZE)
      bytes.writeInt32BE(this.#offsets[i]!, i * TIME_ENTRY_SIZE + 8)
    }
    return bytes
  }
}

function isZero(buffer: Buffer, at: number): boolean {
  return buffer.readInt32BE(at) === 0 && buffer.readInt32BE(at + 4) === 0 && buffer.readInt32BE(at + 8) === 0
}
