// Which record was the first at or after a time (KIP-79), and which has the largest timestamp (KIP-734).

import type { RecordBatch } from '../protocol/records/batch.ts'
import type { LogState } from './log-state.ts'
import type { Placed, Segment } from './segment.ts'
import { NO_TIMESTAMP } from './time-index.ts'

export interface TimestampOffset {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

/** The first record in the order of offsets whose timestamp is `timestamp` or later. */
export async function findTimestamp(
  { segments, startOffset, endOffset }: LogState,
  timestamp: number,
): Promise<TimestampOffset | null> {
  for (const segment of segments.from(startOffset)) {
    const size = segment.sizeInBytes
    if ((await segment.indexes.maxTimestamp()) < timestamp) continue
    let from = await segment.indexes.startForTime(timestamp, startOffset)
    for (;;) {
      const placed = await segment.find(from, size, (batch) => batch.maxTimestamp >= timestamp && batch.lastOffset >= startOffset)
      if (!placed || placed.batch.baseOffset >= endOffset) break
      const found = await firstRecord(segment, placed, (at, offset) => at >= timestamp && offset >= startOffset)
      if (found) return found
      from = placed.position + placed.batch.sizeInBytes
    }
  }
  return null
}

/** The first record of the first batch that has the largest timestamp. */
export async function findMaxTimestamp({ segments, startOffset }: LogState): Promise<TimestampOffset | null> {
  let largest = NO_TIMESTAMP
  let holder: Segment | null = null
  for (const segment of segments.from(startOffset)) {
    const max = await segment.indexes.maxTimestamp()
    if (max <= largest) continue
    largest = max
    holder = segment
  }
  if (!holder) return null
  const size = holder.sizeInBytes
  const from = await holder.indexes.startForTime(largest, startOffset)
  const placed = await holder.find(from, size, (batch) => batch.maxTimestamp >= largest)
  return placed && firstRecord(holder, placed, (timestamp) => timestamp === placed.batch.maxTimestamp)
}

type IsWanted = (timestamp: number, offset: number) => boolean

async function firstRecord(segment: Segment, placed: Placed, isWanted: IsWanted): Promise<TimestampOffset | null> {
  for await (const { batch } of segment.contents(placed.position, placed.position + placed.batch.sizeInBytes)) {
    return firstIn(batch, isWanted)
  }
  return null
}

function firstIn(batch: RecordBatch, isWanted: IsWanted): TimestampOffset | null {
  for (const { timestamp, offset } of batch.records()) {
    if (isWanted(timestamp, offset)) return { offset, timestamp, leaderEpoch: batch.partitionLeaderEpoch }
  }
  return null
}
