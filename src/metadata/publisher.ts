// A node's image of its cluster, fed with committed records only, and those who react to its changes.

import { type Deferred, deferred } from '../base/deferred.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { Slices } from '../platform/slices.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches, type RecordBatch } from '../protocol/records/batch.ts'
import type { Record } from '../protocol/records/record.ts'
import { DeltaCollector, type MetadataDelta } from './delta.ts'
import { MetadataImage } from './image.ts'
import { metadataCodec } from './records.ts'
import { type MetadataLogSource, restoreImage } from './restore.ts'

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

/** Among so many records one looks at the clock. */
const LOOK_AT_CLOCK = 32
const READ_BYTES = 1 << 20

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
  #endOffset = 0
  #lastTimestamp = 0
  #publishedOffset = 0
  #isLive = false
  #isStopping = false
  #isStopped = false
  #last: Promise<void> = Promise.resolve()

  constructor(options: PublisherOptions) {
    this.#options = options
    this.#slices = Slices.of(options.clock)
    options.log.onCommittedBatches((committed) => {
      if (this.#isLive) this.#take(committed)
    })
  }

  /** Everything below this offset of the metadata log is in the image. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** When the last record of the image was written, in milliseconds since 1970. */
  get lastTimestamp(): number {
    return this.#lastTimestamp
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
    const { log } = this.#options
    const collector = new DeltaCollector()
    this.#endOffset = await restoreImage(log, this.image, collector)
    while (this.#endOffset < log.committedOffset) {
      const before = this.#endOffset
      for (const piece of await log.read(this.#endOffset, READ_BYTES)) {
        for (const batch of batches(piece)) {
          if (batch.nextOffset > log.committedOffset) break
          await this.#applyInSlices(batch, collector)
        }
      }
      if (this.#endOffset === before)
        throw new Error(`the metadata log is committed to ${log.committedOffset} but gives nothing from ${before}`)
    }
    this.#isLive = true
    this.#publish(collector.finish(this.image, this.#endOffset, true))
    await this.#last
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
    for (const batch of committed) this.#apply(batch, collector)
    this.#publish(collector.finish(this.image, this.#endOffset, false))
  }

  #apply(batch: RecordBatch, collector: DeltaCollector): void {
    if (!batch.isControl) for (const record of batch.records()) this.#applyRecord(record, collector)
    this.#applied(batch, collector)
  }

  /** Nobody sees the image before all of it is loaded, so that a batch of ten thousand records may be taken in pieces. */
  async #applyInSlices(batch: RecordBatch, collector: DeltaCollector): Promise<void> {
    if (!batch.isControl) {
      for (const record of batch.records()) {
        this.#applyRecord(record, collector)
        if (record.offset % LOOK_AT_CLOCK === 0) await this.#slices.rest()
      }
    }
    this.#applied(batch, collector)
    await this.#slices.rest()
  }

  #applyRecord({ offset, key, value }: Record, collector: DeltaCollector): void {
    if (offset < this.#endOffset) return
    const record = metadataCodec.decode(key, value)
    if (record) this.image.apply(record, collector)
    else
      this.#options.logger.error(
        'a metadata record of an unknown kind is passed over; was this directory used by a newer Kafka?',
        {
          offset,
        },
      )
  }

  #applied(batch: RecordBatch, collector: DeltaCollector): void {
    this.#endOffset = Math.max(this.#endOffset, batch.nextOffset)
    this.#lastTimestamp = Math.max(this.#lastTimestamp, batch.maxTimestamp)
    collector.sizeInBytes += batch.sizeInBytes
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
