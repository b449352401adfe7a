// Whether a batch that lies in a segment can be believed: by its framing, its checksum, its offsets and its epoch.

import { HEADER_SIZE, type RecordBatch } from '../protocol/records/batch.ts'

/** What has to follow what. */
export interface Expected {
  /** Where the last sound batch ended. */
  readonly nextOffset: number
  /** The first offset that is no longer this segment's. */
  readonly endOffset: number
  /** Leader epochs never go back; -1 where none is known. */
  readonly epoch?: number
}

/** Why the batch, whose bytes are all there unless somebody says whether they are intact, cannot be believed; null where it can. */
export function faultOf(batch: RecordBatch, { nextOffset, endOffset, epoch = -1 }: Expected, isIntact?: boolean): string | null {
  if (batch.magic !== 2) return `its format ${batch.magic} is none`
  if (!(isIntact ?? batch.checksumMatches())) return 'its checksum does not match'
  const { baseOffset, lastOffset, lastOffsetDelta, partitionLeaderEpoch } = batch
  if (baseOffset < nextOffset) return `its offset ${baseOffset} comes after ${nextOffset}`
  if (lastOffsetDelta < 0 || lastOffset >= endOffset) return `its last offset ${lastOffset} cannot be true`
  if (partitionLeaderEpoch < epoch) return `its leader epoch ${partitionLeaderEpoch} comes after ${epoch}`
  return null
}

/** Whether there could be a batch with `room` bytes until the end: cheap, because it is asked at every byte behind a damage. */
export function looksSound(batch: RecordBatch, room: number, { nextOffset, endOffset }: Expected): boolean {
  if (batch.magic !== 2) return false
  const { baseOffset, sizeInBytes, lastOffsetDelta } = batch
  return (
    baseOffset >= nextOffset &&
    lastOffsetDelta >= 0 &&
    baseOffset + lastOffsetDelta < endOffset &&
    sizeInBytes >= HEADER_SIZE &&
    sizeInBytes <= room
  )
}
