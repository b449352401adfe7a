// Handlers are called again where they fail: as often, and after such pauses, as `retry` says. What cannot be helped crashes the consumer.

import { Bell } from '../../client/consumer/bell.ts'
import { nameOf, type TopicPartition } from '../../client/consumer/place.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded } from '../errors/classes.ts'
import { translated } from '../errors/translate.ts'
import { pauseMs, type Retry } from '../retry.ts'
import type { Logger } from '../types/index.ts'
import { isRebalance } from './rebalance.ts'

export interface AttemptsOptions {
  readonly retry: Retry
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly groupId: string
}

/** Mistakes of the program, which another attempt does not mend. */
const MISTAKES: ReadonlySet<string> = new Set(['RangeError', 'ReferenceError', 'SyntaxError', 'TypeError'])

export class Attempts {
  readonly #options: AttemptsOptions
  readonly #end = new Bell()
  #count = 0
  /** Where it failed last: what goes well elsewhere says nothing of it. */
  #failedAt: string | null = null
  /** What a handler threw last. */
  #ofHandler: unknown = null
  /** Handlers that ended because of the group, one after the other. */
  #rebalances = 0

  constructor(options: AttemptsOptions) {
    this.#options = options
  }

  /** `act` until it ends by itself, or `isWanted` says that it is enough. */
  async run(act: () => Promise<void>, isWanted: () => boolean): Promise<void> {
    while (isWanted()) {
      try {
        return await act()
      } catch (thrown) {
        if (!isWanted()) return
        await this.#failed(translated(thrown), thrown === this.#ofHandler)
      }
    }
  }

  /** What is done with a batch of this partition: when it goes well where it failed before, attempts count from anew. */
  async watching(place: TopicPartition, handle: () => Promise<void>): Promise<void> {
    const name = nameOf(place)
    try {
      await handle()
      this.#rebalances = 0
      if (this.#failedAt === name) this.#count = 0
    } catch (thrown) {
      this.#failedAt = name
      this.#ofHandler = thrown
      throw thrown
    }
  }

  /** Nobody waits any more. */
  end(): void {
    this.#end.ring()
  }

  async #failed(error: Error, isOfHandler: boolean): Promise<void> {
    const { logger, groupId, retry, random } = this.#options
    if (isRebalance(error)) {
      logger.warn('The group is rebalancing, re-joining', { groupId, error: error.message })
      // The first time the member is at it already; a program may say so again and again.
      if (this.#rebalances++ > 0) await this.#pause(retry.initialRetryTime)
      return
    }
    if (MISTAKES.has(error.name) || (error as { retriable?: boolean }).retriable === false) {
      // A handler may throw what a producer gave up after its own attempts: whether another start may help is told by what was wrong at first.
      throw error instanceof KafkaJSNonRetriableError && !isOfHandler
        ? error
        : new KafkaJSNonRetriableError(error, { cause: (error.cause as Error) ?? error })
    }
    const retryTime = pauseMs(retry, this.#count, random)
    const retryCount = this.#count++
    if (retryCount >= retry.retries) throw new KafkaJSNumberOfRetriesExceeded(error, { retryCount, retryTime })
    logger.debug('a handler or the consumer failed, trying again', { groupId, error: error.message, retryCount, retryTime })
    await this.#pause(retryTime)
  }

  async #pause(ms: number): Promise<void> {
    const timer = this.#options.clock.after(ms, () => this.#end.ring())
    await this.#end.wait()
    timer.cancel()
  }
}
