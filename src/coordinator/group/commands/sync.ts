// SyncGroup: the leader brings everyone's assignment, the others wait for theirs.

import type { Decision } from '../../../machine/machine.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import { refuseSync, type SyncAnswer, synced } from '../answers.ts'
import type { GroupMachine } from '../group-machine.ts'
import { answerParked, keepAlive, noteSynced, type Step } from '../rebalance.ts'
import { type Member, NO_BYTES } from '../state.ts'
import type { GroupRecord } from '../stored.ts'
import { timerKey } from '../timer-keys.ts'
import { validateMember } from '../validate-member.ts'

export interface SyncRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** Null from clients that do not tell. */
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[]
}

type Answered = Decision<GroupRecord, SyncAnswer>

/** Gives the member its assignment of this generation, or parks it until the leader's is in the log. */
export function sync(machine: GroupMachine, request: SyncRequest, now: number): Answered {
  const { groupId, memberId, groupInstanceId, generationId, protocolType, protocolName } = request
  const group = machine.groups.get(groupId)
  const step = machine.step(group ?? machine.unknownGroup(groupId, now), now)
  const refuse = (error: ErrorName): Answered => step.out.now(refuseSync(error))

  if (groupId === '') return refuse('INVALID_GROUP_ID')
  if (!group) return refuse('UNKNOWN_MEMBER_ID')
  const refusal = validateMember(group, memberId, groupInstanceId)
  if (refusal) return refuse(refusal)
  if (generationId !== group.generation) return refuse('ILLEGAL_GENERATION')
  const isOther = (told: string | null, ours: string | null) => told !== null && told !== ours
  if (isOther(protocolType, group.protocolType) || isOther(protocolName, group.protocol))
    return refuse('INCONSISTENT_GROUP_PROTOCOL')

  const member = group.members.get(memberId)!
  switch (group.state) {
    case 'Stable':
      noteSynced(step, memberId)
      keepAlive(step, member)
      return step.out.now(synced(group, member.assignment))
    case 'CompletingRebalance':
      return group.leaderId === memberId ? assign(step, member, request) : awaitAssignment(machine, step, member)
    default:
      return refuse('REBALANCE_IN_PROGRESS')
  }
}

function awaitAssignment(machine: GroupMachine, step: Step, member: Member): Answered {
  const { group, out } = step
  // An earlier request of this member can only wait on a connection that its client gave up.
  answerParked(step, member.id, 'REBALANCE_IN_PROGRESS')
  noteSynced(step, member.id)
  const key = machine.parkingKey(group, member.id)
  group.parkedSyncs.set(member.id, key)
  out.disarm(timerKey('session', group.id, member.id))
  return out.later(key)
}

/** Nothing of the group changes here: the record does it when it is in the log, so a refused append leaves everyone waiting. */
function assign(step: Step, leader: Member, { assignments }: SyncRequest): Answered {
  const { group, out, now } = step
  const byMember = new Map(assignments.map(({ memberId, assignment }) => [memberId, new Uint8Array(assignment)]))
  const assignmentOf = (member: Member) => byMember.get(member.id) ?? NO_BYTES
  out.write({ kind: 'groupMetadata', groupId: group.id, value: group.toStored(now, assignmentOf) })
  for (const [memberId, key] of group.parkedSyncs) {
    const member = group.members.get(memberId)!
    out.answer(key, synced(group, assignmentOf(member)))
    keepAlive(step, member)
  }
  const isLast = [...group.unsynced].every((id) => id === leader.id)
  if (isLast) out.disarm(timerKey('sync', group.id))
  keepAlive(step, leader)
  return out.now(synced(group, assignmentOf(leader)))
}
