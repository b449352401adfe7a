// Walks the records of a payload where they lie, checking sizes and collecting what a broker must know of them. No object is made per
// record: a batch of a megabyte costs well under a millisecond beside its checksum.
import { MalformedBytes } from '../../base/bytes.ts'
import type { Steps } from '../compression/steps.ts'

export interface WalkRules {
  readonly baseTimestamp: number
  /** Stands for every record's own timestamp where the batch says LogAppendTime. */
  readonly logAppendTime: number | null
  /** Records outside these times (both inclusive) are wrong; -1, no time at all, is not. */
  readonly earliest: number
  readonly latest: number
  readonly needsKey: boolean
}

export interface WrongRecord {
  readonly index: number
  /** The timestamp that is out of range; null where the key is missing. */
  readonly timestamp: number | null
}

export interface Walked {
  /** -1 where no record has a time. */
  readonly maxTimestamp: number
  /** The first record with that time, counted from 0; -1 where no record has a time. */
  readonly indexOfMaxTimestamp: number
  /** Whether the offset deltas are 0, 1, 2 and so on. */
  readonly isInOrder: boolean
  /** The first wrong ones, at most `MAX_WRONG`; null where all are right. */
  readonly wrong: readonly WrongRecord[] | null
}

/** More wrong records than this are counted as wrong, not listed: the answer must stay smaller than the question. */
export const MAX_WRONG = 1000

/** Every header is a step of the walk, so one record must not have any number of them. Kafka knows no bound; nobody comes near. */
export const MAX_HEADERS = 1_000_000

const NO_TIMESTAMP = -1
/** The walk may pause after so many records and headers... */
const STEP_ITEMS = 16 * 1024
/** ...each of which counts as much as so many bytes of other work. */
const ITEM_COST = 40

/** Walks `count` records from `from` on, which must end exactly at `end`. Throws MalformedBytes where they do not. */
export function walkRecords(bytes: Uint8Array, from: number, end: number, count: number, rules: WalkRules): Walked {
  const walk = new Walk(new Cursor(bytes, from, end), count, rules)
  walk.go(Number.POSITIVE_INFINITY)
  return walk
}

/** As `walkRecords`, in steps. */
export function* walkSteps(bytes: Uint8Array, from: number, end: number, count: number, rules: WalkRules): Steps<Walked> {
  const walk = new Walk(new Cursor(bytes, from, end), count, rules)
  for (let items = walk.go(STEP_ITEMS); !walk.isAtEnd; items = walk.go(STEP_ITEMS)) yield items * ITEM_COST
  return walk
}

class Walk implements Walked {
  maxTimestamp = NO_TIMESTAMP
  indexOfMaxTimestamp = -1
  isInOrder = true
  wrong: WrongRecord[] | null = null
  readonly #cursor: Cursor
  readonly #count: number
  readonly #rules: WalkRules
  /** Of the next record. */
  #index = 0

  constructor(cursor: Cursor, count: number, rules: WalkRules) {
    this.#cursor = cursor
    this.#count = count
    this.#rules = rules
  }

  get isAtEnd(): boolean {
    return this.#index === this.#count
  }

  /** Looks at records until `maxItems` records and headers were seen; how many there were. Throws MalformedBytes. */
  go(maxItems: number): number {
    const cursor = this.#cursor
    const { baseTimestamp, logAppendTime } = this.#rules
    let items = 0
    for (; this.#index < this.#count && items < maxItems; this.#index++) {
      const index = this.#index
      const size = cursor.varint()
      const recordEnd = cursor.at + size
      if (size < 0 || recordEnd > cursor.end)
        throw new MalformedBytes(`record ${index} of ${size} bytes, ${cursor.end - cursor.at} left`)
      cursor.at++ // attributes: none defined so far
      const delta = cursor.varlong()
      const timestamp = logAppendTime ?? baseTimestamp + delta
      if (cursor.varint() !== index) this.isInOrder = false
      const keySize = cursor.varint()
      if (keySize > 0) cursor.at += keySize
      cursor.skipSized()
      items += 1 + cursor.skipHeaders()
      if (cursor.at !== recordEnd) throw new MalformedBytes(`record ${index} says ${size} bytes and does not have them`)
      this.#note(timestamp, keySize < 0)
    }
    if (this.isAtEnd && cursor.at !== cursor.end)
      throw new MalformedBytes(`${cursor.end - cursor.at} bytes follow the last of ${this.#count} records`)
    return items
  }

  #note(timestamp: number, lacksKey: boolean): void {
    const { earliest, latest, needsKey } = this.#rules
    if (timestamp > this.maxTimestamp) {
      this.maxTimestamp = timestamp
      this.indexOfMaxTimestamp = this.#index
    }
    const isOutOfTime = timestamp !== NO_TIMESTAMP && (timestamp < earliest || timestamp > latest)
    if (!isOutOfTime && !(needsKey && lacksKey)) return
    this.wrong ??= []
    if (this.wrong.length < MAX_WRONG) this.wrong.push({ index: this.#index, timestamp: needsKey && lacksKey ? null : timestamp })
  }
}

/** A place in the payload. Skipping may lead beyond the end; the next read, or the check of the record's end, notices. */
class Cursor {
  readonly bytes: Uint8Array
  readonly end: number
  at: number

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.bytes = bytes
    this.at = at
    this.end = end
  }

  byte(): number {
    if (this.at >= this.end) throw new MalformedBytes('the records end too early')
    return this.bytes[this.at++]!
  }

  varint(): number {
    const first = this.byte()
    return first < 0x80 ? (first >>> 1) ^ -(first & 1) : this.#longVarint(first)
  }

  #longVarint(first: number): number {
    let value = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.byte()
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
    throw new MalformedBytes('a varint has more than five bytes')
  }

  /** Exact up to 2^53, rounded above it. */
  varlong(): number {
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.byte()
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) return (low >>> 1) ^ -(low & 1)
    }
    let value = BigInt(low)
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.byte()
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) {
        const unsigned = BigInt.asUintN(64, value)
        return Number((unsigned >> 1n) ^ -(unsigned & 1n))
      }
    }
    throw new MalformedBytes('a varlong has more than ten bytes')
  }

  skipSized(): void {
    const size = this.varint()
    if (size > 0) this.at += size
  }

  /** How many there were. */
  skipHeaders(): number {
    const count = this.varint()
    if (count < 0 || count > MAX_HEADERS) throw new MalformedBytes(`${count} headers; ${MAX_HEADERS} are allowed`)
    for (let left = count; left > 0; left--) {
      const keySize = this.varint()
      if (keySize < 0) throw new MalformedBytes('a header without a key')
      this.at += keySize
      this.skipSized()
    }
    return count
  }
}
