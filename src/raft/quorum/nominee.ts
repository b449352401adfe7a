// One who stands in an election: whom it asks, and when it has won or cannot win any more.

import type { Voter } from '../voters.ts'
import type { Moment, QuorumEffect, VoteAsk } from './events.ts'
import { majorityOf, otherVoters, peerOf, positionOf, type QuorumState } from './state.ts'

export function askForVotes(state: QuorumState, voters: readonly Voter[]): QuorumEffect[] {
  const { election, epoch, settings } = state
  if (!election) return []
  return voters.flatMap((voter): QuorumEffect[] => {
    const to = peerOf(state, voter.id)
    const ask: VoteAsk = {
      kind: 'vote',
      epoch,
      candidate: settings.self,
      last: positionOf(state),
      isPreVote: election.isPreVote,
      voter: { id: voter.id, directoryId: voter.directoryId },
    }
    return to ? [{ kind: 'send', to, ask, attempt: 0 }] : []
  })
}

/** Asks those again who could not be reached and whose pause is over. */
export function askAgain(state: QuorumState, { now }: Moment): QuorumEffect[] {
  const { election } = state
  if (!election) return []
  const due = otherVoters(state).filter(({ id }) => (election.retryAt.get(id) ?? Number.POSITIVE_INFINITY) <= now)
  for (const { id } of due) election.retryAt.delete(id)
  return askForVotes(state, due)
}

export function hasWon({ election, log }: QuorumState): boolean {
  if (!election) return false
  const granted = log.voters.filter(({ id }) => election.granted.has(id)).length
  return granted >= majorityOf(log.voters)
}

export function hasLost({ election, log }: QuorumState): boolean {
  if (!election) return false
  const refused = log.voters.filter(({ id }) => election.refused.has(id)).length
  return log.voters.length - refused < majorityOf(log.voters)
}
