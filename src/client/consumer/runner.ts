// `consumer.run({ eachRecord })`: handlers are called with what comes, several partitions at once, each partition in its order.

import { OptionError } from '../errors/index.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { Delivery } from './deliveries.ts'
import { type Engine, type Given, givenOf } from './engine.ts'
import { checkOffset } from './named-commit.ts'
import { type ConsumerBatch, type ConsumerRecord, isPromise } from './record.ts'

/** What a handler may do besides its work. */
export interface HandlerContext {
  /** Aborted when the records are not this consumer's any more, or the run ends: what is done from then on may be done by others as well. */
  readonly signal: AbortSignal
  /** Commits up to and with the record (or batch) that the handler was given, and what handlers of other partitions have done. */
  commit(): Promise<void>
  /** Says that all up to and with this offset is done: an automatic commit may take it before the handler ends. */
  resolve(offset: number): void
  /** Whether the records are not this consumer's any more, or it went elsewhere in the partition. */
  isStale(): boolean
}

export interface RunOptions<K, V> {
  /** Called with one record after the other; the next one of its partition waits for it. */
  readonly eachRecord?: (record: ConsumerRecord<K, V>, context: HandlerContext) => unknown
  /** Called with many records of a partition at a time. */
  readonly eachBatch?: (batch: ConsumerBatch<K, V>, context: HandlerContext) => unknown
  /** How many partitions are worked at at once. Default 1. */
  readonly concurrency?: number
  /** Whether a batch is done when its handler ends, or only what the handler resolved. Default true. */
  readonly autoResolve?: boolean
  /** Records that a batch has at most; default: maxPollRecords. */
  readonly maxRecords?: number
  /** Ends the run when the handlers at work have ended. */
  readonly signal?: AbortSignal | undefined
}

export class Runner<K, V> {
  readonly #engine: Engine<K, V>
  readonly #options: RunOptions<K, V>
  readonly #commit: () => Promise<void>
  readonly #concurrency: number
  readonly #busy = new Set<AssignedPartition>()
  readonly #working = new Set<Promise<void>>()
  readonly #ending = new AbortController()
  #trouble: { readonly thrown: unknown } | null = null

  /** `commit` commits what is done. */
  constructor(engine: Engine<K, V>, options: RunOptions<K, V>, commit: () => Promise<void>) {
    const { eachRecord, eachBatch, concurrency = 1 } = options
    if ((eachRecord === undefined) === (eachBatch === undefined)) {
      throw new OptionError(null, 'run needs either eachRecord or eachBatch, and not both')
    }
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new OptionError('concurrency', `concurrency=${concurrency} is not valid; allowed: at least 1`)
    }
    this.#engine = engine
    this.#options = options
    this.#commit = commit
    this.#concurrency = concurrency
  }

  /** Resolves when the signal or `close` ends it; rejects with the first error of a handler, or of the consumer. */
  async run(): Promise<void> {
    const engine = this.#engine
    const { signal } = this.#options
    engine.begin()
    const stop = engine.deliveries.wait()
    try {
      while (!engine.isClosing && !signal?.aborted && this.#trouble === null) {
        engine.check()
        const next = this.#busy.size < this.#concurrency ? engine.assignment.nextReady((each) => this.#busy.has(each)) : undefined
        if (next) this.#start(next)
        else await engine.wait(signal)
      }
    } catch (thrown) {
      this.#trouble ??= { thrown }
    } finally {
      this.#ending.abort()
      await Promise.all(this.#working)
      stop()
    }
    if (this.#trouble) throw this.#trouble.thrown
  }

  #start(partition: AssignedPartition): void {
    this.#busy.add(partition)
    const { deliveries, bell } = this.#engine
    const delivery = deliveries.open({ isHandler: true })
    const working = this.#work(partition, delivery)
      .catch((thrown) => {
        this.#trouble ??= { thrown }
      })
      .finally(() => {
        deliveries.close(delivery)
        this.#busy.delete(partition)
        this.#working.delete(working)
        bell.ring()
      })
    this.#working.add(working)
  }

  /** Until the partition has had its share, or nothing more, or the run ends. */
  async #work(partition: AssignedPartition, delivery: Delivery): Promise<void> {
    const engine = this.#engine
    const { eachRecord, eachBatch, maxRecords = engine.maxRecords } = this.#options
    const over = new Handling(partition, this.#ending.signal)
    try {
      if (eachBatch) return await this.#handleBatch(eachBatch, partition, delivery, over, maxRecords)
      for (let left = maxRecords; left > 0 && !this.#isEnding; left--) {
        engine.deliveries.give(delivery, partition.asList)
        const taken = engine.feed.take(partition)
        if (taken === null) return
        const given = givenOf(partition)
        const record = isPromise(taken) ? await taken : taken
        await this.#handle(given, record.offset, () => eachRecord!(record, this.#contextOf(given, over)))
        engine.done(given)
        engine.deliveries.settle(delivery)
        if (engine.isSliceOver) await engine.breathe()
      }
    } finally {
      over.end()
    }
  }

  async #handleBatch(
    eachBatch: NonNullable<RunOptions<K, V>['eachBatch']>,
    partition: AssignedPartition,
    delivery: Delivery,
    over: Handling,
    maxRecords: number,
  ): Promise<void> {
    const engine = this.#engine
    engine.deliveries.give(delivery, partition.asList)
    const batch = await engine.feed.takeMany(partition, maxRecords)
    if (!batch || partition.isGone) return
    const given = givenOf(partition)
    await this.#handle(given, batch.firstOffset, () => eachBatch(batch, this.#contextOf(given, over)))
    if (this.#options.autoResolve ?? true) engine.done(given)
    await engine.breathe()
  }

  /** Another run begins with what the handler failed at. */
  async #handle({ partition, era }: Given, firstOffset: number, handle: () => unknown): Promise<void> {
    try {
      await handle()
    } catch (thrown) {
      if (!partition.isGone && partition.era === era) partition.rewind(Math.max(firstOffset, partition.doneOffset))
      throw thrown
    }
  }

  get #isEnding(): boolean {
    return this.#engine.isClosing || this.#trouble !== null || this.#options.signal?.aborted === true
  }

  #contextOf(given: Given, over: Handling): HandlerContext {
    const { partition, era, epoch } = given
    const engine = this.#engine
    const commit = this.#commit
    return {
      get signal() {
        return over.signal
      },
      isStale: () => partition.isGone || partition.era !== era,
      resolve: (offset) => {
        checkOffset(offset)
        partition.done(Math.min(offset + 1, given.offset), epoch, era)
      },
      commit: () => {
        engine.done(given)
        return commit()
      },
    }
  }
}

/** A handler at work, whose signal is made only where somebody asks for it. */
class Handling {
  readonly #partition: AssignedPartition
  readonly #ending: AbortSignal
  #controller: AbortController | null = null
  #unheard: (() => void) | null = null

  constructor(partition: AssignedPartition, ending: AbortSignal) {
    this.#partition = partition
    this.#ending = ending
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      const controller = new AbortController()
      const abort = () => controller.abort()
      this.#controller = controller
      this.#ending.addEventListener('abort', abort)
      const unheard = this.#partition.onGone(abort)
      this.#unheard = () => {
        this.#ending.removeEventListener('abort', abort)
        unheard()
      }
      if (this.#ending.aborted || this.#partition.isGone) abort()
    }
    return this.#controller.signal
  }

  end(): void {
    this.#unheard?.()
  }
}
