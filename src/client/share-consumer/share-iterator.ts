// `for await (const record of shareConsumer)`: one record after the other. Implicitly, asking for the next one accepts the one before.

import { isPromise } from '../consumer/record.ts'
import { AbortedError } from '../errors/index.ts'
import type { Held } from './held.ts'
import type { ShareReading } from './share-reading.ts'
import type { ShareRecord } from './share-record.ts'

export class ShareIterator<K, V> implements AsyncIterableIterator<ShareRecord<K, V>> {
  readonly #reading: ShareReading<K, V>
  readonly #signal: AbortSignal | undefined
  readonly #delivery
  /** What the program has of this loop. */
  #held: Held | null = null
  #hasBegun = false
  #isOver = false

  constructor(reading: ShareReading<K, V>, signal: AbortSignal | undefined) {
    this.#reading = reading
    this.#signal = signal
    this.#delivery = reading.deliveries.open()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<ShareRecord<K, V>>> {
    const reading = this.#reading
    try {
      if (this.#isOver || reading.isClosing) return this.#end()
      this.#begin()
      if (reading.isSliceOver) await reading.breathe()
      for (;;) {
        if (this.#isOver || reading.isClosing) return this.#end()
        reading.check(this.#signal)
        const made = reading.feed.next()
        if (made !== null) {
          const { last } = reading.feed
          const value = isPromise(made) ? await made : made
          this.#held = last
          reading.deliveries.give(this.#delivery, reading.out)
          return { done: false, value }
        }
        await this.#wait()
      }
    } catch (thrown) {
      // An error of the consumer does not end the iteration by itself, but the loop does, without a word: nothing of it is kept.
      if (thrown instanceof AbortedError) this.#end()
      else reading.deliveries.close(this.#delivery)
      throw thrown
    }
  }

  /** The loop was left: nobody knows whether by an error, so what it had last goes back with the next loop or `close`, unless it is acknowledged before. */
  async return(): Promise<IteratorResult<ShareRecord<K, V>>> {
    this.#reading.bell.ring() // who waits for the next one ends
    return this.#end()
  }

  #begin(): void {
    const reading = this.#reading
    // The program is back, even where it is told that it has forgotten something.
    reading.deliveries.settle(this.#delivery)
    if (this.#held) reading.settle([this.#held])
    this.#held = null
    if (!this.#hasBegun) reading.hands.releaseLeft()
    this.#hasBegun = true
    reading.begin()
  }

  async #wait(): Promise<void> {
    const stop = this.#reading.deliveries.wait()
    try {
      await this.#reading.waitForRecords(this.#signal)
    } finally {
      stop()
    }
  }

  #end(): IteratorResult<ShareRecord<K, V>> {
    this.#isOver = true
    if (this.#held && !this.#reading.isExplicit) this.#reading.hands.leave(this.#held)
    this.#held = null
    this.#reading.deliveries.close(this.#delivery)
    return { done: true, value: undefined }
  }
}
