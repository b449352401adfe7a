// What others ask of this member, and what it answers (KIP-595, KIP-853, KIP-996).

import { comparePositions } from '../log-view.ts'
import { isSameReplica, type ReplicaKey } from '../voters.ts'
import type { Answer, BeginEpochAsk, EndEpochAsk, Moment, QuorumEffect, ShortAsk, VoteAsk } from './events.ts'
import { learn } from './learning.ts'
import { becomeFollower, becomeUnattached } from './roles.ts'
import { electionDeadline, isVoter, mayVote, positionOf, type QuorumState, standing } from './state.ts'

/** Changes the state as the ask demands, and gives the answer as the last effect. */
export function asked(state: QuorumState, key: number, ask: ShortAsk, moment: Moment): QuorumEffect[] {
  const effects: QuorumEffect[] = []
  const answer = answerTo(state, ask, moment, effects)
  return [...effects, { kind: 'answer', key, answer }]
}

function answerTo(state: QuorumState, ask: ShortAsk, moment: Moment, effects: QuorumEffect[]): Answer {
  if (ask.epoch < state.epoch) return standing(state, 'FENCED_LEADER_EPOCH')
  if ((ask.kind === 'vote' ? ask.candidate.id : ask.leaderId) < 0) return standing(state, 'INVALID_REQUEST')
  switch (ask.kind) {
    case 'vote':
      return vote(state, ask, moment, effects)
    case 'beginEpoch':
      return beginEpoch(state, ask, moment, effects)
    case 'endEpoch':
      return endEpoch(state, ask, moment, effects)
  }
}

function isForMe({ settings }: QuorumState, voter: ReplicaKey | null): boolean {
  return voter === null || isSameReplica(voter, settings.self)
}

// ---- votes

function vote(state: QuorumState, ask: VoteAsk, moment: Moment, effects: QuorumEffect[]): Answer {
  const { epoch, last, isPreVote, candidate, voter } = ask
  // Nobody has records of an epoch that is only about to begin.
  if (last.endOffset < 0 || last.epoch < 0 || last.epoch > epoch || (!isPreVote && last.epoch === epoch)) {
    return standing(state, 'INVALID_REQUEST')
  }
  if (epoch > state.epoch) effects.push(...becomeUnattached(state, epoch, moment))
  if (!isForMe(state, voter)) return standing(state, 'INVALID_VOTER_KEY')
  const isGranted = canGrant(state, ask)
  if (isGranted && !isPreVote && !state.votedFor && state.leaderId === null) {
    if (state.role !== 'unattached') effects.push(...becomeUnattached(state, epoch, moment))
    state.votedFor = candidate
    state.deadline = electionDeadline(state, moment) // whoever is voted for gets the time to win
  }
  return { ...standing(state), isGranted }
}

function canGrant(state: QuorumState, { candidate, last, isPreVote }: VoteAsk): boolean {
  if (!mayVote(state)) return false
  const isUpToDate = comparePositions(last, positionOf(state)) >= 0
  if (isPreVote) return isUpToDate && !hearsFromLeader(state)
  const { votedFor, leaderId } = state
  if (votedFor) return isSameReplica(votedFor, candidate)
  return leaderId === null && isUpToDate
}

/** Who hears from a leader keeps others from disturbing it. */
function hearsFromLeader({ role, fetching, isLeaderGone }: QuorumState): boolean {
  return role === 'leader' || (role === 'follower' && fetching.hasFetched && !isLeaderGone)
}

// ---- epochs

function beginEpoch(state: QuorumState, ask: BeginEpochAsk, moment: Moment, effects: QuorumEffect[]): Answer {
  const { epoch, leaderId, leaderAddress: address, voter } = ask
  const learned = learn(state, { epoch, leaderId, leaderAddress: address }, moment)
  effects.push(...(learned ?? []))
  if (!isForMe(state, voter)) return standing(state, 'INVALID_VOTER_KEY')
  if (!learned && state.leaderId === leaderId) {
    if (state.role === 'prospective') effects.push(...becomeFollower(state, { epoch, leaderId, address }, moment))
    if (state.role === 'follower' && !state.isLeaderGone) state.deadline = moment.now + state.settings.timeouts.fetchTimeoutMs
  }
  return standing(state)
}

/** The leader goes: who is first among the preferred stands at once, and nobody believes any more that it hears from the leader. */
function endEpoch(state: QuorumState, ask: EndEpochAsk, moment: Moment, effects: QuorumEffect[]): Answer {
  const { epoch, leaderId } = ask
  effects.push(...(learn(state, { epoch, leaderId, leaderAddress: null }, moment) ?? []))
  if (state.leaderId === leaderId && state.role === 'follower') {
    state.isLeaderGone = true
    if (isVoter(state)) state.deadline = moment.now + pauseBefore(state, ask, moment)
  }
  return standing(state)
}

function pauseBefore({ settings }: QuorumState, { preferred }: EndEpochAsk, { chance }: Moment): number {
  const { electionBackoffMaxMs } = settings.timeouts
  const position = preferred.findIndex((one) => isSameReplica(one, settings.self))
  if (position === 0) return 0
  if (position < 0) return Math.floor(chance() * electionBackoffMaxMs)
  return Math.floor(electionBackoffMaxMs / 2 ** (preferred.length - 1 - position))
}
