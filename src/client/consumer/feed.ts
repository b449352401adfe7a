// Hands out what was fetched: the next record of whichever partition has its turn, or many of one partition. A partition keeps its turn until it has nothing
// more or has had its share.

import type { AssignedPartition } from './assigned-partition.ts'
import type { Assignment } from './assignment.ts'
import { type ConsumerBatch, type ConsumerRecord, isPromise, type RecordMaker } from './record.ts'

export interface FeedOptions<K, V> {
  readonly assignment: Assignment
  readonly maker: RecordMaker<K, V>
  /** Records of one partition before it is another one's turn. */
  readonly share: number
  readonly isCommitted: boolean
}

export class Feed<K, V> {
  readonly #options: FeedOptions<K, V>
  /** Where the last record of `next` came from. */
  #current: AssignedPartition | undefined
  #left = 0

  constructor(options: FeedOptions<K, V>) {
    this.#options = options
  }

  /** The partition of the record that `next` gave last. */
  get from(): AssignedPartition {
    return this.#current!
  }

  /** The next record, of any partition; null where none has one. Throws what keeps it from being read; the position stays before it. */
  next(): ConsumerRecord<K, V> | Promise<ConsumerRecord<K, V>> | null {
    const { assignment, share } = this.#options
    // Every partition is looked at once at least, and the one whose turn it was once more.
    for (let tries = assignment.all.length + 1; tries > 0; tries--) {
      if (this.#isTurnOver || !this.#current?.isReady) {
        this.#current = assignment.nextReady()
        this.#left = share
      }
      if (!this.#current) return null
      const record = this.take(this.#current)
      this.#left--
      if (record) return record
      this.#left = 0 // it has nothing more
    }
    return null
  }

  /** A batch that is open takes memory: where it ends within another share, it is read to its end first. */
  get #isTurnOver(): boolean {
    if (this.#left > 0) return false
    const left = this.#current?.first?.leftInBatch ?? 0
    return left === 0 || left > this.#options.share + this.#left
  }

  /** The next record of this partition; null where it has none now. */
  take(partition: AssignedPartition): ConsumerRecord<K, V> | Promise<ConsumerRecord<K, V>> | null {
    for (let fetched = partition.first; fetched && partition.isReady; fetched = partition.first) {
      const { offset } = partition
      try {
        const record = fetched.next()
        if (record === null) {
          partition.skipTo(fetched.nextOffset, fetched.leaderEpoch)
          partition.dropFirst()
          continue
        }
        const made = this.#options.maker.make(partition, fetched, record)
        partition.handOut(fetched.nextOffset, fetched.leaderEpoch)
        return isPromise(made) ? this.#later(partition, offset, made) : made
      } catch (thrown) {
        partition.clear() // it is asked for again
        throw thrown
      }
    }
    return null
  }

  /** Up to `most` records of this partition; null where it has none now, was taken away, or the program went elsewhere meanwhile. */
  async takeMany(partition: AssignedPartition, most: number): Promise<ConsumerBatch<K, V> | null> {
    const records: ConsumerRecord<K, V>[] = []
    const { era } = partition
    while (records.length < most) {
      try {
        const taken = this.take(partition)
        if (taken === null) break
        records.push(isPromise(taken) ? await taken : taken)
      } catch (thrown) {
        // What was read before it is handed out first; then it is met again.
        if (records.length === 0) throw thrown
        break
      }
      if (partition.era !== era || partition.isGone) return null
    }
    if (partition.era !== era || partition.isGone) return null
    if (records.length === 0) return null
    const { topic, partition: number, highWatermark } = partition
    const { isCommitted } = this.#options
    const lag = partition.lag(isCommitted) ?? 0
    const [first, last] = [records[0]!.offset, records.at(-1)!.offset]
    return { topic, partition: number, records, firstOffset: first, lastOffset: last, highWatermark, lag }
  }

  async #later(
    partition: AssignedPartition,
    offset: number,
    making: Promise<ConsumerRecord<K, V>>,
  ): Promise<ConsumerRecord<K, V>> {
    const { era } = partition
    try {
      return await making
    } catch (thrown) {
      if (partition.era === era) partition.rewind(offset)
      throw thrown
    }
  }
}
