// Where a follower cuts its log when its leader says that their histories part (KIP-101, KIP-279, KIP-595).

import type { Log } from '../log/log.ts'

/** The leader's largest epoch up to the one of our last record, and where it ended there (exclusive). */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

/** The log as far as the cut depends on it. */
export type EpochHistory = Pick<Log, 'endOffset' | 'endOffsetForEpoch'>

/**
 * The end that our log shall have: where the leader's epoch ended, there or here. If we do not know that epoch, the end of the one before it; the
 * next fetch asks again from there, with that epoch. Always before our end, so that every answer brings the logs nearer together.
 */
export function truncationOffset(log: EpochHistory, leaders: EpochEnd): number {
  const ours = log.endOffsetForEpoch(leaders.epoch)
  if (ours.epoch < 0) return Math.min(leaders.endOffset, log.endOffset) // we know of no epoch that old
  if (ours.epoch !== leaders.epoch) return Math.min(ours.endOffset, log.endOffset)
  return Math.min(ours.endOffset, leaders.endOffset, log.endOffset)
}
