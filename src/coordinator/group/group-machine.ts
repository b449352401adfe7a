// All groups of one partition of __consumer_offsets, as a machine on that partition's log.

import { unreachable } from '../../base/assert.ts'
import type { Decision, Effect, RecordMeta, StateMachine } from '../../machine/machine.ts'
import { decide } from '../../machine/machine.ts'
import { expire } from './commands/expire.ts'
import { sessionIsOver } from './commands/session.ts'
import { settle } from './commands/settle.ts'
import { Outcome } from './outcome.ts'
import { joinTimeIsOver, keepAlive, rebalance, type Step, syncTimeIsOver } from './rebalance.ts'
import type { GroupSettings } from './settings.ts'
import { fromStoredMember, Group } from './state.ts'
import type { GroupRecord, StoredGroup } from './stored.ts'
import { subscribedTopics } from './subscription.ts'
import { EXPIRE, parseTimerKey } from './timer-keys.ts'

export class GroupMachine implements StateMachine<GroupRecord> {
  readonly settings: GroupSettings
  readonly groups = new Map<string, Group>()
  /** Which groups a producer's open transaction has committed offsets of. */
  readonly #inTransaction = new Map<number, Set<string>>()
  /** How far the retention check under way has come. */
  sweep: Iterator<Group, undefined> | null = null
  #isLive = false
  #pending = 0
  #parked = 0

  constructor(settings: GroupSettings) {
    this.settings = settings
  }

  apply(record: GroupRecord, meta: RecordMeta): void {
    const group = this.ensure(record.groupId, meta.timestamp)
    switch (record.kind) {
      case 'offsetCommit': {
        const offset = { ...record.value, recordOffset: meta.offset }
        if (meta.isTransactional) this.#applyPending(group, record.topic, record.partition, offset, meta.producerId)
        else group.offsets.set(record.topic, record.partition, offset)
        break
      }
      case 'offsetDelete':
        group.offsets.delete(record.topic, record.partition)
        break
      case 'groupMetadata':
        group.written = record.value
        if (this.#isLive) this.#adopt(group, record.value)
        break
      case 'groupDelete':
        group.written = null
        if (this.#isLive) this.#startAnew(group)
        break
      default:
        unreachable(record)
    }
    this.forgetIfNothing(group)
  }

  #applyPending(
    group: Group,
    topic: string,
    partition: number,
    offset: Parameters<Group['offsets']['set']>[2],
    producerId: number,
  ): void {
    group.offsets.setPending(producerId, topic, partition, offset)
    const groups = this.#inTransaction.get(producerId)
    if (groups) groups.add(group.id)
    else this.#inTransaction.set(producerId, new Set([group.id]))
  }

  endTransaction(producerId: number, _producerEpoch: number, committed: boolean): void {
    for (const id of this.#inTransaction.get(producerId) ?? []) {
      const group = this.groups.get(id)
      if (!group) continue
      group.offsets.endTransaction(producerId, committed)
      this.forgetIfNothing(group)
    }
    this.#inTransaction.delete(producerId)
  }

  /** What a command decided is in the log now: the members' assignments count, or a static member's new process does. */
  #adopt(group: Group, stored: StoredGroup): void {
    for (const { memberId, groupInstanceId, assignment } of stored.members) {
      const successor = group.successor
      const old = groupInstanceId === null ? undefined : group.staticMember(groupInstanceId)
      if (old && successor?.id === memberId && old.id !== memberId) group.replace(old, successor)
      const member = group.members.get(memberId)
      if (member) member.assignment = assignment
    }
    group.successor = null
    if (group.state === 'CompletingRebalance' && stored.generation === group.generation && stored.members.length > 0) {
      group.become('Stable', stored.currentStateTimestamp)
      group.parkedSyncs.clear()
      if (stored.leader !== null) group.unsynced.delete(stored.leader)
    }
  }

  /** Deleted: whoever was given an id has to begin again. */
  #startAnew(group: Group): void {
    for (const memberId of group.pending) this.removePending(group, memberId)
    if (group.state !== 'Empty') return
    group.generation = 0
    group.protocolType = null
    group.subscribedTopics = null
  }

  onLoaded(now: number): readonly Effect[] {
    this.#isLive = true
    const out = new Outcome()
    for (const group of this.groups.values()) {
      if (!group.written) continue
      revive(group, group.written)
      const step = { group, out, now, settings: this.settings }
      for (const member of group.members.values()) keepAlive(step, member)
      if (group.members.size > this.settings.maxSize) rebalance(step)
    }
    out.arm(EXPIRE, this.settings.retentionCheckMs)
    return out.effects
  }

  onTimer(key: string, now: number): Decision<GroupRecord, void> {
    if (key === EXPIRE) return expire(this, now)
    const { kind, groupId, memberId } = parseTimerKey(key)
    const group = this.groups.get(groupId)
    if (!group) return decide<GroupRecord, void>(undefined)
    const step = this.step(group, now)
    if (kind === 'settle') return settle(step)
    if (kind === 'session') sessionIsOver(this, step, memberId)
    else if (kind === 'rebalance') joinTimeIsOver(step)
    else if (kind === 'sync') syncTimeIsOver(step)
    else unreachable(kind)
    return step.out.now(undefined)
  }

  step(group: Group, now: number): Step {
    return { group, out: new Outcome(), now, settings: this.settings }
  }

  ensure(groupId: string, now: number): Group {
    let group = this.groups.get(groupId)
    if (!group) this.groups.set(groupId, (group = new Group(groupId, now)))
    return group
  }

  /** Stands in for a group that does not exist, for commands that only look. */
  unknownGroup(groupId: string, now: number): Group {
    return new Group(groupId, now)
  }

  forgetIfNothing(group: Group): void {
    if (group.isNothing && this.groups.get(group.id) === group) this.groups.delete(group.id)
  }

  get pendingMembers(): number {
    return this.#pending
  }

  addPending(group: Group, memberId: string): void {
    group.pending.add(memberId)
    this.#pending++
  }

  removePending(group: Group, memberId: string): boolean {
    const was = group.pending.delete(memberId)
    if (was) this.#pending--
    return was
  }

  /** A key that no request was ever parked under. */
  parkingKey(group: Group, memberId: string): string {
    return `${++this.#parked}:${group.id}:${memberId}`
  }

  /** The hard state in plain values, in a fixed order: equal machines have equal ones. */
  hardState(): unknown {
    return [...this.groups.values()]
      .filter((group) => group.written || !group.offsets.isEmpty || group.offsets.hasPending)
      .map((group) => ({ id: group.id, written: group.written, offsets: group.offsets.snapshot() }))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  }
}

/** A group as its last settled generation left it. */
function revive(group: Group, stored: StoredGroup): void {
  group.generation = stored.generation
  group.protocolType = stored.protocolType === '' ? null : stored.protocolType
  for (const member of stored.members) group.add(fromStoredMember(member, stored.protocol ?? ''), stored.protocolType)
  group.protocol = stored.protocol
  group.leaderId = stored.leader
  group.become(stored.members.length > 0 ? 'Stable' : 'Empty', stored.currentStateTimestamp)
  group.subscribedTopics = subscribedTopics(group)
}
