// One group machine with its log, its timers and those who wait, all in the hands of the test: no promise, no real time.

import assert from 'node:assert/strict'
import type { JoinAnswer, SyncAnswer } from '../../src/coordinator/group/answers.ts'
import { commitOffsets } from '../../src/coordinator/group/commands/commit-offsets.ts'
import { fetchOffsets } from '../../src/coordinator/group/commands/fetch-offsets.ts'
import { heartbeat } from '../../src/coordinator/group/commands/heartbeat.ts'
import { join } from '../../src/coordinator/group/commands/join.ts'
import { leave } from '../../src/coordinator/group/commands/leave.ts'
import { sync } from '../../src/coordinator/group/commands/sync.ts'
import { GroupMachine } from '../../src/coordinator/group/group-machine.ts'
import type { GroupSettings } from '../../src/coordinator/group/settings.ts'
import type { GroupRecord } from '../../src/coordinator/group/stored.ts'
import type { Decision, Effect, RecordMeta } from '../../src/machine/machine.ts'

export const settings: GroupSettings = {
  minSessionTimeoutMs: 6000,
  maxSessionTimeoutMs: 1_800_000,
  initialRebalanceDelayMs: 0,
  maxSize: 100,
  offsetMetadataMax: 4096,
  offsetsRetentionMs: 7 * 24 * 3_600_000,
  retentionCheckMs: 600_000,
  commitTimeoutMs: 5000,
}

/** An answer that may still be on its way. */
export class Asked<T> {
  #answer: { readonly value: T } | null = null

  get isAnswered(): boolean {
    return this.#answer !== null
  }

  get value(): T {
    assert.ok(this.#answer, 'answered by now')
    return this.#answer.value
  }

  settle(value: T): void {
    assert.equal(this.#answer, null, 'answered once')
    this.#answer = { value }
  }
}

export interface Joining {
  readonly group?: string
  readonly id?: string
  readonly instance?: string
  readonly version?: number
  readonly protocols?: readonly string[]
  readonly type?: string
  readonly session?: number
  readonly timeout?: number
  /** What the member tells the leader; default: the protocol's name. */
  readonly metadata?: string
}

export class GroupWorld {
  readonly settings: GroupSettings
  now = 1_700_000_000_000
  machine: GroupMachine
  readonly log: { readonly record: GroupRecord; readonly meta: RecordMeta }[] = []
  readonly #parked = new Map<string, Asked<never>>()
  readonly #timers = new Map<string, number>()
  #ids = 0

  constructor(changed: Partial<GroupSettings> = {}) {
    this.settings = { ...settings, ...changed }
    this.machine = new GroupMachine(this.settings)
    this.#carryOut(this.machine.onLoaded(this.now))
  }

  get parked(): number {
    return this.#parked.size
  }

  run<T>(command: (machine: GroupMachine, now: number) => Decision<GroupRecord, T>, producerId = -1): Asked<T> {
    const { records, reply, effects = [] } = command(this.machine, this.now)
    for (const record of records) {
      const meta = {
        offset: this.log.length,
        timestamp: this.now,
        leaderEpoch: 0,
        producerId,
        producerEpoch: 0,
        isTransactional: producerId >= 0,
      }
      this.log.push({ record, meta })
      this.machine.apply(record, meta)
    }
    const asked = new Asked<T>()
    if (reply.kind === 'now') asked.settle(reply.value)
    else {
      assert.equal(this.#parked.has(reply.key), false, 'no two wait under one key')
      this.#parked.set(reply.key, asked as Asked<never>)
    }
    this.#carryOut(effects)
    return asked
  }

  #carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === 'timer') this.#timers.set(effect.key, this.now + effect.afterMs)
      else if (effect.kind === 'cancelTimer') this.#timers.delete(effect.key)
      else {
        const asked = this.#parked.get(effect.key)
        assert.ok(asked, `someone waits under ${effect.key}`)
        this.#parked.delete(effect.key)
        asked.settle(effect.value as never)
      }
    }
  }

  /** Time passes; what comes due on the way comes due in its order. */
  advance(ms: number): void {
    const until = this.now + ms
    for (;;) {
      const next = [...this.#timers].sort(([, a], [, b]) => a - b)[0]
      if (!next || next[1] > until) break
      const [key, at] = next
      this.#timers.delete(key)
      this.now = Math.max(this.now, at)
      this.run((machine, now) => machine.onTimer(key, now))
    }
    this.now = until
  }

  /** The coordinator moves: what waits is lost, what was written is read again. */
  restart(): void {
    this.#parked.clear()
    this.#timers.clear()
    this.machine = this.replayed()
    this.#carryOut(this.machine.onLoaded(this.now))
  }

  replayed(): GroupMachine {
    const machine = new GroupMachine(this.settings)
    for (const { record, meta } of this.log) machine.apply(record, meta)
    return machine
  }

  join({
    group = 'g',
    id = '',
    instance,
    version = 9,
    protocols = ['range'],
    type = 'consumer',
    session = 10_000,
    timeout = 60_000,
    metadata,
  }: Joining = {}): Asked<JoinAnswer> {
    const request = {
      groupId: group,
      sessionTimeoutMs: session,
      rebalanceTimeoutMs: timeout,
      memberId: id,
      groupInstanceId: instance ?? null,
      protocolType: type,
      protocols: protocols.map((name) => ({ name, metadata: Buffer.from(metadata ?? name) })),
    }
    const asker = { version, clientId: 'client', clientHost: '/127.0.0.1' }
    return this.run((machine, now) => join(machine, { request, asker, newId: `${++this.#ids}` }, now))
  }

  /** Joins with the id that is handed out first. */
  joinFresh(joining: Joining = {}): { readonly id: string; readonly asked: Asked<JoinAnswer> } {
    const { error, memberId: id } = this.join(joining).value
    assert.equal(error, 'MEMBER_ID_REQUIRED')
    return { id, asked: this.join({ ...joining, id }) }
  }

  sync(
    id: string,
    generationId: number,
    assignments: Readonly<Record<string, string>> = {},
    { group = 'g', instance }: Joining = {},
  ): Asked<SyncAnswer> {
    const request = {
      groupId: group,
      generationId,
      memberId: id,
      groupInstanceId: instance ?? null,
      protocolType: null,
      protocolName: null,
      assignments: Object.entries(assignments).map(([memberId, text]) => ({ memberId, assignment: Buffer.from(text) })),
    }
    return this.run((machine, now) => sync(machine, request, now))
  }

  heartbeat(id: string, generationId: number, { group = 'g', instance }: Joining = {}) {
    const request = { groupId: group, generationId, memberId: id, groupInstanceId: instance ?? null }
    return this.run((machine, now) => heartbeat(machine, request, now)).value
  }

  leave(...ids: readonly string[]) {
    const members = ids.map((memberId) => ({ memberId, groupInstanceId: null }))
    return this.run((machine, now) => leave(machine, { groupId: 'g', members }, now)).value
  }

  /** A commit of partition 0 of `topic`; by nobody in particular unless a member is named. */
  commit(topic: string, offset: bigint, { id = '', generation = -1, group = 'g', retention = -1, producerId = -1 } = {}) {
    const partitions = [{ partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: -1, committedMetadata: null }]
    const request = {
      groupId: group,
      generationIdOrMemberEpoch: generation,
      memberId: id,
      groupInstanceId: null,
      retentionTimeMs: retention,
      topics: [{ name: topic, topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitions }],
    }
    return this.run((machine, now) => commitOffsets(machine, { request, version: 9 }, now), producerId).value
  }

  committed(topic: string, group = 'g', requireStable = false) {
    const [found] = fetchOffsets(this.machine, {
      groupId: group,
      topics: [{ name: topic, partitions: [0] }],
      requireStable,
    })
    return found!.partitions[0]!
  }

  /** A settled group of so many members; their assignments are their ids. */
  settled(count: number, joining: Joining = {}): string[] {
    const first = this.joinFresh(joining)
    const ids = [first.id]
    let generation = first.asked.value.generationId
    while (ids.length < count) {
      const { id, asked } = this.joinFresh(joining)
      for (const known of ids) this.join({ ...joining, id: known })
      ids.push(id)
      generation = asked.value.generationId
    }
    for (const id of ids.slice(1)) this.sync(id, generation)
    this.sync(ids[0]!, generation, Object.fromEntries(ids.map((id) => [id, id])))
    return ids
  }

  get group() {
    const group = this.machine.groups.get('g')
    assert.ok(group, 'the group exists')
    return group
  }
}
