// How a member changes its role. Each function leaves the state whole, and gives what has to be done; that the vote is saved first is seen to by `step`.

import { buildBatch } from '../../protocol/records/builder.ts'
import { type ControlRecord, controlRecord } from '../../protocol/records/control.ts'
import type { Address } from '../peers.ts'
import { isSameEntry, isSameReplica, KRAFT_VERSIONS, type Voter, voterRecord } from '../voters.ts'
import { beginApplication, endApplication } from './application.ts'
import type { Moment, QuorumEffect } from './events.ts'
import { fetchNext, forgetFetching } from './fetching.ts'
import { askForVotes, hasWon } from './nominee.ts'
import { progressOf } from './progress.ts'
import { electionDeadline, isVoter, mayStand, otherVoters, type QuorumSettings, type QuorumState, roleEffect } from './state.ts'
import { beginAt, tellVoters } from './telling.ts'

function leave(state: QuorumState): void {
  state.election = null
  state.leading = null
  forgetFetching(state)
  endApplication(state)
}

/** An epoch that nobody is known to lead. In a new one nobody was voted for yet. */
export function becomeUnattached(state: QuorumState, epoch: number, moment: Moment): QuorumEffect[] {
  leave(state)
  if (epoch > state.epoch) enterEpoch(state, epoch)
  state.role = 'unattached'
  state.deadline = electionDeadline(state, moment)
  return [roleEffect(state), ...fetchNext(state, moment)]
}

function enterEpoch(state: QuorumState, epoch: number): void {
  state.epoch = epoch
  state.votedFor = null
  state.leaderId = null
  state.leaderAddress = null
  state.isLeaderGone = false
}

/** Follows the leader of an epoch, for the time that `deadline` says or a whole fetch timeout. */
export function becomeFollower(
  state: QuorumState,
  { epoch, leaderId, address }: { epoch: number; leaderId: number; address: Address | null },
  moment: Moment,
): QuorumEffect[] {
  leave(state)
  if (epoch > state.epoch) enterEpoch(state, epoch)
  state.role = 'follower'
  state.leaderId = leaderId
  state.leaderAddress = address ?? state.leaderAddress
  state.deadline = moment.now + state.settings.timeouts.fetchTimeoutMs
  beginApplication(state, moment)
  return [roleEffect(state), ...fetchNext(state, moment)]
}

/** Asks whether others would vote for it, and changes no epoch by that (KIP-996). */
export function becomeProspective(state: QuorumState, moment: Moment): QuorumEffect[] {
  leave(state)
  state.role = 'prospective'
  return [roleEffect(state), ...stand(state, true, moment)]
}

export function becomeCandidate(state: QuorumState, moment: Moment): QuorumEffect[] {
  leave(state)
  enterEpoch(state, state.epoch + 1)
  state.votedFor = state.settings.self
  state.role = 'candidate'
  return [roleEffect(state), ...stand(state, false, moment)]
}

function stand(state: QuorumState, isPreVote: boolean, moment: Moment): QuorumEffect[] {
  state.election = {
    isPreVote,
    granted: new Set([state.settings.self.id]),
    refused: new Set(),
    retryAt: new Map(),
  }
  if (hasWon(state)) return afterVictory(state, moment)
  state.deadline = electionDeadline(state, moment)
  return askForVotes(state, otherVoters(state))
}

/** A majority would vote for it: it stands. A majority did: it leads. */
export function afterVictory(state: QuorumState, moment: Moment): QuorumEffect[] {
  return state.role === 'prospective' ? becomeCandidate(state, moment) : becomeLeader(state, moment)
}

/** Nobody won, or somebody else will. A while later it tries again, unless it heard of a leader. */
export function afterDefeat(state: QuorumState, moment: Moment): QuorumEffect[] {
  const { leaderId, leaderAddress, epoch, settings } = state
  const { electionBackoffMaxMs } = settings.timeouts
  const effects =
    leaderId !== null && leaderId !== settings.self.id
      ? becomeFollower(state, { epoch, leaderId, address: leaderAddress }, moment)
      : becomeUnattached(state, epoch, moment)
  state.deadline = moment.now + Math.floor(moment.chance() * electionBackoffMaxMs)
  return effects
}

function becomeLeader(state: QuorumState, moment: Moment): QuorumEffect[] {
  const { log, settings, epoch, election } = state
  const granting = election?.granted ?? new Set()
  leave(state)
  state.role = 'leader'
  state.leaderId = settings.self.id
  state.leaderAddress = null
  state.votedFor = null
  state.isLeaderGone = false
  state.deadline = Number.POSITIVE_INFINITY
  state.leading = {
    epochStartOffset: log.endOffset,
    since: moment.now,
    replicas: new Map(),
    hasHighWatermark: false,
    beginAt: beginAt(state, moment),
    change: null,
    told: new Map(),
  }
  const batch = firstBatch(state, granting, moment.timestamp)
  // Written before anybody hears of the new leader, so that nothing of the epoch can come before it.
  return [{ kind: 'write', batch, epoch }, roleEffect(state), ...tellVoters(state)]
}

/** The first batch of an epoch: who leads it; and who the voters are where the log does not say it yet, or knows the leader by other addresses (KIP-853). */
function firstBatch({ log, settings }: QuorumState, granting: ReadonlySet<number>, timestamp: number): Uint8Array {
  const voters = log.voters.map(({ id, directoryId }) => ({ voterId: id, voterDirectoryId: directoryId }))
  const grantingVoters = voters.filter(({ voterId }) => granting.has(voterId))
  const records: ControlRecord[] = [{ kind: 'leaderChange', version: 0, leaderId: settings.self.id, voters, grantingVoters }]
  const updated = log.voters.map((voter) => (isSameReplica(voter, settings.self) ? ownEntry(voter, settings) : voter))
  const isNews = updated.some((voter, at) => !isSameEntry(voter, log.voters[at]!))
  if (log.kraftVersion > 0 && (!log.votersInLog || isNews)) {
    records.push({ kind: 'kraftVersion', kRaftVersion: log.kraftVersion })
    records.push({ kind: 'kraftVoters', voters: updated.map(voterRecord) })
  }
  return buildBatch({ records: records.map((record) => ({ ...controlRecord(record), timestamp })), isControl: true })
}

/** One that nobody can reach, because it is alone, leaves its entry as it was formatted. */
function ownEntry(known: Voter, { self, endpoints }: QuorumSettings): Voter {
  return endpoints.length > 0 ? { ...self, endpoints, kraftVersions: KRAFT_VERSIONS } : known
}

/** Leads no longer and lets the voters know, the best of them first; it votes for nobody in this epoch, which it led. */
export function becomeResigned(state: QuorumState, moment: Moment): QuorumEffect[] {
  const { epoch, leading, settings } = state
  const endOf = (voter: Voter) => progressOf(state, voter)?.endOffset ?? -1
  const preferred = leading ? otherVoters(state).toSorted((one, other) => endOf(other) - endOf(one)) : []
  leave(state)
  state.role = 'resigned'
  state.leaderId = settings.self.id
  state.deadline = electionDeadline(state, moment)
  const ask = {
    kind: 'endEpoch' as const,
    epoch,
    leaderId: settings.self.id,
    preferred: preferred.map(({ id, directoryId }) => ({ id, directoryId })),
  }
  return [roleEffect(state), ...tellVoters(state, ask)]
}

/** What follows from the end of a role's time. */
export function afterDeadline(state: QuorumState, moment: Moment): QuorumEffect[] {
  switch (state.role) {
    case 'leader':
      return []
    case 'prospective':
    case 'candidate':
      return afterDefeat(state, moment)
    case 'resigned':
    case 'unattached':
    case 'follower':
      return mayStand(state) ? becomeProspective(state, moment) : lookElsewhere(state, moment)
  }
}

/** Who may not stand can only ask others whether there is another leader. */
function lookElsewhere(state: QuorumState, moment: Moment): QuorumEffect[] {
  if (state.role === 'resigned') return becomeUnattached(state, state.epoch, moment)
  // Another one may need its vote, whose log says already that it is a voter.
  state.fetching.hasFetched = false
  state.deadline = moment.now + state.settings.timeouts.fetchTimeoutMs
  return fetchNext(state, moment)
}

/** The first thing after a start. A quorum of one has nobody to wait for. */
export function begin(state: QuorumState, moment: Moment): QuorumEffect[] {
  const { epoch, leaderId, leaderAddress, settings } = state
  if (mayStand(state) && otherVoters(state).length === 0) return becomeCandidate(state, moment)
  if (leaderId === settings.self.id)
    return isVoter(state) ? becomeResigned(state, moment) : becomeUnattached(state, epoch, moment)
  if (leaderId !== null) return becomeFollower(state, { epoch, leaderId, address: leaderAddress }, moment)
  return becomeUnattached(state, epoch, moment)
}
