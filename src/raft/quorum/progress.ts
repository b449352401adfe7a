// A leader's books: how far everybody is, what that makes committed, and whether a majority still listens.

import { isSameReplica, type ReplicaKey } from '../voters.ts'
import type { Moment, QuorumEffect } from './events.ts'
import { isVoter, majorityOf, otherVoters, type Progress, type QuorumState } from './state.ts'

/** An observer that is silent for so long is forgotten. */
const OBSERVER_MS = 300_000

export function progressOf({ leading }: QuorumState, replica: ReplicaKey): Progress | undefined {
  for (const progress of leading?.replicas.values() ?? []) if (isSameReplica(progress.replica, replica)) return progress
  return undefined
}

/**
 * A replica fetched. Its offset is what it has on its device, so it may move what is committed; null says only that it is there.
 * An offset that is lower than before is believed: it is what the replica has now.
 */
export function fetchedBy(state: QuorumState, replica: ReplicaKey, offset: number | null, moment: Moment): QuorumEffect[] {
  const { leading, log } = state
  if (!leading || isSameReplica(replica, state.settings.self)) return []
  const progress = progressOf(state, replica) ?? begun(state, replica)
  progress.heardAt = moment.now
  if (offset === null) return []
  if (offset >= log.endOffset) progress.lastCaughtUpTimestamp = Math.max(progress.lastCaughtUpTimestamp, moment.timestamp)
  else if (progress.leaderEndOffset > 0 && offset >= progress.leaderEndOffset)
    progress.lastCaughtUpTimestamp = Math.max(progress.lastCaughtUpTimestamp, progress.lastFetchTimestamp)
  progress.lastFetchTimestamp = Math.max(progress.lastFetchTimestamp, moment.timestamp)
  progress.leaderEndOffset = log.endOffset
  progress.endOffset = offset
  return commit(state)
}

function begun({ leading }: QuorumState, replica: ReplicaKey): Progress {
  const progress: Progress = {
    replica,
    endOffset: -1,
    heardAt: Number.NEGATIVE_INFINITY,
    lastFetchTimestamp: -1,
    lastCaughtUpTimestamp: -1,
    leaderEndOffset: -1,
  }
  leading!.replicas.set(`${replica.id} ${replica.directoryId}`, progress)
  return progress
}

/** What a majority of the voters has on its devices is committed, once it holds a record of this epoch. */
export function commit(state: QuorumState): QuorumEffect[] {
  const { leading, log, highWatermark } = state
  if (!leading) return []
  const ends = otherVoters(state).map((voter) => progressOf(state, voter)?.endOffset ?? -1)
  if (isVoter(state)) ends.push(log.flushedOffset)
  const offset = ends.sort((one, other) => other - one)[majorityOf(log.voters) - 1] ?? -1
  if (offset <= leading.epochStartOffset) return []
  const isFirst = !leading.hasHighWatermark
  leading.hasHighWatermark = true
  if (offset <= highWatermark && !isFirst) return []
  state.highWatermark = Math.max(offset, highWatermark)
  return [{ kind: 'commit', offset: state.highWatermark }]
}

/** When a leader that hears no more than now from the voters has to assume that another one was elected. */
export function quorumDeadline(state: QuorumState): number {
  const { leading, log, settings } = state
  if (!leading) return Number.POSITIVE_INFINITY
  const others = otherVoters(state)
  const needed = majorityOf(log.voters) - (isVoter(state) ? 1 : 0)
  if (needed <= 0) return Number.POSITIVE_INFINITY
  const heard = others.map((voter) => progressOf(state, voter)?.heardAt ?? Number.NEGATIVE_INFINITY)
  const last = heard.sort((one, other) => other - one)[needed - 1] ?? Number.NEGATIVE_INFINITY
  return Math.max(leading.since, last) + Math.floor(settings.timeouts.fetchTimeoutMs * 1.5)
}

/** The replicas that fetch and do not vote. */
export function observersOf(state: QuorumState, now: number): readonly Progress[] {
  const { leading, log } = state
  if (!leading) return []
  return [...leading.replicas.values()].filter(
    ({ replica, heardAt }) => now - heardAt < OBSERVER_MS && !log.voters.some((voter) => isSameReplica(voter, replica)),
  )
}
