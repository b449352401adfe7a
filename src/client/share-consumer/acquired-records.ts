// What one answer gave of one partition: ranges of offsets that this member has from now on, each delivered so many times, and the batches in which their
// records lie, which may hold others as well.

import type { Record } from '../../protocol/records/record.ts'
import type { FetchedRecords } from '../consumer/fetched-records.ts'
import type { Giver } from './held.ts'
import type { SharePartition } from './share-partition.ts'

export interface AcquiredRange {
  readonly firstOffset: number
  readonly lastOffset: number
  /** How often it was given to anybody, this time included. */
  readonly deliveryCount: number
}

export interface AcquiredOptions {
  readonly partition: SharePartition
  readonly giver: Giver
  readonly turn: number
  /** Monotonic. */
  readonly lockedUntil: number
  readonly fetched: FetchedRecords
  /** By offset, without overlaps. */
  readonly ranges: readonly AcquiredRange[]
}

export class AcquiredRecords {
  readonly partition: SharePartition
  readonly giver: Giver
  readonly turn: number
  readonly lockedUntil: number
  readonly fetched: FetchedRecords
  /** Of the record that `next` gave last. */
  deliveryCount = 0
  readonly #ranges: readonly AcquiredRange[]
  #range = 0
  /** The next offset of the range that nothing was found out about. */
  #offset: number
  #gaps: number[] = []

  constructor({ partition, giver, turn, lockedUntil, fetched, ranges }: AcquiredOptions) {
    this.partition = partition
    this.giver = giver
    this.turn = turn
    this.lockedUntil = lockedUntil
    this.fetched = fetched
    this.#ranges = ranges
    this.#offset = ranges[0]?.firstOffset ?? 0
  }

  /** Others may have the rest by now. */
  isLost(now: number): boolean {
    return this.turn !== this.giver.turn || now >= this.lockedUntil
  }

  /** The next record of a range; null at the end. Throws what is wrong with the bytes. */
  next(): Record | null {
    while (this.#range < this.#ranges.length) {
      const record = this.fetched.next()
      if (record === null) {
        // What lies behind the last whole batch was not looked at: it is no gap.
        this.#passTo(this.fetched.nextOffset)
        return null
      }
      this.#passTo(record.offset)
      const range = this.#ranges[this.#range]
      if (!range || record.offset < range.firstOffset) continue
      this.deliveryCount = range.deliveryCount
      this.#step(record.offset + 1)
      return record
    }
    return null
  }

  /** Offsets without a record that were passed since this was asked last. */
  takeGaps(): readonly number[] {
    const gaps = this.#gaps
    if (gaps.length > 0) this.#gaps = []
    return gaps
  }

  /** Gives up the bytes; all offsets of which nothing was found out. */
  takeRest(): readonly number[] {
    this.fetched.close()
    const rest: number[] = []
    for (; this.#range < this.#ranges.length; this.#step(this.#offset + 1)) rest.push(this.#offset)
    return rest
  }

  /** All acquired offsets below this one have no record. */
  #passTo(offset: number): void {
    while (this.#range < this.#ranges.length && this.#offset < offset) {
      this.#gaps.push(this.#offset)
      this.#step(this.#offset + 1)
    }
  }

  #step(offset: number): void {
    if (offset <= this.#ranges[this.#range]!.lastOffset) this.#offset = offset
    else this.#offset = this.#ranges[++this.#range]?.firstOffset ?? 0
  }
}
