// Many records at a time: `for await (const batch of shareConsumer.batches())`, each of one partition, and `poll`, of any.

import type { BatchesOptions, PollOptions } from '../consumer/batch-reader.ts'
import { isPromise } from '../consumer/record.ts'
import type { Held } from './held.ts'
import type { ShareReading } from './share-reading.ts'
import type { ShareBatch, ShareRecord } from './share-record.ts'

/** Implicitly, asking for the next batch accepts the one before. */
export async function* shareBatchesOf<K, V>(
  reading: ShareReading<K, V>,
  { maxRecords = reading.maxRecords, signal }: BatchesOptions,
): AsyncGenerator<ShareBatch<K, V>, void, undefined> {
  const { deliveries, feed, hands } = reading
  const delivery = deliveries.open()
  let given: readonly Held[] = []
  hands.releaseLeft()
  try {
    while (!reading.isClosing) {
      reading.begin()
      reading.check(signal)
      const rung = reading.bell.wait()
      const taken = await feed.takeMany(maxRecords)
      if (!taken) {
        const stop = deliveries.wait()
        await reading.waitForRecords(signal, rung).finally(stop)
        continue
      }
      given = taken.held
      deliveries.give(delivery, reading.out)
      yield taken.batch
      const settled = given
      given = []
      reading.settle(settled)
      deliveries.settle(delivery)
      await reading.breathe()
    }
  } finally {
    // The loop was left: what it had goes back with the next one, unless it is acknowledged before.
    if (!reading.isExplicit) for (const held of given) hands.leave(held)
    deliveries.close(delivery)
  }
}

/** Kafka's own way to read. Implicitly, each call accepts what the one before gave. */
export class SharePoller<K, V> {
  readonly #reading: ShareReading<K, V>
  readonly #delivery
  #given: Held[] = []

  constructor(reading: ShareReading<K, V>) {
    this.#reading = reading
    this.#delivery = reading.deliveries.open()
  }

  /** Up to maxPollRecords; none where the time is over or the consumer is being closed. */
  async poll({ timeoutMs, signal }: PollOptions): Promise<ShareRecord<K, V>[]> {
    const reading = this.#reading
    // The program is back, even where it is told that it has forgotten something.
    reading.deliveries.settle(this.#delivery)
    reading.settle(this.#given)
    this.#given = []
    reading.hands.releaseLeft()
    reading.begin()
    const { clock } = reading.cluster.platform
    // The timer says when the time is over, not the clock: Node's timers may be some tenths of a millisecond ahead of it, and ring once.
    let isOver = timeoutMs !== undefined && timeoutMs <= 0
    const ring = () => {
      isOver = true
      reading.bell.ring()
    }
    const timer = timeoutMs === undefined ? null : clock.after(timeoutMs, ring)
    const stop = reading.deliveries.wait()
    try {
      for (let isLast = false; ; ) {
        reading.check(signal)
        const rung = reading.bell.wait()
        const records = await this.#take()
        if (records.length > 0) reading.deliveries.give(this.#delivery, reading.out)
        if (records.length > 0 || reading.isClosing || isLast) return records
        // An answer without records lets others have their turn as well: the program may come back at once, again and again.
        isLast = isOver
        await (isLast ? reading.breathe() : reading.waitForRecords(signal, rung))
      }
    } finally {
      stop()
      timer?.cancel()
    }
  }

  async #take(): Promise<ShareRecord<K, V>[]> {
    const { feed, maxRecords } = this.#reading
    const records: ShareRecord<K, V>[] = []
    while (records.length < maxRecords) {
      try {
        const made = feed.next()
        if (made === null) break
        const held = feed.last
        records.push(isPromise(made) ? await made : made)
        this.#given.push(held)
      } catch (thrown) {
        if (records.length === 0) throw thrown
        feed.postpone(thrown)
        break
      }
    }
    return records
  }
}
