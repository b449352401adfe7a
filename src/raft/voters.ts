// Who may vote on the metadata log (KIP-853).

import { ZERO_UUID } from '../base/uuid.ts'
import type { KRaftVoter } from '../protocol/records/control.ts'

/** A node in one incarnation of its disk: the same id with another directory is another voter. */
export interface ReplicaKey {
  readonly id: number
  /** The zero id where only the node id is known (kraft.version 0). */
  readonly directoryId: string
}

export interface VoterEndpoint {
  readonly name: string
  readonly host: string
  readonly port: number
}

export interface Voter extends ReplicaKey {
  readonly endpoints: readonly VoterEndpoint[]
}

/** What this build and Apache Kafka 4.2 can do as a voter. */
const KRAFT_VERSIONS = { minSupportedVersion: 0, maxSupportedVersion: 1 }

export function voterRecord({ id, directoryId, endpoints }: Voter): KRaftVoter {
  return {
    voterId: id,
    voterDirectoryId: directoryId,
    endpoints: endpoints.map((one) => ({ ...one })),
    kRaftVersionFeature: KRAFT_VERSIONS,
  }
}

export function voterOf({ voterId, voterDirectoryId, endpoints }: KRaftVoter): Voter {
  return { id: voterId, directoryId: voterDirectoryId, endpoints }
}

/** Whether a vote cast for `one` was cast for `other`: by node id, and by directory where both are known. */
export function isSameReplica(one: ReplicaKey, other: ReplicaKey): boolean {
  const known = one.directoryId !== ZERO_UUID && other.directoryId !== ZERO_UUID
  return one.id === other.id && (!known || one.directoryId === other.directoryId)
}
