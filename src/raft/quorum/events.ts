// What the quorum hears and what it wants done. Messages stand here as they are meant; `raft/wire` knows how they look in Kafka's requests.

import type { ErrorName } from '../../protocol/errors.ts'
import type { LogPosition } from '../log-view.ts'
import type { Address, Peer } from '../peers.ts'
import type { SnapshotId } from '../snapshot.ts'
import type { ReplicaKey, VersionRange, Voter } from '../voters.ts'

export type Role = 'unattached' | 'follower' | 'prospective' | 'candidate' | 'leader' | 'resigned'

/** What a step gets from outside besides its event. */
export interface Moment {
  /** Monotonic milliseconds: all deadlines are on this scale. */
  readonly now: number
  /** Milliseconds since 1970: what records and descriptions say. */
  readonly timestamp: number
  /** From 0 up to and without 1, another one with every call. */
  readonly chance: () => number
}

// ---- what members ask each other

export interface VoteAsk {
  readonly kind: 'vote'
  /** Of a pre-vote the epoch that the asker is in, else the one it wants to lead (KIP-996). */
  readonly epoch: number
  readonly candidate: ReplicaKey
  readonly last: LogPosition
  readonly isPreVote: boolean
  /** Whom it is meant for; null where an older version does not say it. */
  readonly voter: ReplicaKey | null
}

export interface BeginEpochAsk {
  readonly kind: 'beginEpoch'
  readonly epoch: number
  readonly leaderId: number
  /** Where the leader can be reached; null where it does not say it. */
  readonly leaderAddress: Address | null
  readonly voter: ReplicaKey | null
}

export interface EndEpochAsk {
  readonly kind: 'endEpoch'
  readonly epoch: number
  readonly leaderId: number
  /** Who should stand next, the best one first. */
  readonly preferred: readonly ReplicaKey[]
}

export interface FetchAsk {
  readonly kind: 'fetch'
  readonly epoch: number
  readonly offset: number
  readonly lastEpoch: number
  /** What the asker knows of it; -1 where nothing. */
  readonly highWatermark: number
}

export interface FetchSnapshotAsk {
  readonly kind: 'fetchSnapshot'
  readonly epoch: number
  readonly id: SnapshotId
  readonly position: number
}

/** Another replica shall vote (KIP-853). */
export interface AddVoterAsk {
  readonly kind: 'addVoter'
  readonly voter: Voter
  /** Otherwise the answer comes as soon as the leader has written it. */
  readonly ackWhenCommitted: boolean
}

export interface RemoveVoterAsk {
  readonly kind: 'removeVoter'
  readonly voter: ReplicaKey
}

/** A voter tells where it is reached now, and what it can do. */
export interface UpdateVoterAsk {
  readonly kind: 'updateVoter'
  readonly epoch: number
  readonly voter: Voter
}

/** kraft.version goes up; asked inside of a node alone. */
export interface RaiseVersionAsk {
  readonly kind: 'raiseVersion'
  readonly kraftVersion: number
  /** Only whether it could be done. */
  readonly isTrial: boolean
}

/** What a node can do that somebody wants to vote. */
export interface VersionsAsk {
  readonly kind: 'versions'
  /** Of the change that it is for. */
  readonly key: number
}

export type ChangeAsk = AddVoterAsk | RemoveVoterAsk | UpdateVoterAsk | RaiseVersionAsk
/** What goes to other members. */
export type Ask =
  | VoteAsk
  | BeginEpochAsk
  | EndEpochAsk
  | FetchAsk
  | FetchSnapshotAsk
  | Exclude<ChangeAsk, RaiseVersionAsk>
  | VersionsAsk
/** Those that are answered by a step; fetches are answered beside it, as they wait and read. */
export type ShortAsk = VoteAsk | BeginEpochAsk | EndEpochAsk

/** What every answer says besides: the answerer's epoch, and whom it knows to lead in it. */
export interface Standing {
  readonly error: ErrorName
  readonly epoch: number
  readonly leaderId: number | null
  readonly leaderAddress: Address | null
}

export interface Answer extends Standing {
  /** Of a change of the voters: what is wrong. */
  readonly message?: string
  /** Of `versions`; null where the node says nothing of kraft.version. */
  readonly versions?: VersionRange | null
  /** Of `versions`: whether it serves Vote where it was asked. */
  readonly canVote?: boolean
  /** Of a vote. */
  readonly isGranted?: boolean
  /** Of a fetch. */
  readonly fetched?: Fetched
  /** Of a piece of a snapshot. */
  readonly piece?: SnapshotPiece
}

export interface Fetched {
  readonly highWatermark: number
  readonly diverging: LogPosition | null
  readonly snapshot: SnapshotId | null
  readonly records: Uint8Array
}

export interface SnapshotPiece {
  readonly id: SnapshotId
  readonly position: number
  readonly sizeInBytes: number
  readonly bytes: Uint8Array
}

// ---- events

export type QuorumEvent =
  | { readonly kind: 'start' }
  /** A deadline has come; nothing happens where it was moved. */
  | { readonly kind: 'tick' }
  /** The log got records, flushed some, was cut, or begins anew behind a snapshot. */
  | { readonly kind: 'log' }
  | { readonly kind: 'resign'; readonly epoch: number }
  /** Somebody asks; answered by an effect with the same key. */
  | { readonly kind: 'asked'; readonly key: number; readonly ask: ShortAsk }
  /** Somebody wants the voters changed; answered by an effect with the same key, which may take some steps. */
  | { readonly kind: 'changeAsked'; readonly key: number; readonly ask: ChangeAsk }
  /** A replica fetched from this leader. `offset` is null where its log is not the leader's so far, or where it is at a snapshot. */
  | { readonly kind: 'fetchedBy'; readonly epoch: number; readonly replica: ReplicaKey; readonly offset: number | null }
  /** What came of an ask of ours; null where nothing came, in time. `attempt` as the send had it. */
  | {
      readonly kind: 'answered'
      readonly ask: Ask
      readonly to: Peer
      readonly attempt: number
      readonly answer: Answer | null
      /** Nothing came because nobody listens at that address any more. */
      readonly isRefused?: boolean
    }
  /** What came by the last fetch could not be taken: the leader gets another chance after a while. */
  | { readonly kind: 'refused' }

// ---- effects

/** Carried out in list order: a vote is on the device before anything that follows from it leaves this node. */
export type QuorumEffect =
  | { readonly kind: 'saveVote'; readonly vote: Vote }
  /** A leader's batch: the first of its epoch, or one that says who votes from then on. */
  | { readonly kind: 'write'; readonly batch: Uint8Array; readonly epoch: number }
  /** A follower's records, as its leader has them. */
  | { readonly kind: 'follow'; readonly records: Uint8Array }
  | { readonly kind: 'truncate'; readonly offset: number }
  /** Begins a download where `position` is 0; the last piece makes the log go on behind the snapshot. */
  | { readonly kind: 'storePiece'; readonly piece: SnapshotPiece }
  /** The snapshot is here already: the log goes on behind it. */
  | { readonly kind: 'restore'; readonly id: SnapshotId }
  | { readonly kind: 'commit'; readonly offset: number }
  | { readonly kind: 'role'; readonly role: Role; readonly epoch: number; readonly leaderId: number | null }
  | { readonly kind: 'send'; readonly to: Peer; readonly ask: Ask; readonly attempt: number }
  | { readonly kind: 'answer'; readonly key: number; readonly answer: Answer }
  /** Something that cannot be in a sound cluster: this node takes part no longer, so that nothing gets lost by it. */
  | { readonly kind: 'stop'; readonly why: string }

/** What must survive a crash, so that no node votes twice in an epoch. */
export interface Vote {
  readonly epoch: number
  readonly leaderId: number | null
  readonly votedFor: ReplicaKey | null
}
