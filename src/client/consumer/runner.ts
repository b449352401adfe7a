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
        if (record !== taken && !this.#isStill(given, record.offset)) return
        try {
          const handling = eachRecord!(record, new Context(engine, given, over, this.#commit))
          if (isPromise(handling)) await handling
        } catch (thrown) {
          this.#failed(given, record.offset)
          throw thrown
        }
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
    if (!batch) return
    const given = givenOf(partition)
    if (!this.#isStill(given, batch.firstOffset)) return
    try {
      await eachBatch(batch, new Context(engine, given, over, this.#commit))
    } catch (thrown) {
      this.#failed(given, batch.firstOffset)
      throw thrown
    }
    if (this.#options.autoResolve ?? true) engine.done(given)
    await engine.breathe()
  }

  /** Whether a handler should have what took its time to be read; where the run ends, another one begins with it. */
  #isStill(given: Given, firstOffset: number): boolean {
    if (isStale(given)) return false
    if (this.#isEnding) this.#failed(given, firstOffset)
    return !this.#isEnding
  }

  /** Another run begins with what the handler failed at. */
  #failed(given: Given, firstOffset: number): void {
    if (!isStale(given)) given.partition.rewind(Math.max(firstOffset, given.partition.doneOffset))
  }

  get #isEnding(): boolean {
    return this.#engine.isClosing || this.#trouble !== null || this.#options.signal?.aborted === true
  }
}

/** Whether it is not this consumer's any more, or the program went elsewhere. */
function isStale({ partition, era }: Given): boolean {
  return partition.isGone || partition.era !== era
}

/** One for each call of a handler: what the handler does not ask for is not made. */
class Context implements HandlerContext {
  readonly #engine: Pick<Engine<unknown, unknown>, 'done'>
  readonly #given: Given
  readonly #over: Handling
  readonly #commit: () => Promise<void>

  constructor(engine: Pick<Engine<unknown, unknown>, 'done'>, given: Given, over: Handling, commit: () => Promise<void>) {
    this.#engine = engine
    this.#given = given
    this.#over = over
    this.#commit = commit
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  // Functions that may be taken out of the context.

  get isStale(): () => boolean {
    return () => isStale(this.#given)
  }

  get resolve(): (offset: number) => void {
    return (offset) => {
      checkOffset(offset)
      const { partition, era, epoch, offset: end } = this.#given
      partition.done(Math.min(offset + 1, end), epoch, era)
    }
  }

  get commit(): () => Promise<void> {
    return () => {
      this.#engine.done(this.#given)
      return this.#commit()
    }
  }
}

/** A handler at work, whose signal is made only where somebody asks for it. */
class Handling {
  readonly #partition: AssignedPartition
  readonly #ending: AbortSignal
  #controller: AbortController | null = null
  #unheard: (() => void) | null = null
  #isOver = false

  constructor(partition: AssignedPartition, ending: AbortSignal) {
    this.#partition = partition
    this.#ending = ending
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      const controller = new AbortController()
      const abort = () => controller.abort()
      this.#controller = controller
      if (this.#ending.aborted || this.#partition.isGone) abort()
      if (this.#isOver) return controller.signal // nobody would take back what is asked for now
      this.#ending.addEventListener('abort', abort)
      const unheard = this.#partition.onGone(abort)
      this.#unheard = () => {
        this.#ending.removeEventListener('abort', abort)
        unheard()
      }
    }
    return this.#controller.signal
  }

  end(): void {
    this.#isOver = true
    this.#unheard?.()
  }
}
