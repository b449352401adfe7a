// A leader's books: how far everybody is, what that makes committed, and whether a majority still listens.

import { ZERO_UUID } from '../../base/uuid.ts'
import { isSameReplica, type ReplicaKey } from '../voters.ts'
import type { Moment, QuorumEffect } from './events.ts'
import { isVoter, majorityOf, otherVoters, type Progress, type QuorumState } from './state.ts'

/** An observer that is silent for so long is forgotten. */
const OBSERVER_MS = 300_000
/** Whoever reaches the listener may say that it is a new replica: of more than so many the one that is silent longest is forgotten. */
const MOST_REPLICAS = 1000

export function progressOf({ leading }: QuorumState, replica: ReplicaKey): Progress | undefined {
  const known = leading?.replicas.get(keyOf(replica))
  if (known) return known
  // Under kraft.version 0 voters are known by their node ids alone.
  for (const progress of leading?.replicas.values() ?? []) if (isSameReplica(progress.replica, replica)) return progress
  return undefined
}

function keyOf({ id, directoryId }: ReplicaKey): string {
  return `${id} ${directoryId}`
}

/**
 * Another process that goes by the node id of this one, and is this node or was heard of within a fetch timeout. Voters of kraft.version 0 are known by
 * their ids alone, so that two of one id could be counted in turns for what only one of them has.
 */
export function rivalOf({ leading, log, settings }: QuorumState, replica: ReplicaKey, now: number): ReplicaKey | null {
  const isRival = (other: ReplicaKey) => other.id === replica.id && !isSameReplica(other, replica)
  if (isRival(settings.self)) return settings.self
  if (!log.voters.some(({ id, directoryId }) => id === replica.id && directoryId === ZERO_UUID)) return null
  for (const { replica: other, heardAt } of leading?.replicas.values() ?? [])
    if (isRival(other) && now - heardAt < settings.timeouts.fetchTimeoutMs) return other
  return null
}

/** Whoever had this id before with another directory is gone: the disk was replaced. */
function forgetOthers({ leading, log }: QuorumState, replica: ReplicaKey): void {
  if (!log.voters.some(({ id, directoryId }) => id === replica.id && directoryId === ZERO_UUID)) return
  for (const [key, { replica: other }] of leading!.replicas)
    if (other.id === replica.id && !isSameReplica(other, replica)) leading!.replicas.delete(key)
}

/**
 * A replica fetched. Its offset is what it has on its device, so it may move what is committed; null says only that it is there.
 * An offset that is lower than before is believed: it is what the replica has now.
 */
export function fetchedBy(state: QuorumState, replica: ReplicaKey, offset: number | null, moment: Moment): QuorumEffect[] {
  const { leading, log } = state
  // A consumer that found its way here has no place in the books.
  if (!leading || replica.id < 0 || isSameReplica(replica, state.settings.self)) return []
  if (rivalOf(state, replica, moment.now)) return []
  forgetOthers(state, replica)
  const progress = progressOf(state, replica) ?? begun(state, replica, moment)
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

function begun(state: QuorumState, replica: ReplicaKey, { now }: Moment): Progress {
  const { replicas } = state.leading!
  forgetSilent(state, now)
  const progress: Progress = {
    replica,
    endOffset: -1,
    heardAt: Number.NEGATIVE_INFINITY,
    lastFetchTimestamp: -1,
    lastCaughtUpTimestamp: -1,
    leaderEndOffset: -1,
  }
  replicas.set(keyOf(replica), progress)
  return progress
}

function forgetSilent(state: QuorumState, now: number): void {
  const { replicas } = state.leading!
  const observers = [...replicas].filter(([, progress]) => !isOfVoter(state, progress))
  for (const [key, { heardAt }] of observers) if (now - heardAt >= OBSERVER_MS) replicas.delete(key)
  if (replicas.size < MOST_REPLICAS) return
  const [longest] = observers.sort(([, one], [, other]) => one.heardAt - other.heardAt)
  if (longest) replicas.delete(longest[0])
}

function isOfVoter({ log }: QuorumState, { replica }: Progress): boolean {
  return log.voters.some((voter) => isSameReplica(voter, replica))
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
  const { leading } = state
  if (!leading) return []
  return [...leading.replicas.values()].filter((progress) => now - progress.heardAt < OBSERVER_MS && !isOfVoter(state, progress))
}
