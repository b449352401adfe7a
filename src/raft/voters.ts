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

/** The levels of kraft.version that a voter can live with. */
export interface VersionRange {
  readonly min: number
  readonly max: number
}

export interface Voter extends ReplicaKey {
  readonly endpoints: readonly VoterEndpoint[]
  readonly kraftVersions: VersionRange
}

/** What this build and Apache Kafka 4.2 can do as a voter. */
export const KRAFT_VERSIONS: VersionRange = { min: 0, max: 1 }

export function voterRecord({ id, directoryId, endpoints, kraftVersions: { min, max } }: Voter): KRaftVoter {
  return {
    voterId: id,
    voterDirectoryId: directoryId,
    endpoints: endpoints.map((one) => ({ ...one })),
    kRaftVersionFeature: { minSupportedVersion: min, maxSupportedVersion: max },
  }
}

export function voterOf({ voterId, voterDirectoryId, endpoints, kRaftVersionFeature }: KRaftVoter): Voter {
  const { minSupportedVersion: min, maxSupportedVersion: max } = kRaftVersionFeature
  return { id: voterId, directoryId: voterDirectoryId, endpoints, kraftVersions: { min, max } }
}

export function covers({ min, max }: VersionRange, version: number): boolean {
  return min <= version && version <= max
}

/** Whether two entries of one voter say the same; endpoints may stand in another order. */
export function isSameEntry(one: Voter, other: Voter): boolean {
  const textOf = ({ endpoints, kraftVersions: { min, max } }: Voter) =>
    [...endpoints.map(({ name, host, port }) => `${name} ${host} ${port}`).sort(), min, max].join()
  return isSameReplica(one, other) && textOf(one) === textOf(other)
}

/** Who votes when that voter is no more. */
export function without(voters: readonly Voter[], gone: ReplicaKey): readonly Voter[] {
  return voters.filter((voter) => !isSameReplica(voter, gone))
}

/** Whether a vote cast for `one` was cast for `other`: by node id, and by directory where both are known. */
export function isSameReplica(one: ReplicaKey, other: ReplicaKey): boolean {
  const known = one.directoryId !== ZERO_UUID && other.directoryId !== ZERO_UUID
  return one.id === other.id && (!known || one.directoryId === other.directoryId)
}
