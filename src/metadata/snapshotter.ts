// Writes snapshots of the image when enough was committed since the last one, so that a start does not replay all of history.

import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { metadataBatches } from './batches.ts'
import { recordsOf } from './image-records.ts'
import type { MetadataPublisher } from './publisher.ts'
import type { MetadataLogSource } from './restore.ts'

export interface SnapshotterOptions {
  readonly publisher: MetadataPublisher
  readonly log: MetadataLogSource
  readonly clock: Clock
  readonly logger: Logger
  /** metadata.log.max.record.bytes.between.snapshots */
  readonly bytesBetween: () => number
  /** metadata.log.max.snapshot.interval.ms; 0 for never. */
  readonly intervalMs: () => number
}

export class Snapshotter {
  readonly #options: SnapshotterOptions
  #bytes = 0
  #lastAt: number
  #running: Promise<void> | null = null

  /** Follows the publisher's changes from now on. */
  constructor(options: SnapshotterOptions) {
    this.#options = options
    this.#lastAt = options.clock.monotonic()
    options.publisher.subscribe('the snapshotter', ({ sizeInBytes }) => {
      this.#bytes += sizeInBytes
      if (this.#isDue()) void this.write()
    })
  }

  #isDue(): boolean {
    const { clock, bytesBetween, intervalMs, publisher } = this.#options
    // What the image does not know would be lost with a snapshot of it; the log keeps everything.
    if (this.#bytes === 0 || publisher.image.isInTransaction || publisher.hasUnknown) return false
    const interval = intervalMs()
    return this.#bytes >= bytesBetween() || (interval > 0 && clock.monotonic() - this.#lastAt >= interval)
  }

  /** Writes a snapshot of what is committed now; one at a time. A failure is logged and tried again with the next change. */
  write(): Promise<void> {
    this.#running ??= this.#write().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  /** Resolves when no snapshot is being written. */
  async settled(): Promise<void> {
    await this.#running
  }

  async #write(): Promise<void> {
    const { publisher, log, clock, logger } = this.#options
    const { endOffset, lastTimestamp, image } = publisher
    const bytes = this.#bytes
    // The parts of the image are listed now, in one turn with the offset; their batches are made one by one while the file is written.
    const records = recordsOf(image)
    try {
      await log.writeSnapshot(endOffset, lastTimestamp, this.#inSlices(metadataBatches(records, clock.now())))
      this.#bytes -= bytes
      this.#lastAt = clock.monotonic()
      logger.info('wrote a snapshot of the metadata', { endOffset })
    } catch (thrown) {
      logger.error('could not write a snapshot of the metadata; the log keeps everything', { endOffset, error: thrown })
    }
  }

  async *#inSlices(batches: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for (const batch of batches) {
      yield batch
      await new Promise<void>((resume) => this.#options.clock.soon(resume))
    }
  }
}
