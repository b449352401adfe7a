// A static member's new process takes the place of the old one, without a rebalance where the group is settled (KIP-345).

import type { Decision } from '../../../machine/machine.ts'
import { type JoinAnswer, joined, membersOf } from '../answers.ts'
import type { GroupMachine } from '../group-machine.ts'
import { answerParked, keepAlive, rebalance, type Step } from '../rebalance.ts'
import { NEW_MEMBER_JOIN_TIMEOUT_MS } from '../settings.ts'
import { type Member, toStoredMember } from '../state.ts'
import type { GroupRecord, StoredGroup } from '../stored.ts'
import { timerKey } from '../timer-keys.ts'
import { chooseProtocol } from '../vote.ts'

/** From this version on the leader can be told to keep the assignment as it is (KIP-814). */
const SKIP_ASSIGNMENT_FROM = 9

/** The old process is fenced; the new one keeps its assignment, and its leadership. */
export function replaceStaticMember(
  machine: GroupMachine,
  step: Step,
  old: Member,
  next: Member,
  version: number,
): Decision<GroupRecord, JoinAnswer> {
  const { group } = step
  next.assignment = old.assignment
  const after = [...group.members.values()].map((member) => (member === old ? next : member))
  if (group.state === 'Stable' && chooseProtocol(after) === group.protocol) return replaceQuietly(step, old, next, version)

  const { out } = step
  answerParked(step, old.id, 'FENCED_INSTANCE_ID')
  out.disarm(timerKey('session', group.id, old.id))
  group.replace(old, next)
  const key = machine.parkingKey(group, next.id)
  group.parkedJoins.set(next.id, key)
  if (group.initial) group.initial.memberCame = true
  out.arm(timerKey('session', group.id, next.id), NEW_MEMBER_JOIN_TIMEOUT_MS)
  rebalance(step)
  return out.later(key)
}

/** Same generation, same assignment: only the record with the new id is written, and `apply` makes the change. */
function replaceQuietly(step: Step, old: Member, next: Member, version: number): Decision<GroupRecord, JoinAnswer> {
  const { group, out, now } = step
  next.isNew = false
  const leads = group.leaderId === old.id
  out.disarm(timerKey('session', group.id, old.id))
  keepAlive(step, next)
  group.successor = next
  const value = storedWith(step.group.toStored(now), old, next, leads, group.protocol)
  out.write({ kind: 'groupMetadata', groupId: group.id, value })

  const view = { ...joined(group, next), memberId: next.id, members: [] }
  // A leader that cannot be told to skip the assignment is told of its former id as leader, so that it does not assign anew.
  if (!leads || version < SKIP_ASSIGNMENT_FROM) return out.now(view)
  const members = membersOf(group).map((member) =>
    member.memberId === old.id ? { ...member, memberId: next.id, metadata: metadataFor(next, group.protocol) } : member,
  )
  return out.now({ ...view, leader: next.id, skipAssignment: true, members })
}

function storedWith(stored: StoredGroup, old: Member, next: Member, leads: boolean, protocol: string | null): StoredGroup {
  const replaced = toStoredMember(next, metadataFor(next, protocol), old.assignment)
  return {
    ...stored,
    leader: leads ? next.id : stored.leader,
    members: stored.members.map((member) => (member.memberId === old.id ? replaced : member)),
  }
}

function metadataFor(member: Member, protocol: string | null): Uint8Array {
  return member.protocols.find(({ name }) => name === protocol)!.metadata
}
