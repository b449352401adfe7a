// An image on its way to what is committed: out of a snapshot and the log behind it first, batch by batch then.

import type { Logger } from '../platform/logger.ts'
import type { Slices } from '../platform/slices.ts'
import { batches, type RecordBatch } from '../protocol/records/batch.ts'
import type { Record } from '../protocol/records/record.ts'
import type { MetadataImage } from './image.ts'
import type { ImageObserver } from './observer.ts'
import { type MetadataRecord, metadataCodec } from './records.ts'
import { type MetadataLogSource, restoreImage } from './restore.ts'

/** Among so many records one looks at the clock. */
const LOOK_AT_CLOCK = 32
const READ_BYTES = 1 << 20

export interface Loading {
  readonly observer: ImageObserver
  readonly slices: Slices
  /** Asked between slices: the load was overtaken. */
  readonly isStopped: () => boolean
  readonly done: () => void
}

export class ImageFeed {
  readonly image: MetadataImage
  readonly #logger: Logger
  #endOffset = 0
  #lastTimestamp = 0
  #hasUnknown = false
  #sizeInBytes = 0

  constructor(image: MetadataImage, logger: Logger) {
    this.image = image
    this.#logger = logger
  }

  /** The same moment, in another image that holds what this one does. */
  onto(image: MetadataImage): ImageFeed {
    const feed = new ImageFeed(image, this.#logger)
    feed.#endOffset = this.#endOffset
    feed.#lastTimestamp = this.#lastTimestamp
    feed.#hasUnknown = this.#hasUnknown
    return feed
  }

  /** Everything below this offset of the metadata log is in the image. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** When the last record of the image was written, in milliseconds since 1970. */
  get lastTimestamp(): number {
    return this.#lastTimestamp
  }

  /** How much log it has taken so far, snapshots not counted. */
  get sizeInBytes(): number {
    return this.#sizeInBytes
  }

  /** Records came that this build does not know or cannot read: the image is not all that the log says. */
  get hasUnknown(): boolean {
    return this.#hasUnknown
  }

  /**
   * Fills an empty image with all that is committed, then runs `done` in the turn in which it is: nothing is committed in between. Not where it was
   * stopped before.
   */
  async load(log: MetadataLogSource, { observer, slices, isStopped, done }: Loading): Promise<void> {
    this.#endOffset = await restoreImage(log, this.image, observer, (why) => this.#pass(why))
    while (!isStopped() && this.#endOffset < log.committedOffset) {
      const before = this.#endOffset
      for (const piece of await log.read(this.#endOffset, READ_BYTES)) {
        for (const batch of batches(piece)) {
          if (isStopped()) return
          if (batch.nextOffset > log.committedOffset) break
          await this.#applyInSlices(batch, observer, slices)
        }
      }
      if (!isStopped() && this.#endOffset === before)
        throw new Error(`the metadata log is committed to ${log.committedOffset} but gives nothing from ${before}`)
    }
    if (!isStopped()) done()
  }

  apply(batch: RecordBatch, observer: ImageObserver): void {
    if (!batch.isControl) for (const record of batch.records()) this.#applyRecord(record, observer)
    this.#applied(batch)
  }

  /** Nobody sees the image before all of it is loaded, so that a batch of ten thousand records may be taken in pieces. */
  async #applyInSlices(batch: RecordBatch, observer: ImageObserver, slices: Slices): Promise<void> {
    if (!batch.isControl) {
      for (const record of batch.records()) {
        this.#applyRecord(record, observer)
        if (record.offset % LOOK_AT_CLOCK === 0) await slices.rest()
      }
    }
    this.#applied(batch)
    await slices.rest()
  }

  #applied(batch: RecordBatch): void {
    this.#endOffset = Math.max(this.#endOffset, batch.nextOffset)
    this.#lastTimestamp = Math.max(this.#lastTimestamp, batch.maxTimestamp)
    this.#sizeInBytes += batch.sizeInBytes
  }

  #applyRecord({ offset, key, value }: Record, observer: ImageObserver): void {
    if (offset < this.#endOffset) return
    let record: MetadataRecord | null = null
    try {
      record = metadataCodec.decode(key, value)
    } catch (thrown) {
      return this.#pass({ offset, error: thrown })
    }
    if (record) this.image.apply(record, observer)
    else this.#pass({ offset })
  }

  #pass(about: { readonly offset: number; readonly error?: unknown }): void {
    this.#hasUnknown = true
    const what = 'a metadata record that this build does not know is passed over; was this directory used by a newer Kafka?'
    this.#logger.error(what, about)
  }
}
