// One batch in the hands of the program: message by message, or as a whole.

import type { HandlerContext } from '../../client/consumer/runner.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Slices } from '../../platform/slices.ts'
import { errorCode } from '../../protocol/errors.ts'
import type { Emitter } from '../emitter.ts'
import { KafkaJSError } from '../errors/classes.ts'
import { protocolError } from '../errors/translate.ts'
import type { ConsumerEvents, ConsumerRunConfig, EachMessagePayload, Logger } from '../types/index.ts'
import { type ClientBatch, FetchedBatch } from './batch.ts'
import { asTopics, type Offsets } from './offsets.ts'

const REBALANCE_IN_PROGRESS = errorCode('REBALANCE_IN_PROGRESS')

export interface HandlingOptions {
  readonly config: ConsumerRunConfig
  readonly offsets: Offsets
  readonly emitter: Emitter<ConsumerEvents>
  readonly logger: Logger
  readonly clock: Clock
  readonly slices: Slices
  readonly isRunning: () => boolean
  /** Commits what is done, where that goes by itself. */
  readonly autoCommit: () => Promise<void>
  readonly isPaused: (topic: string, partition: number) => boolean
  /** Pauses the partition; what it gives back resumes it. */
  readonly pause: (topic: string, partition: number) => () => void
  readonly seek: (batch: ClientBatch, offset: number) => void
}

export class Handling {
  readonly #options: HandlingOptions
  #count = 0

  constructor(options: HandlingOptions) {
    this.#options = options
  }

  /** Resolves when the program has ended with it; rejects with what it throws. What it did not resolve comes again. */
  async handle(given: ClientBatch, context: HandlerContext): Promise<void> {
    const { offsets, emitter, config, autoCommit, seek } = this.#options
    const batch = new FetchedBatch(given)
    offsets.begin(given, given.firstOffset)
    const before = offsets.resolvedOf(given)
    const startedAt = this.#options.clock.monotonic()
    const payload = () => payloadOf(batch)
    emitter.emit('START_BATCH_PROCESS', payload)
    if (config.eachMessage) await this.#eachMessage(batch, given, context)
    else await this.#eachBatch(batch, given, context)
    emitter.emit('END_BATCH_PROCESS', () => ({ ...payload(), duration: this.#options.clock.monotonic() - startedAt }))
    await autoCommit()
    // Where nothing was resolved it comes again; else it goes on where the program says, be that in the batch or not.
    const now = offsets.resolvedOf(given)
    const resolved = now === undefined || now === before ? given.firstOffset : now
    if (!context.isStale() && !context.isLeaving() && resolved !== given.nextOffset) seek(given, resolved)
  }

  async #eachMessage(batch: FetchedBatch, given: ClientBatch, context: HandlerContext): Promise<void> {
    const { config, slices, isRunning, isPaused, autoCommit, offsets } = this.#options
    const { topic, partition } = batch
    const more = this.#payloadOf(given, context)
    for (const message of batch.messages) {
      if (!isRunning() || context.isStale() || context.isLeaving()) return
      const payload: EachMessagePayload = { topic, partition, message, ...more }
      try {
        await config.eachMessage!(payload)
      } catch (thrown) {
        this.#logged('eachMessage', thrown, { topic, partition, offset: message.offset })
        await autoCommit()
        throw thrown
      }
      this.#resolve(given, Number(message.offset), context)
      context.progress()
      if (config.autoCommit !== false && offsets.isDue) await autoCommit()
      if (isPaused(topic, partition)) return
      if (slices.isOverAt(this.#count++)) await slices.rest()
    }
  }

  async #eachBatch(batch: FetchedBatch, given: ClientBatch, context: HandlerContext): Promise<void> {
    const { config, offsets, isRunning, autoCommit } = this.#options
    const { topic, partition } = batch
    try {
      await config.eachBatch!({
        batch,
        resolveOffset: (offset) => this.#resolve(given, Number(offset), context),
        ...this.#payloadOf(given, context),
        commitOffsetsIfNecessary: async (some) => {
          if (some?.topics) await offsets.commit(some.topics.flatMap(({ topic: name, partitions }) => placesOf(name, partitions)))
          else if (some) await offsets.commit()
          else if (offsets.isDue) await offsets.commit()
        },
        uncommittedOffsets: () => ({ topics: asTopics(offsets.uncommitted()) }),
        isRunning,
        isStale: () => context.isStale(),
      })
    } catch (thrown) {
      this.#logged('eachBatch', thrown, { topic, partition, offset: batch.firstOffset() })
      await autoCommit()
      throw thrown
    }
    if (config.eachBatchAutoResolve !== false) this.#resolve(given, given.lastOffset, context)
  }

  /** Up to and with this message; behind the last one all that is not for programs, too. */
  #resolve(given: ClientBatch, offset: number, context: HandlerContext): void {
    if (context.isStale()) return
    const { topic, partition } = given
    context.resolve(offset)
    this.#options.offsets.resolve({ topic, partition }, offset === given.lastOffset ? given.nextOffset : offset + 1)
  }

  #payloadOf({ topic, partition }: ClientBatch, context: HandlerContext) {
    return {
      /** The heartbeat itself goes on by itself; this says that the handler is at work, and learns when it should end. */
      heartbeat: async () => {
        context.progress()
        if (context.isLeaving() || (context.isStale() && context.signal.aborted)) {
          await this.#options.autoCommit()
          throw protocolError(REBALANCE_IN_PROGRESS)
        }
        if (this.#options.slices.isOverAt(this.#count++)) await this.#options.slices.rest()
      },
      pause: () => this.#options.pause(topic, partition),
    }
  }

  #logged(what: string, thrown: unknown, place: object): void {
    if (thrown instanceof KafkaJSError) return
    this.#options.logger.error(`Error when calling ${what}`, { ...place, stack: (thrown as Error)?.stack, error: thrown })
  }
}

function placesOf(topic: string, partitions: readonly { partition: number; offset: string }[]) {
  return partitions.map(({ partition, offset }) => ({ topic, partition: Number(partition), offset: Number(offset) }))
}

function payloadOf(batch: FetchedBatch) {
  return {
    topic: batch.topic,
    partition: batch.partition,
    highWatermark: batch.highWatermark,
    offsetLag: batch.offsetLag(),
    offsetLagLow: batch.offsetLagLow(),
    batchSize: batch.messages.length,
    firstOffset: batch.firstOffset()!,
    lastOffset: batch.lastOffset(),
  }
}
