// What the quorum may know of its log, and how two logs find out where they part (KIP-595).

import type { SnapshotId } from './snapshot.ts'
import type { Voter } from './voters.ts'

/** Up to where a log reaches, exclusive, and the epoch of its last record there. Of two logs the one with the larger position has seen more. */
export interface LogPosition {
  readonly epoch: number
  readonly endOffset: number
}

/** It changes only by what the quorum's effects do to it, and by a leader's appends. */
export interface LogView {
  readonly startOffset: number
  readonly endOffset: number
  readonly flushedOffset: number
  /** Of the last record, or of the snapshot behind which an empty log goes on; 0 where there was none yet. */
  readonly lastEpoch: number
  /** False after damage, until everything that was ever acknowledged here is there again: such a log neither votes nor leads. */
  readonly isWhole: boolean
  readonly voters: readonly Voter[]
  readonly kraftVersion: number
  /** False while the voters stand only in the snapshot that formatting wrote: the first leader then writes them into the log. */
  readonly votersInLog: boolean
  /** Of the batch that says who votes; -1 where a snapshot or the configuration does. */
  readonly votersOffset: number
  /** The oldest and the newest snapshot that hold anything. */
  readonly oldestSnapshot: SnapshotId | null
  readonly newestSnapshot: SnapshotId | null
  /** The largest known epoch up to `epoch`, and where it ended; the end of the log where `epoch` is newer than all that is known. */
  endOffsetForEpoch(epoch: number): LogPosition
}

export function comparePositions(one: LogPosition, other: LogPosition): number {
  return one.epoch - other.epoch || one.endOffset - other.endOffset
}

export type FetchPlace =
  /** Up to its offset the follower's log is the leader's. */
  | { readonly kind: 'valid' }
  /** They part at this end of this epoch at the latest. */
  | { readonly kind: 'diverging'; readonly position: LogPosition }
  /** What comes next is no longer in the log, or comes sooner with a snapshot. */
  | { readonly kind: 'snapshot'; readonly id: SnapshotId }

/** Where a follower stands, by the offset that it asks for and the epoch of the record before. */
export function placeOf(log: LogView, fetchOffset: number, lastFetchedEpoch: number): FetchPlace {
  const { oldestSnapshot, newestSnapshot, startOffset } = log
  if (oldestSnapshot && newestSnapshot) {
    const isBehind =
      fetchOffset === 0 || // an empty log: the snapshot is the shorter way even where the log has everything
      fetchOffset < startOffset ||
      (startOffset > 0 && lastFetchedEpoch < oldestSnapshot.epoch) || // where that epoch ended is no longer known
      (fetchOffset === oldestSnapshot.endOffset && fetchOffset === startOffset && lastFetchedEpoch !== oldestSnapshot.epoch)
    if (isBehind) return { kind: 'snapshot', id: newestSnapshot }
  }
  const position = log.endOffsetForEpoch(lastFetchedEpoch)
  if (position.epoch === lastFetchedEpoch && fetchOffset <= position.endOffset) return { kind: 'valid' }
  return { kind: 'diverging', position }
}

/** Up to where a follower keeps its log when the leader says that histories part at `diverging`. */
export function truncationOffset(log: LogView, diverging: LogPosition): number {
  const own = log.endOffsetForEpoch(diverging.epoch)
  if (own.epoch === diverging.epoch) return Math.min(own.endOffset, diverging.endOffset)
  return Math.min(own.endOffset, log.endOffset)
}
