// One partition as the metadata log describes it.

import type { RecordOf } from './records.ts'

export const NO_LEADER = -1
/** In a change: the leader stays, and with it the leader epoch. */
export const NO_LEADER_CHANGE = -2

/** KIP-704: a leader that was elected although it may miss committed records has not finished recovering. */
export const RECOVERED = 0
export const RECOVERING = 1

/** Directory of a replica that no broker has placed yet. */
export const UNASSIGNED_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAA'
/** Directory of a replica whose broker lost it and cannot say which one it was. */
export const LOST_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAQ'
/** Directory of a replica that some broker placed before metadata named directories (KIP-858). */
export const MIGRATING_DIRECTORY = 'AAAAAAAAAAAAAAAAAAAAAg'

export interface PartitionImage {
  readonly partition: number
  readonly replicas: readonly number[]
  /** The log directory of each replica, in the order of `replicas`. */
  readonly directories: readonly string[]
  readonly isr: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly addingReplicas: readonly number[]
  /** -1 while there is none. */
  readonly leader: number
  readonly leaderRecoveryState: number
  readonly leaderEpoch: number
  /** Grows with every change; AlterPartition names it. */
  readonly partitionEpoch: number
  /** Replicas that left the ISR while it was below min.insync.replicas: each has everything committed (KIP-966). */
  readonly elr: readonly number[]
  readonly lastKnownElr: readonly number[]
}

export function partitionFrom(record: RecordOf<'PartitionRecord'>): PartitionImage {
  return {
    partition: record.partitionId,
    replicas: record.replicas,
    directories: record.directories.length > 0 ? record.directories : record.replicas.map(() => MIGRATING_DIRECTORY),
    isr: record.isr,
    removingReplicas: record.removingReplicas,
    addingReplicas: record.addingReplicas,
    leader: record.leader,
    leaderRecoveryState: record.leaderRecoveryState,
    leaderEpoch: record.leaderEpoch,
    partitionEpoch: record.partitionEpoch,
    elr: record.eligibleLeaderReplicas ?? [],
    lastKnownElr: record.lastKnownElr ?? [],
  }
}

/** A leader that is named, even the same one, begins a new leader epoch; every change begins a new partition epoch. */
export function withChange(before: PartitionImage, change: RecordOf<'PartitionChangeRecord'>): PartitionImage {
  const namesLeader = change.leader !== NO_LEADER_CHANGE
  return {
    partition: before.partition,
    replicas: change.replicas ?? before.replicas,
    directories: change.directories ?? before.directories,
    isr: change.isr ?? before.isr,
    removingReplicas: change.removingReplicas ?? before.removingReplicas,
    addingReplicas: change.addingReplicas ?? before.addingReplicas,
    leader: namesLeader ? change.leader : before.leader,
    leaderRecoveryState: change.leaderRecoveryState >= 0 ? change.leaderRecoveryState : before.leaderRecoveryState,
    leaderEpoch: namesLeader ? before.leaderEpoch + 1 : before.leaderEpoch,
    partitionEpoch: before.partitionEpoch + 1,
    elr: change.eligibleLeaderReplicas ?? before.elr,
    lastKnownElr: change.lastKnownElr ?? before.lastKnownElr,
  }
}
