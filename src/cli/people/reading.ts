// Reading topics from one place to another.

import { partitionKey } from '../../client/admin/outcomes.ts'
import type { Consumer, ConsumerRecord, TopicPartition } from '../../client/consumer/index.ts'
import { UsageError } from '../usage.ts'
import type { Place } from './place.ts'

type Bytes = Uint8Array | null

export interface Beginning {
  /** Null: all of them. */
  readonly partition: number | null
  readonly from: Place
  /** Instead of `from`: so many before the end of each partition. */
  readonly last: number | null
}

export class Reading {
  readonly #consumer: Consumer<Bytes, Bytes>
  readonly #signal: AbortSignal
  #partitions: readonly TopicPartition[] = []
  #begins: readonly number[] = []
  /** By partition, where it ends (exclusive); null: nowhere. */
  #ends: Map<string, number> | null = null

  constructor(consumer: Consumer<Bytes, Bytes>, signal: AbortSignal) {
    this.#consumer = consumer
    this.#signal = signal
  }

  /** Throws a UsageError for a partition that is not there. */
  async begin(topics: readonly string[], { partition, from, last }: Beginning): Promise<void> {
    const consumer = this.#consumer
    const wait = { signal: this.#signal }
    const known = await Promise.all(topics.map((topic) => consumer.partitionsFor(topic, wait)))
    this.#partitions = topics
      .flatMap((topic, at) => known[at]!.map(({ index }) => ({ topic, partition: index })))
      .filter((each) => partition === null || each.partition === partition)
    if (this.#partitions.length === 0) {
      const counts = topics.map((topic, at) => `${topic} has ${known[at]!.length}`)
      throw new UsageError(`there is no partition ${partition}: ${counts.join(', ')}, numbered from 0`)
    }
    consumer.assign(this.#partitions)
    const [first, ends] = await Promise.all([
      consumer.beginningOffsets(this.#partitions, wait),
      consumer.endOffsets(this.#partitions, wait),
    ])
    const wanted = last === null ? await this.#offsetsOf(from, first, ends) : ends.map((end) => end - last)
    this.#begins = wanted.map((offset, at) => Math.min(Math.max(offset, first[at]!), ends[at]!))
    this.#partitions.forEach((each, at) => {
      consumer.seek(each, this.#begins[at]!)
    })
  }

  /** It ends at that place of each partition; to be called after `begin`. */
  async endAt(to: Place): Promise<void> {
    const wait = { signal: this.#signal }
    const [first, ends] = await Promise.all([
      this.#consumer.beginningOffsets(this.#partitions, wait),
      this.#consumer.endOffsets(this.#partitions, wait),
    ])
    const wanted = await this.#offsetsOf(to, first, ends)
    // What is to come is not waited for.
    this.#ends = new Map(this.#partitions.map((each, at) => [keyOf(each), Math.min(wanted[at]!, ends[at]!)]))
  }

  async #offsetsOf(place: Place, first: readonly number[], ends: readonly number[]): Promise<readonly number[]> {
    if (place.kind === 'beginning') return first
    if (place.kind === 'end') return ends
    if (place.kind === 'offset') return this.#partitions.map(() => place.offset)
    const { timestamp } = place
    const queries = this.#partitions.map((each) => ({ ...each, timestamp }))
    const found = await this.#consumer.offsetsForTimes(queries, { signal: this.#signal })
    return found.map((each, at) => each?.offset ?? ends[at]!)
  }

  /** How many there are to read, as far as somebody knows: null where it does not end. */
  get total(): number | null {
    const ends = this.#ends
    if (!ends) return null
    return this.#partitions.reduce((sum, each, at) => sum + Math.max(0, ends.get(keyOf(each))! - this.#begins[at]!), 0)
  }

  async *records(): AsyncGenerator<ConsumerRecord<Bytes, Bytes>> {
    const ends = this.#ends
    if (!ends) return yield* this.#consumer.records({ signal: this.#signal })
    const left = new Map(this.#partitions.map((each) => [keyOf(each), each]))
    const drop = (key: string) => {
      this.#consumer.pause([left.get(key)!])
      left.delete(key)
    }
    for (;;) {
      for (const [key, each] of left)
        if ((await this.#consumer.position(each, { signal: this.#signal })) >= ends.get(key)!) drop(key)
      if (left.size === 0) return
      for (const record of await this.#consumer.poll({ timeoutMs: LOOK_MS, signal: this.#signal })) {
        const end = ends.get(keyOf(record))!
        if (record.offset < end) yield record
      }
    }
  }
}

/** Markers of transactions are not handed out: one looks whether the end was reached all the same. */
const LOOK_MS = 200
const keyOf = ({ topic, partition }: TopicPartition) => partitionKey(topic, partition)
