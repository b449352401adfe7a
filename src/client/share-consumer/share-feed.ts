// Hands out what brokers gave, one record after the other, in the order in which it came; what the program takes is in its hands from then on.

import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/logger.ts'
import { type ConsumerRecord, isPromise, type RecordMaker } from '../consumer/record.ts'
import type { TypeName } from './acknowledgements.ts'
import type { AcquiredRecords } from './acquired-records.ts'
import type { Hands } from './hands.ts'
import { Held } from './held.ts'
import type { ShareBatch, ShareRecord } from './share-record.ts'

export interface ShareFeedOptions<K, V> {
  readonly clock: Clock
  readonly logger: Logger
  readonly hands: Hands
  readonly maker: RecordMaker<K, V>
  /** The program says itself what becomes of a record that cannot be deserialized; else others may try it. */
  readonly isExplicit: boolean
}

/** A batch, and what of it is in the hands of the program. */
export interface Taken<K, V> {
  readonly batch: ShareBatch<K, V>
  readonly held: readonly Held[]
}

type Made<K, V> = ShareRecord<K, V> | Promise<ShareRecord<K, V>>

export class ShareFeed<K, V> {
  readonly #options: ShareFeedOptions<K, V>
  readonly #waiting: AcquiredRecords[] = []
  #last: Held | null = null
  #trouble: { readonly thrown: unknown } | null = null

  constructor(options: ShareFeedOptions<K, V>) {
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#trouble === null
  }

  /** What `next` gave last. */
  get last(): Held {
    return this.#last!
  }

  add(acquired: AcquiredRecords): void {
    this.#waiting.push(acquired)
  }

  /** The next record; null where none waits. Throws what keeps it from being read. */
  next(): Made<K, V> | null {
    this.#meetTrouble()
    for (let acquired = this.#first(); acquired; acquired = this.#first()) {
      const made = this.#take(acquired)
      if (made !== null) return made
    }
    return null
  }

  /** Up to `most` records of one partition; null where none waits. */
  async takeMany(most: number): Promise<Taken<K, V> | null> {
    this.#meetTrouble()
    for (let acquired = this.#first(); acquired; acquired = this.#first()) {
      const taken = await this.#many(acquired, most)
      if (taken) return taken
    }
    return null
  }

  /** It was met behind records that the program gets first: who asks next meets it. */
  postpone(thrown: unknown): void {
    this.#trouble ??= { thrown }
  }

  /** Gives back all that waits. */
  empty(): void {
    this.keepOnly([])
    this.#trouble = null
  }

  /** Gives back what waits of all other topics. */
  keepOnly(topics: readonly string[]): void {
    for (const acquired of [...this.#waiting]) if (!topics.includes(acquired.partition.topic)) this.#drop(acquired)
  }

  /** The first that is still this member's. */
  #first(): AcquiredRecords | undefined {
    const now = this.#options.clock.monotonic()
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      if (!first.isLost(now)) return first
      this.#waiting.shift()
      const lost = first.takeRest().length
      this.#options.logger.debug('records were not taken before their lock was lost', { partition: first.partition.name, lost })
    }
    return undefined
  }

  async #many(acquired: AcquiredRecords, most: number): Promise<Taken<K, V> | null> {
    const records: ShareRecord<K, V>[] = []
    const held: Held[] = []
    while (records.length < most) {
      try {
        const made = this.#take(acquired)
        if (made === null) break
        const last = this.last
        records.push(isPromise(made) ? await made : made)
        held.push(last)
      } catch (thrown) {
        if (records.length === 0) throw thrown
        this.postpone(thrown)
        break
      }
    }
    if (records.length === 0) return null
    const { topic, partition } = acquired.partition
    return { batch: { topic, partition, records }, held }
  }

  #meetTrouble(): void {
    const trouble = this.#trouble
    this.#trouble = null
    if (trouble) throw trouble.thrown
  }

  #take(acquired: AcquiredRecords): Made<K, V> | null {
    const { hands, maker } = this.#options
    let record: ReturnType<AcquiredRecords['next']>
    try {
      record = acquired.next()
    } catch (thrown) {
      this.#drop(acquired)
      throw thrown
    } finally {
      for (const offset of acquired.takeGaps()) this.#say(acquired, offset, 'gap')
    }
    if (record === null) {
      this.#drop(acquired)
      return null
    }
    const { deliveryCount, partition } = acquired
    const held = this.#heldOf(acquired, record.offset)
    this.#last = held
    hands.give(held)
    try {
      const made = maker.make(partition, acquired.fetched, record)
      return isPromise(made) ? this.#later(held, made, deliveryCount) : { ...made, deliveryCount }
    } catch (thrown) {
      this.#refuse(held)
      throw thrown
    }
  }

  async #later(held: Held, making: PromiseLike<ConsumerRecord<K, V>>, deliveryCount: number): Promise<ShareRecord<K, V>> {
    try {
      return { ...(await making), deliveryCount }
    } catch (thrown) {
      this.#refuse(held)
      throw thrown
    }
  }

  #refuse(held: Held): void {
    if (!this.#options.isExplicit) this.#options.hands.settle(held, 'release')
  }

  #drop(acquired: AcquiredRecords): void {
    const at = this.#waiting.indexOf(acquired)
    if (at >= 0) this.#waiting.splice(at, 1)
    for (const offset of acquired.takeRest()) this.#say(acquired, offset, 'unread')
  }

  #say(acquired: AcquiredRecords, offset: number, type: TypeName): void {
    acquired.giver.acknowledge(this.#heldOf(acquired, offset), type)
  }

  #heldOf({ giver, turn, partition, lockedUntil }: AcquiredRecords, offset: number): Held {
    return new Held(giver, turn, partition, offset, lockedUntil)
  }
}
