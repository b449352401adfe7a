// The quorum of the metadata log as a state machine: events in, effects out, no clock, no disk, no socket (KIP-595). It runs a quorum of
// one voter; more voters add events and effects for their messages, not another design.

import { assert } from '../base/assert.ts'
import { buildBatch } from '../protocol/records/builder.ts'
import { type ControlRecord, controlRecord } from '../protocol/records/control.ts'
import { isSameReplica, type ReplicaKey, type Voter, voterRecord } from './voters.ts'

export type Role = 'unattached' | 'candidate' | 'leader' | 'resigned'

export interface QuorumState {
  readonly self: ReplicaKey
  readonly voters: readonly Voter[]
  readonly kraftVersion: number
  /** False while the voters stand only in the snapshot that formatting wrote: the first leader then writes them into the log. */
  votersInLog: boolean
  role: Role
  epoch: number
  leaderId: number | null
  /** Whom this node gave its vote in `epoch`. */
  votedFor: ReplicaKey | null
  endOffset: number
  flushedOffset: number
  /** Where this leader's epoch begins: only what lies behind its first record is committed by counting (Raft, section 5.4.2). */
  epochStartOffset: number
  /** Exclusive; -1 while nothing is known to be committed. */
  highWatermark: number
}

export type QuorumEvent =
  | { readonly kind: 'start'; readonly now: number }
  /** A leader's own records. */
  | { readonly kind: 'append'; readonly batch: Uint8Array; readonly recordCount: number }
  | { readonly kind: 'flushed'; readonly endOffset: number }
  | { readonly kind: 'resign' }

/** Carried out in list order: a vote is saved before anything that follows from it. */
export type QuorumEffect =
  | { readonly kind: 'saveVote'; readonly vote: Vote }
  | { readonly kind: 'write'; readonly batch: Uint8Array; readonly epoch: number }
  | { readonly kind: 'commit'; readonly offset: number }
  | { readonly kind: 'role'; readonly role: Role; readonly epoch: number; readonly leaderId: number | null }

/** What must survive a crash, so that no node votes twice in an epoch. */
export interface Vote {
  readonly epoch: number
  readonly leaderId: number | null
  readonly votedFor: ReplicaKey | null
}

/** What a node knows when it starts: its saved vote, the voters in force, and how far its log reaches. */
export function initialState(
  self: ReplicaKey,
  {
    vote,
    voters,
    kraftVersion,
    votersInLog,
  }: { vote: Vote; voters: readonly Voter[]; kraftVersion: number; votersInLog: boolean },
  log: { readonly endOffset: number; readonly flushedOffset: number; readonly latestEpoch: number },
): QuorumState {
  return {
    self,
    voters,
    kraftVersion,
    votersInLog,
    role: 'unattached',
    // The log can only be ahead of the saved vote where somebody lost the file; going back would give an epoch two leaders.
    epoch: Math.max(vote.epoch, log.latestEpoch),
    leaderId: null,
    votedFor: vote.votedFor,
    endOffset: log.endOffset,
    flushedOffset: log.flushedOffset,
    epochStartOffset: -1,
    highWatermark: -1,
  }
}

/** Changes `state` and tells what has to be done. */
export function step(state: QuorumState, event: QuorumEvent): QuorumEffect[] {
  switch (event.kind) {
    case 'start':
      return standForElection(state, event.now)
    case 'append':
      assert(state.role === 'leader', 'only a leader appends')
      return [write(state, event.batch, event.recordCount)]
    case 'flushed':
      state.flushedOffset = event.endOffset
      return commitFlushed(state)
    case 'resign':
      return takeRole(state, 'resigned', null)
  }
}

/** One voter needs nobody else's vote: it stands, votes for itself and leads, each step saved before the next. */
function standForElection(state: QuorumState, now: number): QuorumEffect[] {
  const others = state.voters.filter((voter) => !isSameReplica(voter, state.self))
  assert(others.length === 0 && state.voters.length === 1, 'this node is the only voter')
  state.epoch += 1
  state.votedFor = state.self
  const stood = [saveVote(state), ...takeRole(state, 'candidate', null)]
  state.leaderId = state.self.id
  state.votedFor = null
  const won = [saveVote(state), ...takeRole(state, 'leader', state.self.id)]
  state.epochStartOffset = state.endOffset
  return [...stood, ...won, beginEpoch(state, now)]
}

function takeRole(state: QuorumState, role: Role, leaderId: number | null): QuorumEffect[] {
  state.role = role
  state.leaderId = leaderId
  return [{ kind: 'role', role, epoch: state.epoch, leaderId }]
}

function saveVote({ epoch, leaderId, votedFor }: QuorumState): QuorumEffect {
  return { kind: 'saveVote', vote: { epoch, leaderId, votedFor } }
}

/** The first batch of an epoch: who leads it, and once in a log's life who its voters are (KIP-853). */
function beginEpoch(state: QuorumState, now: number): QuorumEffect {
  const voters = state.voters.map(({ id, directoryId }) => ({ voterId: id, voterDirectoryId: directoryId }))
  const records: ControlRecord[] = [{ kind: 'leaderChange', version: 0, leaderId: state.self.id, voters, grantingVoters: voters }]
  if (state.kraftVersion > 0 && !state.votersInLog) {
    records.push({ kind: 'kraftVersion', kRaftVersion: state.kraftVersion })
    records.push({ kind: 'kraftVoters', voters: state.voters.map(voterRecord) })
    state.votersInLog = true
  }
  return write(state, controlBatch(records, now), records.length)
}

function controlBatch(records: readonly ControlRecord[], now: number): Uint8Array {
  return buildBatch({ records: records.map((record) => ({ ...controlRecord(record), timestamp: now })), isControl: true })
}

function write(state: QuorumState, batch: Uint8Array, recordCount: number): QuorumEffect {
  state.endOffset += recordCount
  return { kind: 'write', batch, epoch: state.epoch }
}

/** With one voter, what it flushed is what the majority flushed. */
function commitFlushed(state: QuorumState): QuorumEffect[] {
  const { role, flushedOffset, epochStartOffset, highWatermark } = state
  if (role !== 'leader' || flushedOffset <= epochStartOffset || flushedOffset <= highWatermark) return []
  state.highWatermark = flushedOffset
  return [{ kind: 'commit', offset: flushedOffset }]
}
