// How a generation comes about: members are told to come back, the join phase ends, the leader's assignment is awaited.

import { joined, refuseJoin, refuseSync } from './answers.ts'
import type { Outcome } from './outcome.ts'
import type { GroupSettings } from './settings.ts'
import { type Group, type Member, NO_BYTES } from './state.ts'
import { subscribedTopics } from './subscription.ts'
import { timerKey } from './timer-keys.ts'
import { chooseProtocol } from './vote.ts'

/** One group in the middle of a command. */
export interface Step {
  readonly group: Group
  readonly out: Outcome
  readonly now: number
  readonly settings: GroupSettings
}

/** Starts a rebalance, or ends the one under way if everyone is there. */
export function rebalance(step: Step): void {
  if (step.group.state === 'PreparingRebalance') endJoinPhaseIfComplete(step)
  else startRebalance(step)
}

function startRebalance(step: Step): void {
  const { group, out, now, settings } = step
  if (group.state === 'CompletingRebalance') takeAssignmentsBack(step)
  group.unsynced.clear()
  out.disarm(timerKey('sync', group.id))
  const isFirst = group.state === 'Empty'
  group.become('PreparingRebalance', now)
  if (!isFirst) {
    if (group.hasAllJoined) endJoinPhase(step)
    else out.arm(timerKey('rebalance', group.id), group.rebalanceTimeoutMs)
    return
  }
  const delayMs = settings.initialRebalanceDelayMs
  if (delayMs <= 0) return endJoinPhase(step)
  group.initial = { remainingMs: Math.max(0, group.rebalanceTimeoutMs - delayMs), memberCame: false }
  out.arm(timerKey('rebalance', group.id), delayMs)
}

/** Those who wait for their assignment are sent back to join. */
function takeAssignmentsBack(step: Step): void {
  const { group, out } = step
  for (const member of group.members.values()) member.assignment = NO_BYTES
  for (const [memberId, key] of group.parkedSyncs) {
    out.answer(key, refuseSync('REBALANCE_IN_PROGRESS'))
    keepAlive(step, group.members.get(memberId)!)
  }
  group.parkedSyncs.clear()
}

/** The first rebalance of a group ends by its delay alone, all others as soon as everyone is back. */
export function endJoinPhaseIfComplete(step: Step): void {
  const { group } = step
  if (group.state === 'PreparingRebalance' && !group.initial && group.hasAllJoined) endJoinPhase(step)
}

/** The time to join is over; a first rebalance is given more of it while members keep coming. */
export function joinTimeIsOver(step: Step): void {
  const { group, out, settings } = step
  if (group.state !== 'PreparingRebalance') return
  const initial = group.initial
  if (!initial?.memberCame || initial.remainingMs === 0) return endJoinPhase(step)
  const delayMs = Math.min(settings.initialRebalanceDelayMs, initial.remainingMs)
  group.initial = { remainingMs: initial.remainingMs - delayMs, memberCame: false }
  out.arm(timerKey('rebalance', group.id), delayMs)
}

function endJoinPhase(step: Step): void {
  const { group, out, now } = step
  group.initial = null
  out.disarm(timerKey('rebalance', group.id))
  for (const member of [...group.members.values()]) {
    if (!group.parkedJoins.has(member.id) && member.instanceId === null) dropMember(step, member)
  }
  if (group.members.size > 0 && !electJoinedLeader(group)) {
    // Only static members are left and none came back: their sessions end the wait, or the first to return does.
    out.arm(timerKey('rebalance', group.id), group.rebalanceTimeoutMs)
    return
  }
  group.generation++
  if (group.members.size === 0) becomeEmpty(step)
  else {
    group.protocol = chooseProtocol(group.members.values())
    group.become('CompletingRebalance', now)
    group.subscribedTopics = subscribedTopics(group)
    announceGeneration(step)
  }
}

function becomeEmpty({ group, out, now }: Step): void {
  group.protocol = null
  group.leaderId = null
  group.become('Empty', now)
  group.subscribedTopics = subscribedTopics(group)
  // The members are gone already, and answers of theirs are on their way: a log that refuses must not take them back. So what is to be written
  // is written by a timer of its own, which the runtime repeats until it succeeds.
  out.arm(timerKey('settle', group.id), 0)
}

/** Leads on who led, if it came back; otherwise the first who did. */
function electJoinedLeader(group: Group): boolean {
  if (group.leaderId !== null && group.parkedJoins.has(group.leaderId)) return true
  const next = group.parkedJoins.keys().next().value
  if (next === undefined) return false
  group.leaderId = next
  return true
}

function announceGeneration(step: Step): void {
  const { group, out } = step
  for (const member of group.members.values()) {
    const key = group.parkedJoins.get(member.id)
    if (key !== undefined) out.answer(key, joined(group, member))
    member.isNew = false
    group.unsynced.add(member.id)
    keepAlive(step, member)
  }
  group.parkedJoins.clear()
  out.arm(timerKey('sync', group.id), group.rebalanceTimeoutMs)
}

/** Members that took no assignment in time are put out, and the rest begin anew. */
export function syncTimeIsOver(step: Step): void {
  const { group } = step
  if (group.unsynced.size === 0 || (group.state !== 'CompletingRebalance' && group.state !== 'Stable')) return
  for (const id of [...group.unsynced]) dropMember(step, group.members.get(id)!)
  rebalance(step)
}

/** The member asked for its assignment of this generation. */
export function noteSynced({ group, out }: Step, memberId: string): void {
  if (group.unsynced.delete(memberId) && group.unsynced.size === 0) out.disarm(timerKey('sync', group.id))
}

/** The member showed that it lives. */
export function keepAlive({ group, out }: Step, member: Member): void {
  out.arm(timerKey('session', group.id, member.id), member.sessionTimeoutMs)
}

/** A member left or its session ended: the others share its partitions. */
export function removeMembers(step: Step, members: readonly Member[]): void {
  for (const member of members) dropMember(step, member)
  if (members.length > 0) rebalance(step)
}

function dropMember({ group, out }: Step, member: Member): void {
  answerParked({ group, out }, member.id, 'UNKNOWN_MEMBER_ID', '')
  group.remove(member)
  out.disarm(timerKey('session', group.id, member.id))
}

/** Whoever waits under this member's id gets the error, so that no request is forgotten. */
export function answerParked(
  { group, out }: Pick<Step, 'group' | 'out'>,
  id: string,
  error: 'UNKNOWN_MEMBER_ID' | 'FENCED_INSTANCE_ID' | 'REBALANCE_IN_PROGRESS',
  toldMemberId: string = id,
): void {
  const join = group.parkedJoins.get(id)
  if (join !== undefined) out.answer(join, refuseJoin(error, toldMemberId))
  group.parkedJoins.delete(id)
  const sync = group.parkedSyncs.get(id)
  if (sync !== undefined) out.answer(sync, refuseSync(error))
  group.parkedSyncs.delete(id)
}
