// Heartbeat: the member lives; it learns here that a rebalance wants it back.

import type { Decision } from '../../../machine/machine.ts'
import { decide } from '../../../machine/machine.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import type { GroupMachine } from '../group-machine.ts'
import { keepAlive } from '../rebalance.ts'
import type { GroupRecord } from '../stored.ts'
import { validateMember } from '../validate-member.ts'

export interface HeartbeatRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** NONE, or why not; REBALANCE_IN_PROGRESS calls the member back, and keeps its session all the same. */
export function heartbeat(machine: GroupMachine, request: HeartbeatRequest, now: number): Decision<GroupRecord, ErrorName> {
  const { groupId, memberId, groupInstanceId, generationId } = request
  if (groupId === '') return decide('INVALID_GROUP_ID' as const)
  const group = machine.groups.get(groupId)
  if (!group) return decide('UNKNOWN_MEMBER_ID' as const)
  const refusal = validateMember(group, memberId, groupInstanceId)
  if (refusal) return decide(refusal)
  if (generationId !== group.generation) return decide('ILLEGAL_GENERATION' as const)
  const step = machine.step(group, now)
  keepAlive(step, group.members.get(memberId)!)
  return step.out.now(group.state === 'PreparingRebalance' ? 'REBALANCE_IN_PROGRESS' : 'NONE')
}
