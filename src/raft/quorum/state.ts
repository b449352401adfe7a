// What one member of the quorum knows, and the small questions that every part of it asks.

import type { LogPosition, LogView } from '../log-view.ts'
import type { Address, Peer } from '../peers.ts'
import type { SnapshotId } from '../snapshot.ts'
import { isSameReplica, type ReplicaKey, type Voter, type VoterEndpoint } from '../voters.ts'
import type { Answer, ChangeAsk, Moment, QuorumEffect, Role, Standing, Vote } from './events.ts'

/** Milliseconds, as `controller.quorum.*` has them. */
export interface QuorumTimeouts {
  readonly electionTimeoutMs: number
  readonly electionBackoffMaxMs: number
  readonly fetchTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly retryBackoffMs: number
}

export const DEFAULT_TIMEOUTS: QuorumTimeouts = {
  electionTimeoutMs: 1000,
  electionBackoffMaxMs: 1000,
  fetchTimeoutMs: 2000,
  requestTimeoutMs: 2000,
  retryBackoffMs: 20,
}

export interface QuorumSettings {
  readonly self: ReplicaKey
  /** Where others reach this node; null for one that never leads. */
  readonly address: Address | null
  /** The name of the listener at which voters are reached. */
  readonly listener: string
  /** Where to ask who leads. Where there are none, the voters are asked. */
  readonly servers: readonly Address[]
  /** Where this node is reached as a voter; empty for one that never leads, and for one that is alone. */
  readonly endpoints: readonly VoterEndpoint[]
  /** Whether it makes itself a voter (KIP-853, controller.quorum.auto.join.enable). */
  readonly autoJoin: boolean
  readonly timeouts: QuorumTimeouts
}

/** An election that this node stands in. */
export interface Election {
  readonly isPreVote: boolean
  readonly granted: Set<number>
  readonly refused: Set<number>
  /** Of those who could not be asked: when to try again. */
  readonly retryAt: Map<number, number>
}

/** What a leader knows of another replica. */
export interface Progress {
  readonly replica: ReplicaKey
  /** Up to where it is known to have, on its device, what the leader has; -1 while nothing is known. */
  endOffset: number
  /** Monotonic; when it last fetched at all. */
  heardAt: number
  /** Milliseconds since 1970; -1 for never. */
  lastFetchTimestamp: number
  lastCaughtUpTimestamp: number
  /** The leader's end when it last fetched. */
  leaderEndOffset: number
}

/** A change of the voters that somebody waits for. */
interface VoterChange {
  readonly key: number
  readonly ask: ChangeAsk
  /** After it, who asked is told that it takes too long; what is written stays written. */
  readonly deadline: number
  /** Of its record; null while the new voter is asked what it can do. */
  readonly offset: number | null
}

export interface Leading {
  /** Where this epoch begins: only what lies behind its first record is committed by counting (Raft, section 5.4.2). */
  readonly epochStartOffset: number
  readonly since: number
  readonly replicas: Map<string, Progress>
  /** Whether the high watermark is this leader's own finding, so that it may be told. */
  hasHighWatermark: boolean
  /** When voters that do not fetch are told next who leads. */
  beginAt: number
  /** There is one at a time. */
  change: VoterChange | null
  /** Under kraft.version 0, what voters told of themselves that no record holds; by their ids. */
  readonly told: Map<number, Voter>
}

/** What a follower wants of its leader beside records: to be among the voters as it is now. */
export interface Application {
  /** When it looks next whether there is something to ask for. */
  dueAt: number
  /** Under kraft.version 0: the leader of this epoch knows where this voter is reached. */
  hasTold: boolean
}

/** How a node that does not lead looks for records and for a leader. */
export interface Fetching {
  /** Counts up with every ask; the answer to an older one is nobody's any more. */
  attempt: number
  isWaiting: boolean
  /** Not before; moved on by failures. */
  notBefore: number
  /** In a row. */
  failures: number
  /** Which of the servers is asked next while the leader is not known, or does not answer. */
  nextServer: number
  /** Whether the present leader answered, and is not known to be gone since. */
  hasFetched: boolean
  /** The role's deadline before the last answer moved it. */
  deadlineBefore: number
  /** What the present leader said of it; -1 where nothing. */
  leaderHighWatermark: number
  download: { readonly id: SnapshotId; position: number } | null
}

export interface QuorumState {
  readonly settings: QuorumSettings
  readonly log: LogView
  role: Role
  epoch: number
  /** Also the node itself: while it leads, and afterwards, since in an epoch that one led nobody is voted for. */
  leaderId: number | null
  leaderAddress: Address | null
  /** Whom this node gave its vote in `epoch`. */
  votedFor: ReplicaKey | null
  /** Exclusive; -1 while nothing is known to be committed. Never goes back. */
  highWatermark: number
  /** When this role ends by itself: the timeout of an election, of hearing from a leader, of a resignation. */
  deadline: number
  election: Election | null
  leading: Leading | null
  /** The leader of this epoch said that it does not lead any more. */
  isLeaderGone: boolean
  readonly fetching: Fetching
  readonly application: Application
}

/** What a node knows when it starts: its saved vote, and its log. */
export function initialState(settings: QuorumSettings, vote: Vote, log: LogView): QuorumState {
  // The log can only be ahead of the saved vote where somebody lost the file; going back would give an epoch two leaders.
  const isOld = log.lastEpoch > vote.epoch
  return {
    settings,
    log,
    role: 'unattached',
    epoch: Math.max(vote.epoch, log.lastEpoch),
    leaderId: isOld ? null : vote.leaderId,
    leaderAddress: null,
    votedFor: isOld ? null : vote.votedFor,
    highWatermark: -1,
    deadline: Number.POSITIVE_INFINITY,
    election: null,
    leading: null,
    isLeaderGone: false,
    fetching: {
      attempt: 0,
      isWaiting: false,
      notBefore: 0,
      failures: 0,
      nextServer: 0,
      hasFetched: false,
      deadlineBefore: Number.POSITIVE_INFINITY,
      leaderHighWatermark: -1,
      download: null,
    },
    application: { dueAt: Number.POSITIVE_INFINITY, hasTold: false },
  }
}

// ---- who

export function isVoter({ settings, log }: QuorumState): boolean {
  return log.voters.some((voter) => isSameReplica(voter, settings.self))
}

/** A voter whose log may lack what it once acknowledged must not help to elect anybody, least of all itself. */
export function mayVote(state: QuorumState): boolean {
  return state.log.isWhole
}

/** A leader that the others cannot reach would lead nobody: one that is no controller may have been put among the voters all the same. */
export function mayStand(state: QuorumState): boolean {
  const isReached = state.settings.address !== null || otherVoters(state).length === 0
  return isVoter(state) && mayVote(state) && isReached
}

/** A controller that is no voter can become one with any record. */
export function mayBecomeVoter(state: QuorumState): boolean {
  return isVoter(state) || state.settings.address !== null
}

export function otherVoters({ settings, log }: QuorumState): readonly Voter[] {
  return log.voters.filter((voter) => !isSameReplica(voter, settings.self))
}

export function majorityOf(voters: readonly Voter[]): number {
  return Math.floor(voters.length / 2) + 1
}

export function positionOf({ log }: QuorumState): LogPosition {
  return { epoch: log.lastEpoch, endOffset: log.endOffset }
}

export function voteOf({ epoch, leaderId, votedFor }: QuorumState): Vote {
  return { epoch, leaderId, votedFor }
}

// ---- where

export function addressOf({ settings, log, leaderId, leaderAddress }: QuorumState, id: number): Address | null {
  if (id === settings.self.id) return settings.address
  if (id === leaderId && leaderAddress) return leaderAddress
  const endpoints = log.voters.find((voter) => voter.id === id)?.endpoints ?? []
  const found = endpoints.find(({ name }) => name === settings.listener) ?? endpoints[0]
  return found ? { host: found.host, port: found.port } : null
}

export function peerOf(state: QuorumState, id: number): Peer | null {
  const address = addressOf(state, id)
  return address && { id, host: address.host, port: address.port }
}

/** Who can be asked for a leader. A node's own address may be among them: it answers like everybody else. */
export function serversOf(state: QuorumState): readonly Peer[] {
  const { servers } = state.settings
  if (servers.length > 0) return servers.map(({ host, port }) => ({ id: null, host, port }))
  return otherVoters(state).flatMap(({ id }) => peerOf(state, id) ?? [])
}

// ---- what everybody is told

export function standing(state: QuorumState, error: Standing['error'] = 'NONE'): Answer {
  const { epoch, leaderId } = state
  return { error, epoch, leaderId, leaderAddress: leaderId === null ? null : addressOf(state, leaderId) }
}

/** From one to two election timeouts, so that two who begin together do not stand together for ever. */
export function electionDeadline({ settings }: QuorumState, { now, chance }: Moment): number {
  const { electionTimeoutMs } = settings.timeouts
  return now + electionTimeoutMs + Math.floor(chance() * electionTimeoutMs)
}

export function roleEffect({ role, epoch, leaderId }: QuorumState): QuorumEffect {
  return { kind: 'role', role, epoch, leaderId }
}
