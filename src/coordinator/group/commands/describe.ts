// DescribeGroups and ListGroups: what a group looks like from outside.

import type { GroupMachine } from '../group-machine.ts'
import { type GroupState, NO_BYTES } from '../state.ts'

export interface DescribedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly memberMetadata: Uint8Array
  readonly memberAssignment: Uint8Array
}

export interface DescribedGroup {
  readonly groupState: GroupState
  readonly protocolType: string
  readonly protocolData: string
  readonly members: readonly DescribedMember[]
}

/** Null where there is no such group. The protocol and what members told about it are shown only while the group is settled. */
export function describeGroup(machine: GroupMachine, groupId: string): DescribedGroup | null {
  const group = machine.groups.get(groupId)
  if (!group) return null
  const isStable = group.state === 'Stable'
  return {
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocol ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.id,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? group.metadataOf(member) : NO_BYTES,
      memberAssignment: member.assignment,
    })),
  }
}

export interface ListedGroup {
  readonly groupId: string
  readonly protocolType: string
  readonly groupState: GroupState
  readonly groupType: 'classic'
}

export interface GroupFilter {
  /** Empty: all. Upper and lower case are the same; a name that is no state matches nothing. */
  readonly statesFilter: readonly string[]
  readonly typesFilter: readonly string[]
}

export function listGroups(machine: GroupMachine, { statesFilter, typesFilter }: GroupFilter): readonly ListedGroup[] {
  const states = new Set(statesFilter.map((name) => name.toLowerCase()))
  const types = new Set(typesFilter.map((name) => name.toLowerCase()))
  if (types.size > 0 && !types.has('classic')) return []
  const found: ListedGroup[] = []
  for (const group of machine.groups.values()) {
    if (states.size > 0 && !states.has(group.state.toLowerCase())) continue
    found.push({ groupId: group.id, protocolType: group.protocolType ?? '', groupState: group.state, groupType: 'classic' })
  }
  return found
}
