// A classic group as its coordinator sees it. Hard: `written` and `offsets`, changed by `GroupMachine.apply` alone. All else is soft: who
// waits for a rebalance that is under way; it is lost with the coordinator, and members join again.

import { assert } from '../../base/assert.ts'
import { GroupOffsets } from './offsets.ts'
import type { StoredGroup, StoredMember } from './stored.ts'

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable'

/** One way to assign that a member knows, with what it tells the leader; the coordinator never looks inside. */
export interface MemberProtocol {
  readonly name: string
  readonly metadata: Uint8Array
}

export interface Member {
  readonly id: string
  readonly instanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** In the member's order of preference. */
  protocols: readonly MemberProtocol[]
  assignment: Uint8Array
  /** Its first join was not answered yet, so it cannot send heartbeats. */
  isNew: boolean
}

/** The first rebalance of a group waits a little for more members, and longer while they keep coming. */
export interface InitialRebalance {
  readonly remainingMs: number
  memberCame: boolean
}

export const NO_BYTES = new Uint8Array(0)

export class Group {
  readonly id: string
  readonly offsets = new GroupOffsets()
  /** The last settled generation in the log. */
  written: StoredGroup | null = null

  state: GroupState = 'Empty'
  /** Wall clock; -1 where the log does not tell. */
  stateSince: number
  generation = 0
  /** `consumer`, `connect`, ...; null until someone joined: such a group only keeps offsets. */
  protocolType: string | null = null
  protocol: string | null = null
  leaderId: string | null = null
  /** Null where the members' metadata is not the consumers' own. */
  subscribedTopics: ReadonlySet<string> | null = null
  readonly members = new Map<string, Member>()
  /** Ids handed out and not used yet (KIP-394). */
  readonly pending = new Set<string>()
  /** Requests that wait, by member: for the end of the join phase, and for the leader's assignment. */
  readonly parkedJoins = new Map<string, string>()
  readonly parkedSyncs = new Map<string, string>()
  /** Members that have not asked for their assignment of this generation. */
  readonly unsynced = new Set<string>()
  initial: InitialRebalance | null = null
  /** A static member that takes its instance over once the record that says so is in the log. */
  successor: Member | null = null
  readonly #statics = new Map<string, string>()
  /** How many members know each protocol. */
  readonly #known = new Map<string, number>()

  constructor(id: string, now: number) {
    this.id = id
    this.stateSince = now
  }

  become(state: GroupState, now: number): void {
    this.state = state
    this.stateSince = now
  }

  staticMember(instanceId: string): Member | undefined {
    const id = this.#statics.get(instanceId)
    return id === undefined ? undefined : this.members.get(id)
  }

  add(member: Member, protocolType: string): void {
    if (this.members.size === 0) this.protocolType = protocolType
    this.leaderId ??= member.id
    this.members.set(member.id, member)
    if (member.instanceId !== null) this.#statics.set(member.instanceId, member.id)
    this.#count(member.protocols, 1)
  }

  remove(member: Member): void {
    assert(this.members.delete(member.id), `member ${member.id} is in group ${this.id}`)
    if (member.instanceId !== null) this.#statics.delete(member.instanceId)
    this.#count(member.protocols, -1)
    this.unsynced.delete(member.id)
    if (this.leaderId === member.id) this.leaderId = this.members.keys().next().value ?? null
  }

  /** A new process of the same instance takes the place of the old one: its assignment, leadership and what it still owes. */
  replace(old: Member, next: Member): void {
    const owesSync = this.unsynced.has(old.id)
    const leads = this.leaderId === old.id
    this.remove(old)
    this.add(next, this.protocolType ?? '')
    if (owesSync) this.unsynced.add(next.id)
    if (leads) this.leaderId = next.id
  }

  changeProtocols(member: Member, protocols: readonly MemberProtocol[]): void {
    this.#count(member.protocols, -1)
    member.protocols = protocols
    this.#count(protocols, 1)
  }

  #count(protocols: readonly MemberProtocol[], by: 1 | -1): void {
    for (const name of new Set(protocols.map((protocol) => protocol.name))) {
      const count = (this.#known.get(name) ?? 0) + by
      if (count > 0) this.#known.set(name, count)
      else this.#known.delete(name)
    }
  }

  /** True when every member knows the protocol. */
  allKnow(protocol: string): boolean {
    return (this.#known.get(protocol) ?? 0) === this.members.size
  }

  /** Everyone is back, and nobody is expected who was given an id. */
  get hasAllJoined(): boolean {
    return this.parkedJoins.size === this.members.size && this.pending.size === 0
  }

  /** The slowest member sets the pace. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  metadataOf(member: Member): Uint8Array {
    return member.protocols.find((protocol) => protocol.name === this.protocol)?.metadata ?? NO_BYTES
  }

  /** Nothing is known of the group that anyone could ask for. One that has had a generation is yet to be written as empty. */
  get isNothing(): boolean {
    return this.written === null && this.generation === 0 && this.isIdle && this.offsets.isEmpty && !this.offsets.hasPending
  }

  get isIdle(): boolean {
    return this.members.size === 0 && this.pending.size === 0
  }

  /** What is written of the group as it stands, with each member's assignment by `assignmentOf`. */
  toStored(now: number, assignmentOf: (member: Member) => Uint8Array = (member) => member.assignment): StoredGroup {
    return {
      protocolType: this.protocolType ?? '',
      generation: this.generation,
      protocol: this.protocol,
      leader: this.leaderId,
      currentStateTimestamp: now,
      members: [...this.members.values()].map((member) => toStoredMember(member, this.metadataOf(member), assignmentOf(member))),
    }
  }
}

export function toStoredMember(member: Member, subscription: Uint8Array, assignment: Uint8Array): StoredMember {
  return {
    memberId: member.id,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeout: member.rebalanceTimeoutMs,
    sessionTimeout: member.sessionTimeoutMs,
    subscription,
    assignment,
  }
}

/** A member as the log knows it: of its protocols only the chosen one is left, which is enough until it joins again. */
export function fromStoredMember(stored: StoredMember, protocol: string): Member {
  return {
    id: stored.memberId,
    instanceId: stored.groupInstanceId,
    clientId: stored.clientId,
    clientHost: stored.clientHost,
    rebalanceTimeoutMs: stored.rebalanceTimeout < 0 ? stored.sessionTimeout : stored.rebalanceTimeout,
    sessionTimeoutMs: stored.sessionTimeout,
    protocols: [{ name: protocol, metadata: stored.subscription }],
    assignment: stored.assignment,
    isNew: false,
  }
}
