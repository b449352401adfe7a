// Whatever members do and in whatever order, with time passing and the coordinator moving in between.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/support/fast-check.ts'
import { type Asked, GroupWorld } from '../../../test/support/group-world.ts'
import type { JoinAnswer, SyncAnswer } from './answers.ts'

interface Client {
  readonly instance: string | undefined
  readonly version: number
  id: string
  generation: number
  /** What it was told as leader. */
  members: readonly string[]
  join: Asked<JoinAnswer> | null
  sync: { readonly asked: Asked<SyncAnswer>; readonly generation: number } | null
}

type Act = 'join' | 'rejoin' | 'sync' | 'heartbeat' | 'leave' | 'commit' | 'simpleCommit' | 'pass' | 'restart'

const step = fc.record({
  act: fc.constantFrom<Act>(
    'join',
    'join',
    'rejoin',
    'sync',
    'sync',
    'heartbeat',
    'leave',
    'commit',
    'simpleCommit',
    'pass',
    'pass',
    'restart',
  ),
  who: fc.nat(5),
  ms: fc.constantFrom(1, 500, 3000, 5000, 9000, 30_000),
  changed: fc.boolean(),
})

class Life {
  readonly world: GroupWorld
  readonly clients: Client[]
  /** Which assignment of a leader each generation was settled with. */
  readonly settledBy = new Map<number, string>()
  readonly #committed = new Map<string, bigint>()
  #count = 0

  constructor(delayMs: number) {
    this.world = new GroupWorld({ initialRebalanceDelayMs: delayMs, maxSize: 4 })
    const client = (instance: string | undefined, version: number): Client => ({
      instance,
      version,
      id: '',
      generation: -1,
      members: [],
      join: null,
      sync: null,
    })
    this.clients = [
      client(undefined, 3),
      client(undefined, 9),
      client(undefined, 9),
      client('A', 9),
      client('B', 5),
      client('A', 8),
    ]
  }

  do({
    act,
    who,
    ms,
    changed,
  }: {
    readonly act: Act
    readonly who: number
    readonly ms: number
    readonly changed: boolean
  }): void {
    const client = this.clients[who]!
    const of = client.instance === undefined ? {} : { instance: client.instance }
    switch (act) {
      case 'join':
      case 'rejoin': {
        const id = act === 'join' ? '' : client.id
        const metadata = changed ? `changed ${this.#count++}` : 'same'
        client.join = this.world.join({ ...of, id, version: client.version, metadata, timeout: 20_000 })
        break
      }
      case 'sync': {
        const tag = `${this.#count++}`
        const assignments = Object.fromEntries(client.members.map((id) => [id, tag]))
        const asked = this.world.sync(client.id, client.generation, assignments, of)
        client.sync = { asked, generation: client.generation }
        break
      }
      case 'heartbeat':
        this.world.heartbeat(client.id, client.generation, of)
        break
      case 'leave':
        if (client.id !== '') this.world.leave(client.id)
        break
      case 'commit':
      case 'simpleCommit': {
        const as = act === 'commit' ? { id: client.id, generation: client.generation } : {}
        const topic = `topic-${who}`
        const offset = BigInt(this.#count++)
        const { error, topics } = this.world.commit(topic, offset, as)
        if (error === 'NONE' && topics[0]![0] === 'NONE') this.#committed.set(topic, offset)
        break
      }
      case 'pass':
        this.world.advance(ms)
        break
      case 'restart':
        this.world.restart()
        for (const one of this.clients) one.join = one.sync = null
        break
    }
    this.#hear()
    this.check()
  }

  /** Clients take note of what they were answered. */
  #hear(): void {
    for (const client of this.clients) {
      if (client.join?.isAnswered) this.#heardJoin(client, client.join.value)
      if (client.sync?.asked.isAnswered) this.#heardSync(client.sync.asked.value, client.sync.generation)
      if (client.join?.isAnswered) client.join = null
      if (client.sync?.asked.isAnswered) client.sync = null
    }
  }

  #heardJoin(client: Client, answer: JoinAnswer): void {
    if (answer.memberId !== '') client.id = answer.memberId
    if (answer.error !== 'NONE') return
    client.generation = answer.generationId
    client.members = answer.members.map(({ memberId }) => memberId)
    if (answer.leader === client.id && client.members.length > 0)
      assert.ok(client.members.includes(client.id), 'the leader is one of its members')
  }

  #heardSync({ error, assignment }: SyncAnswer, generation: number): void {
    if (error !== 'NONE' || assignment.length === 0) return
    const tag = Buffer.from(assignment).toString()
    const known = this.settledBy.get(generation)
    assert.ok(known === undefined || known === tag, `generation ${generation} has one assignment: ${known}, ${tag}`)
    this.settledBy.set(generation, tag)
  }

  check(): void {
    const { world } = this
    assert.deepEqual(world.replayed().hardState(), world.machine.hardState(), 'replayed equals lived')
    for (const [topic, offset] of this.#committed)
      assert.equal(world.committed(topic).committedOffset, offset, 'no committed offset is lost')
    const group = world.machine.groups.get('g')
    if (!group) return
    assert.equal(world.parked, group.parkedJoins.size + group.parkedSyncs.size, 'who waits is known')
    // Those who do not come back make room: while a rebalance is under way only those count who did.
    assert.ok(group.parkedJoins.size <= 4, 'no more than group.max.size come back')
    const dynamic = [...group.members.values()].filter(({ instanceId }) => instanceId === null)
    if (group.state !== 'PreparingRebalance') assert.ok(dynamic.length <= 4, 'no more members than group.max.size')
    for (const id of group.parkedJoins.keys()) assert.ok(group.members.has(id), 'only members wait')
    if (group.state === 'Stable') {
      assert.equal(group.parkedJoins.size + group.parkedSyncs.size, 0, 'nobody waits in a settled group')
      assert.deepEqual(group.written!.members.map(({ memberId }) => memberId).sort(), [...group.members.keys()].sort())
      assert.equal(group.written!.generation, group.generation)
      assert.equal(group.written!.leader, group.leaderId)
      assert.ok(group.members.has(group.leaderId!))
    }
    if (group.state === 'Empty') assert.equal(group.members.size, 0)
    else assert.ok(group.members.size > 0 || group.pending.size > 0 || group.initial, 'a group without members is empty')
  }
}

for (const delayMs of [0, 3000]) {
  test(`random lives of a group, initial delay ${delayMs}: replayed equals lived, one assignment per generation, nobody waits for ever`, () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
        const life = new Life(delayMs)
        for (const one of steps) life.do(one)
        life.do({ act: 'pass', who: 0, ms: 900_000, changed: false })
        assert.equal(life.world.parked, 0, 'everyone is answered when time passes')
        assert.equal(life.world.machine.groups.get('g')?.state ?? 'Empty', 'Empty', 'without a sign of life all sessions end')
        assert.equal(life.world.machine.pendingMembers, 0)
      }),
      { numRuns: 300 },
    )
  })
}

test('the two ways into a settled group are both taken by random lives', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 80, size: 'max' }), (steps) => {
      const life = new Life(0)
      for (const one of steps) {
        life.do(one)
        const group = life.world.machine.groups.get('g')
        if (group) seen.add(`${group.state} ${Math.min(group.members.size, 2)}`)
      }
    }),
    { numRuns: 100, seed: 1 },
  )
  for (const reached of ['Stable 1', 'Stable 2', 'CompletingRebalance 2', 'PreparingRebalance 2', 'Empty 0'])
    assert.ok(seen.has(reached), `${reached} in ${[...seen]}`)
})
