// `shareConsumer.run({ eachRecord })`: handlers are called with what comes, several records at once. A handler that ends accepts its record, and one that
// throws gives it back, unless it says otherwise itself.

import type { Timer } from '../../platform/clock.ts'
import { isPromise } from '../consumer/record.ts'
import { OptionError } from '../errors/index.ts'
import type { AcknowledgeType } from './acknowledgements.ts'
import type { Held } from './held.ts'
import type { ShareReading } from './share-reading.ts'
import type { ShareBatch, ShareRecord } from './share-record.ts'

/** What a handler may do besides its work. */
export interface ShareHandlerContext {
  /** Aborted when the lock of a record is over, so that others may have it, or the run ends. */
  readonly signal: AbortSignal
  /** Says what becomes of the record, or of all of the batch that nothing was said of; with `renew` the handler keeps it for another time of the lock. */
  acknowledge(type?: AcknowledgeType): void
  /** Whether others may have a record of it by now. */
  isStale(): boolean
}

export interface ShareRunOptions<K, V> {
  /** Called with each record. */
  readonly eachRecord?: (record: ShareRecord<K, V>, context: ShareHandlerContext) => unknown
  /** Called with many records of a partition at a time. */
  readonly eachBatch?: (batch: ShareBatch<K, V>, context: ShareHandlerContext) => unknown
  /** How many handlers are at work at once, in no order. Default 1. */
  readonly concurrency?: number
  /** Records that a batch has at most; default: maxPollRecords. */
  readonly maxRecords?: number
  /** Renews the locks of records for as long as their handlers are at work (KIP-1222), so that a slow handler does not lose them. Default false. */
  readonly renewLocks?: boolean
  /** Says what becomes of what a handler threw at, and the run goes on. Without it, the records go back and the run ends with the error. */
  readonly onHandlerError?: (error: unknown, records: readonly ShareRecord<K, V>[]) => Exclude<AcknowledgeType, 'renew'>
  /** Ends the run when the handlers at work have ended. */
  readonly signal?: AbortSignal | undefined
}

export class ShareRunner<K, V> {
  readonly #reading: ShareReading<K, V>
  readonly #options: ShareRunOptions<K, V>
  readonly #concurrency: number
  readonly #working = new Set<Promise<void>>()
  readonly #ending = new AbortController()
  #trouble: { readonly thrown: unknown } | null = null

  constructor(reading: ShareReading<K, V>, options: ShareRunOptions<K, V>) {
    const { eachRecord, eachBatch, concurrency = 1 } = options
    if ((eachRecord === undefined) === (eachBatch === undefined)) {
      throw new OptionError(null, 'run needs either eachRecord or eachBatch, and not both')
    }
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new OptionError('concurrency', `concurrency=${concurrency} is not valid; allowed: at least 1`)
    }
    this.#reading = reading
    this.#options = options
    this.#concurrency = concurrency
  }

  /** Resolves when the signal or `close` ends it; rejects with the first error of a handler that nobody took, or of the consumer. */
  async run(): Promise<void> {
    const reading = this.#reading
    const { signal } = this.#options
    reading.hands.releaseLeft()
    reading.begin()
    const stop = reading.deliveries.wait()
    try {
      while (!reading.isClosing && !signal?.aborted && this.#trouble === null) {
        reading.check()
        if (reading.isSliceOver) await reading.breathe()
        const rung = reading.bell.wait()
        if (this.#working.size >= this.#concurrency) await reading.wait(signal, rung)
        else if (!(await this.#startNext())) await reading.waitForRecords(signal, rung)
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

  /** False where nothing waits. */
  async #startNext(): Promise<boolean> {
    const reading = this.#reading
    const { feed } = reading
    const { eachRecord, eachBatch, maxRecords = reading.maxRecords } = this.#options
    if (eachBatch) {
      const taken = await feed.takeMany(maxRecords)
      if (taken && !reading.isClosing) this.#start(taken.held, taken.batch.records, (context) => eachBatch(taken.batch, context))
      return taken !== null
    }
    const made = feed.next()
    if (made === null) return false
    const { last } = feed
    const record = isPromise(made) ? await made : made
    // Where it took so long that the consumer is being closed, it goes back with the session.
    if (!reading.isClosing) this.#start([last], [record], (context) => eachRecord!(record, context))
    return true
  }

  #start(held: readonly Held[], records: readonly ShareRecord<K, V>[], handle: (context: ShareHandlerContext) => unknown): void {
    const { deliveries, bell, out } = this.#reading
    const delivery = deliveries.open({ isHandler: true })
    for (const each of held) each.isHandled = true
    deliveries.give(delivery, out)
    const working = this.#handle(held, records, handle)
      .catch((thrown) => {
        this.#trouble ??= { thrown }
      })
      .finally(() => {
        deliveries.close(delivery)
        this.#working.delete(working)
        bell.ring()
      })
    this.#working.add(working)
  }

  async #handle(
    held: readonly Held[],
    records: readonly ShareRecord<K, V>[],
    handle: (context: ShareHandlerContext) => unknown,
  ): Promise<void> {
    const reading = this.#reading
    const { onHandlerError, renewLocks = false } = this.#options
    const handling = new Handling(reading, held, this.#ending.signal)
    if (renewLocks) handling.keepLocks()
    try {
      await handle(contextOf(handling))
    } catch (thrown) {
      if (!onHandlerError) {
        handling.settle('release')
        throw thrown
      }
      handling.settle(onHandlerError(thrown, records))
      return
    } finally {
      handling.end()
    }
    reading.settle(held)
  }
}

/** A handler at work, whose signal is made only where somebody asks for it. */
class Handling<K, V> {
  readonly #reading: ShareReading<K, V>
  readonly #held: readonly Held[]
  readonly #ending: AbortSignal
  #controller: AbortController | null = null
  #timer: Timer | null = null
  #renewal: Timer | null = null
  readonly #abort = () => this.#controller?.abort()

  constructor(reading: ShareReading<K, V>, held: readonly Held[], ending: AbortSignal) {
    this.#reading = reading
    this.#held = held
    this.#ending = ending
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      this.#ending.addEventListener('abort', this.#abort)
      if (this.#ending.aborted) this.#abort()
      else this.#watch()
    }
    return this.#controller.signal
  }

  /** Renews every half of the time of a lock, until the end. */
  keepLocks(): void {
    const { giver } = this.#held[0]!
    const { clock } = this.#reading.cluster.platform
    this.#renewal = clock.after((giver.lockTimeoutMs ?? 0) / 2, () => {
      const now = clock.monotonic()
      for (const held of this.#mine) if (!held.isLost(now)) held.giver.acknowledge(held, 'renew')
      this.keepLocks()
    })
  }

  isStale(): boolean {
    const now = this.#reading.cluster.platform.clock.monotonic()
    return this.#mine.some((held) => held.isLost(now))
  }

  acknowledge(type: AcknowledgeType): void {
    if (this.#mine.length === 0) this.#reading.hands.find(this.#place)
    this.settle(type)
  }

  /** Of whatever nothing was said yet. */
  settle(type: AcknowledgeType): void {
    for (const held of this.#mine) this.#reading.hands.settle(held, type)
  }

  end(): void {
    this.#timer?.cancel()
    this.#renewal?.cancel()
    this.#ending.removeEventListener('abort', this.#abort)
  }

  get #mine(): readonly Held[] {
    return this.#held.filter((held) => this.#reading.hands.has(held))
  }

  get #place() {
    const [{ partition, offset }] = this.#held as readonly [Held]
    return { topic: partition.topic, partition: partition.partition, offset }
  }

  /** Looks again when the first lock would be over: it may have been renewed by then. */
  #watch(): void {
    const { clock } = this.#reading.cluster.platform
    const mine = this.#mine
    if (mine.length === 0) return
    if (this.isStale()) return this.#abort()
    const until = Math.min(...mine.map(({ lockedUntil }) => lockedUntil))
    this.#timer = clock.after(Math.max(1, until - clock.monotonic()), () => this.#watch())
  }
}

function contextOf<K, V>(handling: Handling<K, V>): ShareHandlerContext {
  return {
    get signal() {
      return handling.signal
    },
    isStale: () => handling.isStale(),
    acknowledge: (type = 'accept') => handling.acknowledge(type),
  }
}
