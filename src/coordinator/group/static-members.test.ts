import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupWorld } from '../../../test/support/group-world.ts'

/** Two static members, settled; the first leads. */
function settledPair(world: GroupWorld): [string, string] {
  const a = world.join({ instance: 'A' }).value.memberId
  world.sync(a, 1, { [a]: 'all' }, { instance: 'A' })
  const joining = world.join({ instance: 'B' })
  world.join({ id: a, instance: 'A' })
  const b = joining.value.memberId
  world.sync(b, 2, {}, { instance: 'B' })
  world.sync(a, 2, { [a]: 'one', [b]: 'two' }, { instance: 'A' })
  return [a, b]
}

test('a static member is admitted at once, under an id that begins with its instance', () => {
  const world = new GroupWorld()
  const { error, memberId } = world.join({ instance: 'A' }).value
  assert.deepEqual([error, memberId], ['NONE', 'A-1'])
})

test('a new process of a static member takes over without a rebalance, and the old one is fenced', () => {
  const world = new GroupWorld()
  const [, b] = settledPair(world)
  const next = world.join({ instance: 'B' }).value
  assert.notEqual(next.memberId, b)
  assert.deepEqual([next.generationId, next.skipAssignment, next.members], [2, false, []])
  assert.equal(world.heartbeat(b, 2, { instance: 'B' }), 'FENCED_INSTANCE_ID')
  assert.equal(world.join({ id: b, instance: 'B' }).value.error, 'FENCED_INSTANCE_ID')
  assert.equal(world.sync(b, 2, {}, { instance: 'B' }).value.error, 'FENCED_INSTANCE_ID')
  assert.equal(Buffer.from(world.sync(next.memberId, 2).value.assignment).toString(), 'two')
})

test('a leader that is replaced keeps the lead and is told to skip the assignment; an old client is not told that it leads', () => {
  const world = new GroupWorld()
  const [a] = settledPair(world)
  const next = world.join({ instance: 'A' }).value
  assert.deepEqual([next.leader, next.skipAssignment, next.members.length], [next.memberId, true, 2])
  assert.ok(next.members.some((member) => member.memberId === next.memberId) && next.memberId !== a)
  const old = world.join({ instance: 'A', version: 8 }).value
  assert.deepEqual([old.leader, old.skipAssignment, old.members], [next.memberId, false, []])
  assert.equal(world.group.leaderId, old.memberId)
})

test('a static member that comes back with another choice of protocol starts a rebalance', () => {
  const world = new GroupWorld()
  const a = world.join({ instance: 'A', protocols: ['range', 'sticky'] }).value.memberId
  world.sync(a, 1, {}, { instance: 'A' })
  const next = world.join({ instance: 'A', protocols: ['sticky', 'range'] })
  assert.deepEqual([next.value.generationId, next.value.protocolName], [2, 'sticky'])
})

test('who waits under the instance is fenced when a new process joins during a rebalance', () => {
  const world = new GroupWorld()
  const [a] = settledPair(world)
  const third = world.join({ instance: 'C' })
  const next = world.join({ instance: 'C' })
  assert.equal(third.value.error, 'FENCED_INSTANCE_ID')
  assert.equal(next.isAnswered, false)
  world.join({ id: a, instance: 'A' })
  world.advance(60_000)
  assert.equal(next.value.error, 'NONE')
})

test('static members that do not come back keep their place until their session ends', () => {
  const world = new GroupWorld()
  const [a, b] = settledPair(world)
  world.join({ id: b, instance: 'B', metadata: 'changed', timeout: 5000 })
  world.advance(9999)
  assert.ok(world.group.members.has(a), 'the join phase is over, the session is not')
  world.advance(1)
  assert.ok(!world.group.members.has(a))
})

test('a replacement survives a restart', () => {
  const world = new GroupWorld()
  settledPair(world)
  const next = world.join({ instance: 'B' }).value.memberId
  world.restart()
  assert.equal(world.heartbeat(next, 2, { instance: 'B' }), 'NONE')
})

test('a static member whose wait for its assignment is broken off has a session again', () => {
  const world = new GroupWorld()
  const first = world.join({ version: 3 }).value.memberId
  const a = world.join({ instance: 'A' })
  world.join({ id: first })
  const waiting = world.sync(a.value.memberId, 2, {}, { instance: 'A' })
  world.advance(10_000)
  assert.equal(waiting.value.error, 'REBALANCE_IN_PROGRESS', 'the leader is gone')
  world.advance(10_000)
  assert.equal(world.group.state, 'Empty')
})
