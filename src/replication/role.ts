// What the controller makes of one replica.

import { KafkaError } from '../protocol/errors.ts'

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

/** Throws where a client names another leader epoch of a partition than the one known here (KIP-320); -1 names none. */
export function requireEpoch(partition: string, leaderEpoch: number, named: number): void {
  if (named < 0 || named === leaderEpoch) return
  const known = `the client knows epoch ${named} of ${partition}, we ${leaderEpoch}`
  throw new KafkaError(named < leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH', known)
}
