// A node's image of its cluster, fed with committed records only, and those who react to its changes.

import { type Deferred, deferred } from '../base/deferred.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { Slices } from '../platform/slices.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { DeltaCollector, type MetadataDelta } from './delta.ts'
import { MetadataImage } from './image.ts'
import { partsOf, tellDifference } from './image-difference.ts'
import { ImageFeed } from './image-feed.ts'
import { type ImageObserver, silentObserver } from './observer.ts'
import type { MetadataLogSource } from './restore.ts'

export type { MetadataDelta, PartitionChange } from './delta.ts'

/**
 * Reacts to a change. What it throws or rejects with is logged; the others still run. One that takes long asks `isStopping` now and then and
 * leaves to the next start what it can where that is so. It must not wait for anything that is answered at a commit: all changes behind it would wait as well.
 */
export type Subscriber = (delta: MetadataDelta, isStopping: () => boolean) => void | Promise<void>

export interface PublisherOptions {
  readonly log: MetadataLogSource
  readonly clock: Clock
  readonly logger: Logger
}

/** A snapshot that could not be read is tried again after this time. */
const RESTORE_RETRY_MS = 1000

/**
 * The image moves on as soon as records are committed; subscribers then run one after the other, change after change, so one that waits on
 * the disk sees an image that may already be newer than its delta.
 */
export class MetadataPublisher {
  readonly image = new MetadataImage()
  readonly #options: PublisherOptions
  readonly #slices: Slices
  readonly #subscribers: { readonly name: string; readonly run: Subscriber }[] = []
  readonly #waiting: { readonly offset: number; readonly seen: Deferred<void> }[] = []
  #feed: ImageFeed
  /** Counts the beginnings with a snapshot, so that a load that was overtaken notices. */
  #generation = 0
  #publishedOffset = 0
  #isLive = false
  #isLoaded = false
  #isStopping = false
  #isStopped = false
  #last: Promise<void> = Promise.resolve()

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#slices = Slices.of(options.clock)
    this.#feed = new ImageFeed(this.image, options.logger)
    options.log.onRestored?.(() => {
      this.#generation++
      // Before the first load is done, it begins again by itself.
      if (this.#isLoaded) void this.#restore()
    })
    options.log.onCommittedBatches((committed) => {
      if (this.#isLive) this.#take(committed)
    })
  }

  /** Everything below this offset of the metadata log is in the image. */
  get endOffset(): number {
    return this.#feed.endOffset
  }

  /** When the last record of the image was written, in milliseconds since 1970. */
  get lastTimestamp(): number {
    return this.#feed.lastTimestamp
  }

  /** Records came that this build does not know: the image is not all that the log says, so it may not stand for it in a snapshot. */
  get hasUnknown(): boolean {
    return this.#feed.hasUnknown
  }

  /** Everything below this offset was seen by every subscriber. */
  get publishedOffset(): number {
    return this.#publishedOffset
  }

  /** Subscribers run in the order of their calls, from the next change on. */
  subscribe(name: string, run: Subscriber): void {
    this.#subscribers.push({ name, run })
  }

  /** Brings the image to what is committed and tells every subscriber so; follows the log from then on. */
  async load(): Promise<void> {
    while (!this.#isLoaded) {
      const collector = new DeltaCollector()
      await this.#loadInto(collector, (feed) => {
        this.#follow(feed)
        this.#isLoaded = true
        this.#publish(this.#delta(collector, feed.sizeInBytes, true))
      })
    }
    await this.#last
  }

  /** The log went on behind a snapshot: the image becomes another one at once, when it is whole; what is committed meanwhile is in it. */
  async #restore(): Promise<void> {
    const { clock, logger } = this.#options
    const generation = this.#generation
    this.#isLive = false
    try {
      await this.#loadInto(silentObserver, (feed) => {
        const collector = new DeltaCollector()
        const before = partsOf(this.image)
        this.#follow(feed)
        tellDifference(before, this.image, collector)
        this.#publish(this.#delta(collector, feed.sizeInBytes))
      })
    } catch (thrown) {
      logger.error('a snapshot of the metadata could not be read; it is tried again', { error: thrown })
      clock.after(RESTORE_RETRY_MS, () => {
        if (generation === this.#generation && !this.#isStopped) void this.#restore()
      })
    }
  }

  /** Brings a fresh image to what is committed; nothing comes of it where the log went on behind another snapshot meanwhile. */
  #loadInto(observer: ImageObserver, loaded: (feed: ImageFeed) => void): Promise<void> {
    const generation = this.#generation
    const feed = new ImageFeed(new MetadataImage(), this.#options.logger)
    return feed.load(this.#options.log, {
      observer,
      slices: this.#slices,
      isStopped: () => generation !== this.#generation,
      done: () => loaded(feed),
    })
  }

  /** From now on what `feed` has brought so far is the image, and committed batches go on from there. */
  #follow(feed: ImageFeed): void {
    this.image.become(feed.image)
    this.#feed = feed.onto(this.image)
    this.#isLive = true
  }

  #delta(collector: DeltaCollector, sizeInBytes: number, isFirst = false): MetadataDelta {
    collector.sizeInBytes = sizeInBytes
    return collector.finish(this.image, this.#feed.endOffset, isFirst)
  }

  /** Resolves once every subscriber has seen everything below `offset`. */
  reached(offset: number): Promise<void> {
    if (offset <= this.#publishedOffset) return Promise.resolve()
    if (this.#isStopped) return Promise.reject(stopped())
    const seen = deferred<void>()
    this.#waiting.push({ offset, seen })
    return seen.promise
  }

  /** The broker is about to stop: changes are still told, such as those of its farewell, but nobody shall begin anything long. */
  beginStop(): void {
    this.#isStopping = true
  }

  /** No subscriber is told of anything from here on, and who waits for `reached` is refused; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#isStopped = true
    for (const { seen } of this.#waiting.splice(0)) seen.reject(stopped())
    await this.#last
  }

  #take(committed: readonly RecordBatch[]): void {
    const collector = new DeltaCollector()
    const before = this.#feed.sizeInBytes
    for (const batch of committed) this.#feed.apply(batch, collector)
    this.#publish(this.#delta(collector, this.#feed.sizeInBytes - before))
  }

  #publish(delta: MetadataDelta): void {
    this.#last = this.#last.then(async () => {
      for (const { name, run } of this.#subscribers) {
        if (this.#isStopped) return
        try {
          await run(delta, () => this.#isStopping)
        } catch (thrown) {
          this.#options.logger.error(`${name} could not follow a change of the metadata`, {
            offset: delta.endOffset,
            error: thrown,
          })
        }
      }
      this.#publishedOffset = delta.endOffset
      this.#wake()
    })
  }

  #wake(): void {
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      const waiting = this.#waiting[i]!
      if (waiting.offset > this.#publishedOffset) continue
      this.#waiting.splice(i, 1)
      waiting.seen.resolve()
    }
  }
}

function stopped(): KafkaError {
  return new KafkaError('NOT_CONTROLLER', 'the broker is stopping')
}
