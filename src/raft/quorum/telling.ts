// What a leader tells the voters by itself: that its epoch began, and that it ended.

import type { Ask, BeginEpochAsk, EndEpochAsk, Moment, QuorumEffect } from './events.ts'
import { progressOf } from './progress.ts'
import { otherVoters, peerOf, type QuorumState } from './state.ts'

/** Voters that fetch know who leads; the others are told twice in the time after which they would look for another leader. */
export function beginAt(state: QuorumState, { now }: Moment): number {
  const { settings } = state
  if (otherVoters(state).length === 0) return Number.POSITIVE_INFINITY
  return now + Math.floor(settings.timeouts.fetchTimeoutMs / 2)
}

/** To every other voter, or to those that did not fetch since `silentSince`. */
export function tellVoters(state: QuorumState, end?: EndEpochAsk, silentSince = Number.POSITIVE_INFINITY): QuorumEffect[] {
  return otherVoters(state).flatMap((voter): QuorumEffect[] => {
    if ((progressOf(state, voter)?.heardAt ?? Number.NEGATIVE_INFINITY) >= silentSince) return []
    const to = peerOf(state, voter.id)
    const { epoch, settings } = state
    const begin: BeginEpochAsk = {
      kind: 'beginEpoch',
      epoch,
      leaderId: settings.self.id,
      leaderAddress: settings.address,
      voter: { id: voter.id, directoryId: voter.directoryId },
    }
    const ask: Ask = end ?? begin
    return to ? [{ kind: 'send', to, ask, attempt: 0 }] : []
  })
}
