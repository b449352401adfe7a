// Many records at a time: `for await (const batch of consumer.batches())`, each of one partition, and `poll`, of any.

import type { AssignedPartition } from './assigned-partition.ts'
import type { Engine, Given } from './engine.ts'
import { givenOf } from './engine.ts'
import { type ConsumerBatch, type ConsumerRecord, isPromise } from './record.ts'

export interface BatchesOptions {
  /** Records that a batch has at most; default: maxPollRecords. */
  readonly maxRecords?: number
  readonly signal?: AbortSignal | undefined
}

/** When the loop asks for the next batch, it is done with the one before. */
export async function* batchesOf<K, V>(
  engine: Engine<K, V>,
  { maxRecords = engine.maxRecords, signal }: BatchesOptions,
): AsyncGenerator<ConsumerBatch<K, V>, void, undefined> {
  const { deliveries, assignment, feed } = engine
  const delivery = deliveries.open()
  try {
    while (!engine.isClosing) {
      engine.begin()
      engine.check(signal)
      const partition = assignment.nextReady()
      if (!partition) {
        const stop = deliveries.wait()
        await engine.wait(signal).finally(stop)
        continue
      }
      deliveries.give(delivery, partition.asList)
      const batch = await feed.takeMany(partition, maxRecords)
      if (batch && !engine.isClosing) {
        const given = givenOf(partition)
        yield batch
        engine.done(given)
      }
      deliveries.settle(delivery)
      await engine.breathe()
    }
  } finally {
    deliveries.close(delivery)
  }
}

export interface PollOptions {
  /** How long to wait for the first record; default: until there is one. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

/** Kafka's own way to read: each call says that the program is done with what the call before gave. */
export class Poller<K, V> {
  readonly #engine: Engine<K, V>
  readonly #delivery
  #given: Given[] = []

  constructor(engine: Engine<K, V>) {
    this.#engine = engine
    this.#delivery = engine.deliveries.open()
  }

  /** Up to maxPollRecords; none where the time is over or the consumer is being closed. */
  async poll({ timeoutMs, signal }: PollOptions): Promise<ConsumerRecord<K, V>[]> {
    const engine = this.#engine
    for (const given of this.#given) engine.done(given)
    this.#given = []
    engine.deliveries.settle(this.#delivery)
    engine.begin()
    const { clock } = engine.cluster.platform
    // The timer says when the time is over, not the clock: Node's timers may be some tenths of a millisecond ahead of it, and ring once.
    let isOver = timeoutMs !== undefined && timeoutMs <= 0
    const ring = () => {
      isOver = true
      engine.bell.ring()
    }
    const timer = timeoutMs === undefined ? null : clock.after(timeoutMs, ring)
    const stop = engine.deliveries.wait()
    try {
      for (let isLast = false; ; ) {
        engine.check(signal)
        const rung = engine.bell.wait()
        const records = await this.#take()
        if (records.length > 0 || engine.isClosing || isLast) return records
        // An answer without records lets others have their turn as well: the program may come back at once, again and again.
        isLast = isOver
        await (isLast ? engine.breathe() : engine.wait(signal, rung))
      }
    } finally {
      stop()
      timer?.cancel()
    }
  }

  async #take(): Promise<ConsumerRecord<K, V>[]> {
    const { feed, maxRecords, deliveries } = this.#engine
    const records: ConsumerRecord<K, V>[] = []
    const given = new Map<AssignedPartition, Given>()
    try {
      while (records.length < maxRecords) {
        if (this.#engine.isSliceOver) await this.#breathe(records, given)
        const record = feed.next()
        if (record === null) break
        const { from } = feed
        const before = given.get(from)
        if (!before) deliveries.give(this.#delivery, [...given.keys(), from])
        given.set(from, givenOf(from))
        try {
          records.push(isPromise(record) ? await record : record)
        } catch (thrown) {
          if (before) given.set(from, before)
          else given.delete(from)
          throw thrown
        }
      }
    } catch (thrown) {
      // What was read before it is handed out first; then it is met again.
      if (records.length === 0) throw thrown
    }
    this.#given = [...given.values()]
    if (records.length === 0) deliveries.settle(this.#delivery)
    return records
  }

  /** Lets others have their turn; what is not this consumer's any more after it, or lies where the program does not read any more, is not handed out. */
  async #breathe(records: ConsumerRecord<K, V>[], given: Map<AssignedPartition, Given>): Promise<void> {
    await this.#engine.breathe()
    for (const [partition, { era }] of given) {
      if (!partition.isGone && partition.era === era) continue
      given.delete(partition)
      const left = records.filter((record) => record.topic !== partition.topic || record.partition !== partition.partition)
      records.splice(0, records.length, ...left)
    }
  }
}
