// When a segment is closed and the next one begins.

import type { RecordBatch } from '../protocol/records/batch.ts'
import { segmentBytes, segmentMs } from './log-config.ts'
import type { LogState } from './log-state.ts'
import type { Segment } from './segment.ts'

/** Whether `batch` belongs into a new segment: by offsets, size (segment.bytes), indexes (segment.index.bytes) or age (segment.ms). */
export function needsRoll({ segments: { active }, config }: LogState, batch: RecordBatch, now: number): boolean {
  if (!active.takesOffset(batch.lastOffset)) return true
  if (active.sizeInBytes === 0) return false
  return (
    active.sizeInBytes + batch.sizeInBytes > segmentBytes(config) ||
    active.indexes.isFull(config['segment.index.bytes']) ||
    ageOf(active, batch.maxTimestamp, now) > segmentMs(config) - active.jitterMs
  )
}

// By the records' own time where they have one, so that a log replicated later rolls at the same places.
function ageOf({ firstTimestamp, createdAt }: Segment, timestamp: number, now: number): number {
  return firstTimestamp !== null && firstTimestamp >= 0 && timestamp >= 0 ? timestamp - firstTimestamp : now - createdAt
}

/** Where the new segment for `batch` begins. Segments follow each other without a hole; only a follower's offsets may be too far ahead for that. */
export function baseFor({ endOffset }: LogState, batch: RecordBatch): number {
  return batch.lastOffset - endOffset < 0x7fff_ffff ? endOffset : batch.baseOffset
}
