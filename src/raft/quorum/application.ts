// What a follower asks of its leader for itself (KIP-853): to be among the voters with the addresses that it has now, and, where it may, to become one of them.

import { isSameEntry, isSameReplica, KRAFT_VERSIONS } from '../voters.ts'
import type { Answer, Ask, Moment, QuorumEffect } from './events.ts'
import { isVoter, peerOf, type QuorumState } from './state.ts'

/** A few rounds of fetches come first, so that the log says who votes. */
export function beginApplication({ application, settings }: QuorumState, { now }: Moment): void {
  application.hasTold = false
  application.dueAt = settings.endpoints.length > 0 ? now + settings.timeouts.fetchTimeoutMs : Number.POSITIVE_INFINITY
}

export function endApplication({ application }: QuorumState): void {
  application.dueAt = Number.POSITIVE_INFINITY
}

/** Where it is time: one ask, and another one a while later where that did not help. */
export function apply(state: QuorumState, { now }: Moment): QuorumEffect[] {
  const { application, settings, leaderId, role, fetching } = state
  if (application.dueAt > now) return []
  application.dueAt = now + settings.timeouts.fetchTimeoutMs
  if (role !== 'follower' || leaderId === null || !fetching.hasFetched) return []
  const ask = wanted(state)
  const to = peerOf(state, leaderId)
  return ask && to ? [{ kind: 'send', to, ask, attempt: 0 }] : []
}

function wanted(state: QuorumState): Ask | null {
  const { settings, log, epoch, application } = state
  const { self, endpoints, autoJoin } = settings
  const own = { ...self, endpoints, kraftVersions: KRAFT_VERSIONS }
  if (isVoter(state)) {
    const known = log.voters.find((voter) => isSameReplica(voter, self))!
    // Without records in the log every new leader has to be told.
    const isTold = log.kraftVersion < 1 ? application.hasTold : isSameEntry(known, own)
    return isTold ? null : { kind: 'updateVoter', epoch, voter: own }
  }
  if (!autoJoin || log.kraftVersion < 1) return null
  // Another directory was this node's before: its disk was replaced.
  const before = log.voters.find(({ id }) => id === self.id)
  if (before) return { kind: 'removeVoter', voter: { id: before.id, directoryId: before.directoryId } }
  return { kind: 'addVoter', voter: own, ackWhenCommitted: false }
}

/** What the leader said to an update. One that cannot do with it (Apache Kafka 3.9 under kraft.version 0) is not asked again. */
export function updateAnswered({ application, epoch }: QuorumState, askedIn: number, answer: Answer | null): void {
  if (askedIn !== epoch || !answer) return
  if (answer.error === 'NONE' || answer.error === 'UNSUPPORTED_VERSION') application.hasTold = true
}
