// LeaveGroup: members go by their own will, or an administrator removes them, static ones by their instance id.

import type { Decision } from '../../../machine/machine.ts'
import { decide } from '../../../machine/machine.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import type { GroupMachine } from '../group-machine.ts'
import { endJoinPhaseIfComplete, removeMembers } from '../rebalance.ts'
import type { Group, Member } from '../state.ts'
import type { GroupRecord } from '../stored.ts'
import { timerKey } from '../timer-keys.ts'
import { validateMember } from '../validate-member.ts'

export interface LeavingMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

export interface LeaveRequest {
  readonly groupId: string
  readonly members: readonly LeavingMember[]
}

export interface LeaveAnswer {
  readonly error: ErrorName
  readonly members: readonly (LeavingMember & { readonly error: ErrorName })[]
}

/** Removes those who are members; each gets an answer of its own. One rebalance serves all that go together. It writes nothing itself. */
export function leave(
  machine: GroupMachine,
  { groupId, members }: LeaveRequest,
  now: number,
): Decision<GroupRecord, LeaveAnswer> {
  if (groupId === '') return decide({ error: 'INVALID_GROUP_ID', members: [] } as const)
  const group = machine.groups.get(groupId)
  if (!group)
    return decide({ error: 'NONE', members: members.map((member) => ({ ...member, error: 'UNKNOWN_MEMBER_ID' as const })) })

  const step = machine.step(group, now)
  const going = new Set<Member>()
  const answers = members.map((identity) => ({ ...identity, error: leaveOne(identity) }))
  removeMembers(step, [...going])
  endJoinPhaseIfComplete(step)
  machine.forgetIfNothing(group)
  return step.out.now({ error: 'NONE', members: answers })

  function leaveOne(identity: LeavingMember): ErrorName {
    const { memberId, groupInstanceId } = identity
    // Apache Kafka rebalances the whole group here; nobody's partitions change by an id that was never used, so we do not.
    if (groupInstanceId === null && machine.removePending(group!, memberId)) {
      step.out.disarm(timerKey('session', groupId, memberId))
      return 'NONE'
    }
    const found = whoLeaves(group!, identity)
    if (typeof found === 'string') return found
    if (going.has(found)) return 'UNKNOWN_MEMBER_ID'
    going.add(found)
    return 'NONE'
  }
}

/** An administrator names a static member by its instance alone. */
function whoLeaves(group: Group, { memberId, groupInstanceId }: LeavingMember): Member | ErrorName {
  if (memberId === '' && groupInstanceId !== null) return group.staticMember(groupInstanceId) ?? 'UNKNOWN_MEMBER_ID'
  return validateMember(group, memberId, groupInstanceId) ?? group.members.get(memberId)!
}
