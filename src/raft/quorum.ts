// The quorum of the metadata log as a state machine: events in, effects out, no clock, no disk, no socket (KIP-595, with pre-votes of KIP-996 and the
// voters of KIP-853). What a role does lies in `quorum/`; here is which event means what, and when something is due.

import { answered } from './quorum/answers.ts'
import { apply } from './quorum/application.ts'
import { changeAsked, changeGivenUp, changeOverdue, changesSettled } from './quorum/changes.ts'
import type { Moment, QuorumEffect, QuorumEvent, Vote } from './quorum/events.ts'
import { fetchDue, fetchNext, logMoved, refused } from './quorum/fetching.ts'
import { askAgain } from './quorum/nominee.ts'
import { commit, fetchedBy, quorumDeadline } from './quorum/progress.ts'
import { asked } from './quorum/requests.ts'
import { afterDeadline, becomeResigned, begin } from './quorum/roles.ts'
import { type QuorumState, voteOf } from './quorum/state.ts'
import { beginAt, tellVoters } from './quorum/telling.ts'

export type { Moment, QuorumEffect, QuorumEvent, Role, Vote } from './quorum/events.ts'
export { initialState, type QuorumSettings, type QuorumState, type QuorumTimeouts } from './quorum/state.ts'

/** Changes `state` and tells what has to be done, in this order. All of it has to be done before the next event comes. */
export function step(state: QuorumState, event: QuorumEvent, moment: Moment): QuorumEffect[] {
  const before = voteOf(state)
  const { leading } = state
  const effects = stepOf(state, event, moment)
  if (leading && state.leading !== leading) effects.push(...changeGivenUp(state, leading))
  const vote = voteOf(state)
  return isSameVote(before, vote) ? effects : [{ kind: 'saveVote', vote }, ...effects]
}

function isSameVote(one: Vote, other: Vote): boolean {
  return one.epoch === other.epoch && one.leaderId === other.leaderId && one.votedFor === other.votedFor
}

function stepOf(state: QuorumState, event: QuorumEvent, moment: Moment): QuorumEffect[] {
  switch (event.kind) {
    case 'start':
      return begin(state, moment)
    case 'tick':
      return tick(state, moment)
    case 'log':
      return state.role === 'leader' ? ledLogMoved(state, moment) : logMoved(state, moment)
    case 'resign':
      return state.role === 'leader' && state.epoch === event.epoch ? becomeResigned(state, moment) : []
    case 'asked':
      return asked(state, event.key, event.ask, moment)
    case 'changeAsked':
      return changeAsked(state, event.key, event.ask, moment)
    case 'fetchedBy':
      if (state.epoch !== event.epoch) return []
      return [...fetchedBy(state, event.replica, event.offset, moment), ...changesSettled(state, moment)]
    case 'answered':
      return answered(state, event, moment)
    case 'refused':
      return refused(state, moment)
  }
}

function ledLogMoved(state: QuorumState, moment: Moment): QuorumEffect[] {
  // The first other voter may have come with it.
  if (state.leading) state.leading.beginAt = Math.min(state.leading.beginAt, beginAt(state, moment))
  return [...commit(state), ...changesSettled(state, moment)]
}

function tick(state: QuorumState, moment: Moment): QuorumEffect[] {
  const { now } = moment
  if (state.deadline <= now) return afterDeadline(state, moment)
  // A leader that a majority no longer hears may have been replaced without knowing it.
  if (quorumDeadline(state) <= now) return becomeResigned(state, moment)
  return [
    ...changeOverdue(state, moment),
    ...tellSilent(state, moment),
    ...askAgain(state, moment),
    ...fetchNext(state, moment),
    ...apply(state, moment),
  ]
}

function tellSilent(state: QuorumState, moment: Moment): QuorumEffect[] {
  const { leading } = state
  if (!leading || leading.beginAt > moment.now) return []
  leading.beginAt = beginAt(state, moment)
  return tellVoters(state, undefined, 2 * moment.now - leading.beginAt)
}

/** When the next tick is due, on the scale of `Moment.now`; Infinity where nothing is waited for. */
export function nextTick(state: QuorumState, now: number): number {
  const { deadline, leading, election, application } = state
  // One that is overdue stays due, whatever else came in its place: a leader's word that it lives, again and again, must not keep this node from asking.
  const due = [deadline, quorumDeadline(state), leading?.beginAt ?? Number.POSITIVE_INFINITY, Math.max(now, fetchDue(state))]
  due.push(application.dueAt, leading?.change?.deadline ?? Number.POSITIVE_INFINITY)
  for (const at of election?.retryAt.values() ?? []) due.push(at)
  return Math.min(...due)
}
