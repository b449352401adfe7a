// JoinGroup: who may join, under which id, and whether the group has to rebalance for it.

import type { Decision } from '../../../machine/machine.ts'
import { type ErrorName, KafkaError } from '../../../protocol/errors.ts'
import { type Asker, type JoinAnswer, joined, refuseJoin } from '../answers.ts'
import type { GroupMachine } from '../group-machine.ts'
import { answerParked, keepAlive, rebalance, type Step } from '../rebalance.ts'
import { MAX_PENDING_OF_GROUP, MAX_PENDING_OF_PARTITION, NEW_MEMBER_JOIN_TIMEOUT_MS } from '../settings.ts'
import { Group, type Member, type MemberProtocol, NO_BYTES } from '../state.ts'
import type { GroupRecord } from '../stored.ts'
import { timerKey } from '../timer-keys.ts'
import { validateMember } from '../validate-member.ts'
import { mayJoin, sameProtocols } from '../vote.ts'
import { replaceStaticMember } from './replace-static.ts'

export interface JoinRequest {
  readonly groupId: string
  readonly sessionTimeoutMs: number
  /** -1 from clients that know only one timeout. */
  readonly rebalanceTimeoutMs: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly protocolType: string
  readonly protocols: readonly MemberProtocol[]
}

export interface JoinCall {
  readonly request: JoinRequest
  readonly asker: Asker
  /** A fresh random id, for the member if it needs one. */
  readonly newId: string
}

type Answered = Decision<GroupRecord, JoinAnswer>

/** From this version on a client without an id is given one first and joins with it (KIP-394). */
const KNOWN_ID_REQUIRED_FROM = 4

/** Lets a member join or join again; the answer comes when the group's join phase ends. */
export function join(machine: GroupMachine, call: JoinCall, now: number): Answered {
  const { request } = call
  const { groupId, memberId, sessionTimeoutMs } = request
  const { minSessionTimeoutMs, maxSessionTimeoutMs } = machine.settings
  const known = machine.groups.get(groupId)
  const group = known ?? new Group(groupId, now)
  const step = machine.step(group, now)
  const refuse = (error: ErrorName, told = memberId): Answered => step.out.now(refuseJoin(error, told))

  if (groupId === '') return refuse('INVALID_GROUP_ID')
  if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) return refuse('INVALID_SESSION_TIMEOUT')
  if (memberId !== '' && !known) return refuse('UNKNOWN_MEMBER_ID')
  if (!hasRoomFor(group, memberId, machine.settings.maxSize)) return refuse('GROUP_MAX_SIZE_REACHED', '')
  if (!mayJoin(group, request.protocolType, request.protocols)) return refuse('INCONSISTENT_GROUP_PROTOCOL')
  return memberId === '' ? joinAsNew(machine, step, call) : joinAgain(machine, step, call)
}

/** While a rebalance is under way those count who are back, otherwise all members. */
function hasRoomFor(group: Group, memberId: string, maxSize: number): boolean {
  if (group.state === 'Empty') return true
  if (group.state === 'PreparingRebalance') return group.parkedJoins.has(memberId) || group.parkedJoins.size < maxSize
  return group.members.has(memberId) || group.members.size < maxSize
}

function joinAsNew(machine: GroupMachine, step: Step, call: JoinCall): Answered {
  const { request, asker, newId } = call
  const { group, out } = step
  const { groupInstanceId } = request
  const memberId = `${groupInstanceId ?? asker.clientId}-${newId}`
  if (groupInstanceId !== null) {
    const old = group.staticMember(groupInstanceId)
    if (old) return replaceStaticMember(machine, step, old, memberOf(memberId, call), asker.version)
    return admit(machine, step, memberId, call)
  }
  if (asker.version < KNOWN_ID_REQUIRED_FROM) return admit(machine, step, memberId, call)
  if (group.pending.size >= MAX_PENDING_OF_GROUP || machine.pendingMembers >= MAX_PENDING_OF_PARTITION) {
    return out.now(refuseJoin('GROUP_MAX_SIZE_REACHED', ''))
  }
  machine.groups.set(group.id, group)
  machine.addPending(group, memberId)
  out.arm(timerKey('session', group.id, memberId), request.sessionTimeoutMs)
  return out.now(refuseJoin('MEMBER_ID_REQUIRED', memberId))
}

function joinAgain(machine: GroupMachine, step: Step, call: JoinCall): Answered {
  const { request } = call
  const { group, out } = step
  const { memberId, groupInstanceId, protocols } = request
  if (group.pending.has(memberId)) {
    // An id is handed out to members without an instance id only; Kafka answers UNKNOWN_SERVER_ERROR here.
    if (groupInstanceId !== null)
      throw new KafkaError('UNKNOWN_SERVER_ERROR', `static member ${groupInstanceId} joins with a dynamic member's id`)
    return admit(machine, step, memberId, call)
  }
  const refusal = validateMember(group, memberId, groupInstanceId)
  if (refusal) return out.now(refuseJoin(refusal, memberId))
  const member = group.members.get(memberId)!
  const isUnchanged = sameProtocols(member, protocols)
  // A leader that joins again while all is settled wants a new assignment; whoever else comes unchanged only missed an answer.
  const repeats =
    (group.state === 'CompletingRebalance' && isUnchanged) ||
    (group.state === 'Stable' && isUnchanged && group.leaderId !== memberId)
  if (repeats) {
    keepAlive(step, member)
    return out.now(joined(group, member))
  }
  return rejoin(machine, step, member, request)
}

function rejoin(machine: GroupMachine, step: Step, member: Member, request: JoinRequest): Answered {
  const { group, out } = step
  group.changeProtocols(member, copyOf(request.protocols))
  member.rebalanceTimeoutMs = rebalanceTimeoutOf(request)
  member.sessionTimeoutMs = request.sessionTimeoutMs
  // An earlier join of this member can only wait on a connection that its client gave up.
  answerParked(step, member.id, 'REBALANCE_IN_PROGRESS')
  const key = machine.parkingKey(group, member.id)
  group.parkedJoins.set(member.id, key)
  if (!member.isNew) out.disarm(timerKey('session', group.id, member.id))
  rebalance(step)
  return out.later(key)
}

function admit(machine: GroupMachine, step: Step, memberId: string, call: JoinCall): Answered {
  const { group, out } = step
  machine.groups.set(group.id, group)
  machine.removePending(group, memberId)
  if (group.initial) group.initial.memberCame = true
  group.add(memberOf(memberId, call), call.request.protocolType)
  const key = machine.parkingKey(group, memberId)
  group.parkedJoins.set(memberId, key)
  out.arm(timerKey('session', group.id, memberId), NEW_MEMBER_JOIN_TIMEOUT_MS)
  rebalance(step)
  return out.later(key)
}

function memberOf(id: string, { request, asker }: JoinCall): Member {
  return {
    id,
    instanceId: request.groupInstanceId,
    clientId: asker.clientId,
    clientHost: asker.clientHost,
    rebalanceTimeoutMs: rebalanceTimeoutOf(request),
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols: copyOf(request.protocols),
    assignment: NO_BYTES,
    isNew: true,
  }
}

function rebalanceTimeoutOf({ rebalanceTimeoutMs, sessionTimeoutMs }: JoinRequest): number {
  return rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs
}

/** The request's bytes belong to its connection and are gone after the answer. */
function copyOf(protocols: readonly MemberProtocol[]): MemberProtocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: new Uint8Array(metadata) }))
}
