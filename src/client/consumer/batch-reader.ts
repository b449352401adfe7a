// Many records at a time: `for await (const batch of consumer.batches())`, each of one partition, and `poll`, of any.

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
      if (batch && !partition.isGone) {
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
    const endsAt = timeoutMs === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() + timeoutMs
    const timer = timeoutMs === undefined ? null : clock.after(timeoutMs, () => engine.bell.ring())
    const stop = engine.deliveries.wait()
    try {
      for (;;) {
        engine.check(signal)
        const records = await this.#take()
        if (records.length > 0 || engine.isClosing || clock.monotonic() >= endsAt) return records
        await engine.wait(signal)
      }
    } finally {
      stop()
      timer?.cancel()
    }
  }

  async #take(): Promise<ConsumerRecord<K, V>[]> {
    const { feed, maxRecords, deliveries } = this.#engine
    const records: ConsumerRecord<K, V>[] = []
    const given = new Map<string, Given>()
    try {
      while (records.length < maxRecords) {
        const record = feed.next()
        if (record === null) break
        const { from } = feed
        const before = given.get(from.name)
        given.set(from.name, givenOf(from))
        deliveries.give(this.#delivery, [...new Set([...this.#delivery.partitions, from])])
        try {
          records.push(isPromise(record) ? await record : record)
        } catch (thrown) {
          if (before) given.set(from.name, before)
          else given.delete(from.name)
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
}
