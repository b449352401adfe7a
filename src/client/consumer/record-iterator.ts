// `for await (const record of consumer)`: one record after the other. When the loop asks for the next one, it is done with the one before.

import { AbortedError } from '../errors/index.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { Delivery } from './deliveries.ts'
import type { Engine } from './engine.ts'
import { type ConsumerRecord, isPromise } from './record.ts'

export class RecordIterator<K, V> implements AsyncIterableIterator<ConsumerRecord<K, V>> {
  readonly #engine: Engine<K, V>
  readonly #signal: AbortSignal | undefined
  readonly #delivery: Delivery
  /** What the program has: all before this offset of the partition, unless it went elsewhere since. */
  #partition: AssignedPartition | null = null
  #offset = 0
  #epoch = 0
  #era = 0
  #isOver = false

  constructor(engine: Engine<K, V>, signal: AbortSignal | undefined) {
    this.#engine = engine
    this.#signal = signal
    this.#delivery = engine.deliveries.open()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<ConsumerRecord<K, V>>> {
    const engine = this.#engine
    try {
      this.#settle()
      if (this.#isOver || engine.isClosing) return this.#end()
      engine.begin()
      engine.check(this.#signal)
      if (engine.isSliceOver) return this.#wait()
      const record = engine.feed.next()
      if (record === null || isPromise(record)) return this.#wait(record)
      this.#give()
      return Promise.resolve({ done: false, value: record })
    } catch (thrown) {
      return this.#fail(thrown)
    }
  }

  /** The loop was left: what it had last counts as not done, because nobody knows whether it was left by an error. */
  return(): Promise<IteratorResult<ConsumerRecord<K, V>>> {
    this.#isOver = true
    this.#engine.bell.ring() // who waits for the next one ends
    return this.#end()
  }

  async #wait(begun: Promise<ConsumerRecord<K, V>> | null = null): Promise<IteratorResult<ConsumerRecord<K, V>>> {
    const engine = this.#engine
    if (begun) return this.#take(begun)
    const stop = engine.deliveries.wait()
    try {
      await engine.breathe()
      for (;;) {
        if (this.#isOver || engine.isClosing) return await this.#end()
        engine.check(this.#signal)
        const record = engine.feed.next()
        if (record !== null) return await this.#take(record)
        await engine.wait(this.#signal)
      }
    } catch (thrown) {
      return this.#fail(thrown)
    } finally {
      stop()
    }
  }

  async #take(record: ConsumerRecord<K, V> | Promise<ConsumerRecord<K, V>>): Promise<IteratorResult<ConsumerRecord<K, V>>> {
    this.#give()
    try {
      const value = await record
      const partition = this.#partition
      const isStill = partition && !partition.isGone && partition.era === this.#era && !this.#engine.isClosing
      if (isStill) return { done: false, value }
    } catch (thrown) {
      this.#partition = null
      return this.#fail(thrown)
    }
    // It was taken away while it was made, or the program went elsewhere.
    this.#partition = null
    this.#engine.deliveries.settle(this.#delivery)
    return this.next()
  }

  #give(): void {
    const { feed, deliveries } = this.#engine
    const partition = feed.from
    this.#partition = partition
    this.#offset = partition.offset
    this.#epoch = partition.epoch
    this.#era = partition.era
    deliveries.give(this.#delivery, partition.asList)
  }

  #settle(): void {
    const partition = this.#partition
    if (partition === null) return
    this.#partition = null
    partition.done(this.#offset, this.#epoch, this.#era)
    this.#engine.deliveries.settle(this.#delivery)
  }

  #end(): Promise<IteratorResult<ConsumerRecord<K, V>>> {
    this.#isOver = true
    this.#partition = null
    this.#engine.deliveries.close(this.#delivery)
    return Promise.resolve({ done: true, value: undefined })
  }

  /** An error of the consumer does not end the iteration by itself, but the loop does, without a word: nothing of it is kept. */
  #fail(thrown: unknown): Promise<never> {
    if (thrown instanceof AbortedError) void this.#end()
    else this.#engine.deliveries.close(this.#delivery)
    return Promise.reject(thrown)
  }
}
