// What members are told. An error is Kafka's name for it, NONE for success; handlers turn it into the wire's code.

import type { ErrorName } from '../../protocol/errors.ts'
import { type Group, type Member, NO_BYTES } from './state.ts'

/** Who asks: what groups remember of a connection and of the request's header. */
export interface Asker {
  readonly version: number
  readonly clientId: string
  /** As Kafka prints it: "/127.0.0.1". */
  readonly clientHost: string
}

export interface JoinAnswer {
  readonly error: ErrorName
  readonly memberId: string
  readonly generationId: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leader: string
  /** The leader shall keep the assignment as it is (KIP-814). */
  readonly skipAssignment: boolean
  /** Only the leader gets them. */
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly metadata: Uint8Array
  }[]
}

export interface SyncAnswer {
  readonly error: ErrorName
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignment: Uint8Array
}

export function refuseJoin(error: ErrorName, memberId: string): JoinAnswer {
  return {
    error,
    memberId,
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    members: [],
  }
}

/** The member's view of the generation: everyone's metadata for the leader, the bare facts for the others. */
export function joined(group: Group, member: Member): JoinAnswer {
  const leads = group.leaderId === member.id
  return {
    error: 'NONE',
    memberId: member.id,
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocol,
    leader: group.leaderId ?? '',
    skipAssignment: false,
    members: leads ? membersOf(group) : [],
  }
}

/** All members with their metadata of the chosen protocol. */
export function membersOf(group: Group): JoinAnswer['members'] {
  return [...group.members.values()].map((member) => ({
    memberId: member.id,
    groupInstanceId: member.instanceId,
    metadata: group.metadataOf(member),
  }))
}

export function refuseSync(error: ErrorName): SyncAnswer {
  return { error, protocolType: null, protocolName: null, assignment: NO_BYTES }
}

export function synced(group: Group, assignment: Uint8Array): SyncAnswer {
  return { error: 'NONE', protocolType: group.protocolType, protocolName: group.protocol, assignment }
}
