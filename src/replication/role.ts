// What the controller makes of one replica.

/** What the controller decided for a partition. */
export interface PartitionRole {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** Who left while too few were in sync, has everything committed, and may lead again (KIP-966). Missing: nobody. */
  readonly elr?: readonly number[]
}

/** Before the controller said anything. */
export const NOBODY: PartitionRole = { leaderId: -1, leaderEpoch: -1, partitionEpoch: -1, replicas: [], isr: [] }
