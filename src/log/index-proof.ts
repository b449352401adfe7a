// Index files have no checksum. What they say is asked of the batches where it is used: a look at one header tells a wrong place, and a wrong
// time; a time index that lacks its end is told by what follows its last entry.

import { MalformedBytes } from '../base/bytes.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import type { OffsetEntry } from './offset-index.ts'
import type { Placed } from './scan.ts'
import type { TimeEntry } from './time-index.ts'

/**
 * So far behind the last entry of a time index is looked for a later time. Times that grow would show at once; where all records of a large
 * segment have one time, its end need not be read for that.
 */
const LOOK_BYTES = 1024 * 1024

/** What a proof asks of a segment. */
export interface Witness {
  readonly baseOffset: number
  readonly sizeInBytes: number
  find(from: number, end: number, isWanted: (batch: RecordBatch) => boolean): Promise<Placed | null>
}

/** Whether a batch begins where the entry says, so that none before it holds `offset`. */
export async function isPlace(segment: Witness, entry: OffsetEntry, offset: number): Promise<boolean> {
  const placed = await found(segment, entry.position, () => true)
  return placed?.position === entry.position && isBatchOf(segment, entry, placed.batch, offset)
}

/** Whether `batch`, which was found at the entry's position, can be the entry's, so that none before it holds `offset`. */
export function isBatchOf(segment: Witness, { position, lastOffset }: OffsetEntry, batch: RecordBatch, offset: number): boolean {
  const isBatch = batch.magic === 2 && position + batch.sizeInBytes <= segment.sizeInBytes
  return isBatch && batch.baseOffset >= segment.baseOffset && batch.baseOffset <= offset && batch.lastOffset <= lastOffset
}

/** Whether the batch that holds the entry's offset has the entry's timestamp. `from`: a place at or before it. */
export async function isTime(segment: Witness, { timestamp, offset }: TimeEntry, from: number): Promise<boolean> {
  const placed = await found(segment, from, (batch) => batch.lastOffset >= offset)
  return placed !== null && placed.batch.baseOffset <= offset && placed.batch.maxTimestamp === timestamp
}

/** Whether nothing from the place `from` on has a larger timestamp, as far as is looked. */
export async function isLargest(segment: Witness, timestamp: number, from: number): Promise<boolean> {
  const end = Math.min(segment.sizeInBytes, from + LOOK_BYTES)
  return (await found(segment, from, (batch) => batch.maxTimestamp > timestamp, end)) === null
}

// Bytes that are no batch say that the place was wrong, or that the segment is damaged: a scan from its beginning tells which.
async function found(
  segment: Witness,
  from: number,
  isWanted: (batch: RecordBatch) => boolean,
  end = segment.sizeInBytes,
): Promise<Placed | null> {
  try {
    return await segment.find(from, end, isWanted)
  } catch (thrown) {
    if (thrown instanceof MalformedBytes) return null
    throw thrown
  }
}
