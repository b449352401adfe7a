// Where batches lie: for about every `index.interval.bytes` of a segment, the last offset of a batch and the position it starts at.

import { DamagedFile } from './text-files.ts'

export const OFFSET_ENTRY_SIZE = 8
const FIRST_ROOM = 16

/** A batch that starts at `position`; `lastOffset` is its last offset, or that of a later batch appended with it. */
export interface OffsetEntry {
  readonly lastOffset: number
  readonly position: number
}

/** Invariant: offsets and positions grow from entry to entry. Offsets are kept relative to the segment's base, as on disk. */
export class OffsetIndex {
  readonly baseOffset: number
  #offsets: Int32Array
  #positions: Int32Array
  #count: number

  constructor(baseOffset: number, room = 0) {
    this.baseOffset = baseOffset
    this.#offsets = new Int32Array(room)
    this.#positions = new Int32Array(room)
    this.#count = 0
  }

  /**
   * The index of a file's bytes. Apache Kafka leaves files filled up with zeros when it is killed: entries of zeros at the end are none.
   * Throws DamagedFile where the rest contradicts itself or points beyond `segmentSize`.
   */
  static parse(path: string, baseOffset: number, bytes: Uint8Array, segmentSize: number): OffsetIndex {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let size = buffer.length - (buffer.length % OFFSET_ENTRY_SIZE)
    if (size !== buffer.length)
      throw new DamagedFile(`${path} has ${buffer.length} bytes, not a multiple of ${OFFSET_ENTRY_SIZE}`)
    while (size > 0 && buffer.readInt32BE(size - 4) === 0) size -= OFFSET_ENTRY_SIZE
    const index = new OffsetIndex(baseOffset, size / OFFSET_ENTRY_SIZE)
    for (let at = 0; at < size; at += OFFSET_ENTRY_SIZE) {
      const offset = buffer.readInt32BE(at)
      const position = buffer.readInt32BE(at + 4)
      if (offset < 0 || position < 0 || position >= segmentSize || !index.#isBehindLast(offset, position)) {
        throw new DamagedFile(
          `${path} has the entry ${offset} at ${position} as number ${index.#count} in a segment of ${segmentSize} bytes`,
        )
      }
      index.append(baseOffset + offset, position)
    }
    return index
  }

  #isBehindLast(offset: number, position: number): boolean {
    const last = this.#count - 1
    return last < 0 || (offset > this.#offsets[last]! && position > this.#positions[last]!)
  }

  get count(): number {
    return this.#count
  }

  get sizeInBytes(): number {
    return this.#count * OFFSET_ENTRY_SIZE
  }

  /** Where the batch of the last entry starts; 0 where there is none. */
  get lastPosition(): number {
    return this.#count === 0 ? 0 : this.#positions[this.#count - 1]!
  }

  append(offset: number, position: number): void {
    if (this.#count === this.#offsets.length) this.#grow()
    this.#offsets[this.#count] = offset - this.baseOffset
    this.#positions[this.#count] = position
    this.#count++
  }

  #grow(): void {
    const room = Math.max(FIRST_ROOM, this.#offsets.length * 2)
    this.#offsets = grown(this.#offsets, room)
    this.#positions = grown(this.#positions, room)
  }

  /** The position of a batch that ends at or before `offset`, the latest known; 0 where none is. */
  positionFor(offset: number): number {
    const at = lastAtMost(this.#offsets, this.#count, offset - this.baseOffset)
    return at < 0 ? 0 : this.#positions[at]!
  }

  /** The entry that `positionFor` goes by; null where it has none. */
  entryFor(offset: number): OffsetEntry | null {
    const at = lastAtMost(this.#offsets, this.#count, offset - this.baseOffset)
    return at < 0 ? null : { lastOffset: this.baseOffset + this.#offsets[at]!, position: this.#positions[at]! }
  }

  /** The first entry whose batch starts at or behind `position`: its last offset. Null where the index says nothing of what is there. */
  offsetFrom(position: number): number | null {
    const at = lastAtMost(this.#positions, this.#count, position - 1) + 1
    return at < this.#count ? this.baseOffset + this.#offsets[at]! : null
  }

  /** Forgets entries of batches at or behind `position`. */
  truncate(position: number): void {
    this.#count = lastAtMost(this.#positions, this.#count, position - 1) + 1
  }

  /** The file's content. */
  toBytes(): Uint8Array {
    const bytes = Buffer.allocUnsafe(this.sizeInBytes)
    for (let i = 0; i < this.#count; i++) {
      bytes.writeInt32BE(this.#offsets[i]!, i * OFFSET_ENTRY_SIZE)
      bytes.writeInt32BE(this.#positions[i]!, i * OFFSET_ENTRY_SIZE + 4)
    }
    return bytes
  }
}

export function grown<T extends Int32Array | Float64Array>(values: T, room: number): T {
  const larger = new (values.constructor as new (length: number) => T)(room)
  larger.set(values)
  return larger
}

/** Where the last of the first `count` ascending values that is at most `wanted` stands; -1 where none is. */
export function lastAtMost(values: Int32Array | Float64Array, count: number, wanted: number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (values[middle]! <= wanted) low = middle + 1
    else high = middle
  }
  return low - 1
}
