// What came of what this member asked.

import type { Peer } from '../peers.ts'
import { updateAnswered } from './application.ts'
import { versionsAnswered } from './changes.ts'
import type { Answer, Ask, Moment, QuorumEffect, VoteAsk } from './events.ts'
import { fetched, fetchFailed, fetchRefused, pieceFetched } from './fetching.ts'
import { learn } from './learning.ts'
import { hasLost, hasWon } from './nominee.ts'
import { afterDefeat, afterVictory } from './roles.ts'
import type { QuorumState } from './state.ts'

export interface Answered {
  readonly ask: Ask
  readonly to: Peer
  readonly attempt: number
  readonly answer: Answer | null
  readonly isRefused?: boolean
}

/** Who refuses a pre-vote may do so because it has not noticed yet that the leader is gone; that it is asked again changes nothing for anybody. */
const PRE_VOTE_AGAIN_MS = 100

export function answered(state: QuorumState, event: Answered, moment: Moment): QuorumEffect[] {
  const { ask, to, attempt, answer, isRefused } = event
  switch (ask.kind) {
    case 'vote':
      return voteAnswered(state, ask, to, answer, moment)
    case 'beginEpoch':
    case 'endEpoch':
      return (answer && learn(state, answer, moment)) ?? []
    case 'versions':
      return versionsAnswered(state, ask, answer, moment)
    case 'addVoter':
    case 'removeVoter':
      return [] // the log says what came of it
    case 'updateVoter':
      updateAnswered(state, ask.epoch, answer)
      return (answer && learn(state, answer, moment)) ?? []
    case 'fetch':
    case 'fetchSnapshot':
      if (attempt !== state.fetching.attempt) return []
      if (isRefused) return fetchRefused(state, to, moment)
      return fetchAnswered(state, ask.kind, answer, moment)
  }
}

function voteAnswered(state: QuorumState, ask: VoteAsk, to: Peer, answer: Answer | null, moment: Moment): QuorumEffect[] {
  // Who would vote for another leader does not hear from the one that it names.
  const isSupport = answer?.isGranted === true && answer.epoch === state.epoch
  const learned = answer && !isSupport && learn(state, answer, moment)
  if (learned) return learned
  const { election, epoch, settings } = state
  if (!election || to.id === null || ask.epoch !== epoch || ask.isPreVote !== election.isPreVote) return []
  if (!answer) {
    election.retryAt.set(to.id, moment.now + settings.timeouts.retryBackoffMs)
    return []
  }
  if (answer.epoch < epoch) return []
  const isGranted = answer.error === 'NONE' && answer.isGranted === true
  const [voices, others] = isGranted ? [election.granted, election.refused] : [election.refused, election.granted]
  voices.add(to.id)
  others.delete(to.id)
  if (!isGranted && ask.isPreVote) election.retryAt.set(to.id, moment.now + PRE_VOTE_AGAIN_MS)
  if (hasWon(state)) return afterVictory(state, moment)
  return hasLost(state) ? afterDefeat(state, moment) : []
}

function fetchAnswered(
  state: QuorumState,
  kind: 'fetch' | 'fetchSnapshot',
  answer: Answer | null,
  moment: Moment,
): QuorumEffect[] {
  if (!answer) return fetchFailed(state, moment)
  const learned = learn(state, answer, moment)
  if (learned) return learned
  // Another member than the leader, or one of an older epoch, has no records to give.
  if (answer.epoch < state.epoch) return fetchFailed(state, moment)
  return kind === 'fetch' ? fetched(state, answer, answer.fetched, moment) : pieceFetched(state, answer, answer.piece, moment)
}
