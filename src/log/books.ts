// What a segment notes of the batches in it: the offset index, the time index, and what the next entries will say.

import type { RecordBatch } from '../protocol/records/batch.ts'
import { OffsetIndex } from './offset-index.ts'
import { NO_TIMESTAMP, TimeIndex } from './time-index.ts'

export class Books {
  readonly offsets: OffsetIndex
  readonly times: TimeIndex
  /** -1 where no record has a time. */
  maxTimestamp: number
  /** The last offset of the batch that has it. */
  offsetOfMaxTimestamp: number
  /** They were read from files, which nobody but the batches can confirm. */
  isFromFiles = false
  /** The time index is known to end with the largest timestamp of what lay in the file. */
  areTimesProven = true
  #bytesSinceEntry = 0

  constructor(offsets: OffsetIndex, times: TimeIndex) {
    this.offsets = offsets
    this.times = times
    this.maxTimestamp = times.last?.timestamp ?? NO_TIMESTAMP
    this.offsetOfMaxTimestamp = times.last?.offset ?? offsets.baseOffset
  }

  static empty(baseOffset: number): Books {
    return new Books(new OffsetIndex(baseOffset), new TimeIndex(baseOffset))
  }

  get sizeInBytes(): number {
    return this.offsets.sizeInBytes + this.times.sizeInBytes
  }

  static fromFiles(offsets: OffsetIndex, times: TimeIndex): Books {
    const books = new Books(offsets, times)
    books.isFromFiles = true
    books.areTimesProven = false
    return books
  }

  /** A batch at `position`; an entry is made where the last one is more than `intervalBytes` ago. */
  note(batch: RecordBatch, position: number, intervalBytes: number): void {
    const { maxTimestamp, lastOffset } = batch
    if (maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = maxTimestamp
      this.offsetOfMaxTimestamp = lastOffset
    }
    if (this.#bytesSinceEntry > intervalBytes) {
      this.offsets.append(lastOffset, position)
      this.times.append(this.maxTimestamp, this.offsetOfMaxTimestamp)
      this.#bytesSinceEntry = 0
    }
    this.#bytesSinceEntry += batch.sizeInBytes
  }

  /** A batch that the index covers already, or that comes before the next entry. */
  revisit(batch: RecordBatch): void {
    if (batch.maxTimestamp > this.maxTimestamp) {
      this.maxTimestamp = batch.maxTimestamp
      this.offsetOfMaxTimestamp = batch.lastOffset
    }
    this.#bytesSinceEntry += batch.sizeInBytes
  }

  /** The largest timestamp of all gets the last entry of the time index, so that it can be found by those who read the file alone. */
  finish(): void {
    this.times.append(this.maxTimestamp, this.offsetOfMaxTimestamp)
  }

  /** The time index is wrong, and so may be the largest timestamp: what is noted from here on is known, the rest `timesFound` brings. */
  restartTimes(): void {
    this.times.clear()
    this.maxTimestamp = NO_TIMESTAMP
    this.offsetOfMaxTimestamp = this.offsets.baseOffset
  }

  /** What a scan found that began after `restartTimes`. Without entries the time index misleads nobody. */
  timesFound({ maxTimestamp, offsetOfMaxTimestamp }: Books): void {
    this.times.clear()
    this.areTimesProven = true
    if (maxTimestamp < this.maxTimestamp) return
    this.maxTimestamp = maxTimestamp
    this.offsetOfMaxTimestamp = offsetOfMaxTimestamp
  }

  /** Forgets what lies at `position`, where the batch of `offset` begins, and behind it; batches after the last entry must be revisited. */
  truncate(position: number, offset: number): void {
    this.offsets.truncate(position)
    this.times.truncate(offset)
    this.maxTimestamp = this.times.last?.timestamp ?? NO_TIMESTAMP
    this.offsetOfMaxTimestamp = this.times.last?.offset ?? this.offsets.baseOffset
    this.#bytesSinceEntry = 0
  }
}
