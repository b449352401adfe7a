import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GroupWorld } from '../../../test/support/group-world.ts'

test('the first to join leads, and learns of the others at the next generation', () => {
  const world = new GroupWorld()
  const first = world.joinFresh()
  assert.equal(first.asked.value.leader, first.id)
  world.sync(first.id, 1, { [first.id]: 'all' })
  const second = world.joinFresh()
  assert.equal(second.asked.isAnswered, false)
  assert.equal(world.heartbeat(first.id, 1), 'REBALANCE_IN_PROGRESS')
  const again = world.join({ id: first.id })
  assert.deepEqual(
    again.value.members.map((member) => member.memberId),
    [first.id, second.id],
  )
  assert.deepEqual([again.value.generationId, second.asked.value.generationId], [2, 2])
  assert.deepEqual(second.asked.value.members, [], 'only the leader gets the members')
})

test('a follower that syncs before its leader gets the assignment with the leader', () => {
  const world = new GroupWorld()
  const a = world.joinFresh()
  world.sync(a.id, 1)
  const b = world.joinFresh()
  world.join({ id: a.id })
  const waiting = world.sync(b.id, 2)
  assert.equal(waiting.isAnswered, false)
  world.sync(a.id, 2, { [a.id]: 'one', [b.id]: 'two' })
  assert.equal(Buffer.from(waiting.value.assignment).toString(), 'two')
  assert.equal(world.group.state, 'Stable')
})

test('the first rebalance waits for more members as long as they keep coming, up to the rebalance timeout', () => {
  const world = new GroupWorld({ initialRebalanceDelayMs: 3000 })
  const a = world.join({ version: 3, timeout: 7000 })
  world.advance(2000)
  const b = world.join({ version: 3, timeout: 7000 })
  world.advance(1000)
  assert.equal(a.isAnswered, false, 'b came, so it waits for three seconds more')
  world.advance(2999)
  const c = world.join({ version: 3, timeout: 7000 })
  world.advance(1)
  assert.equal(c.isAnswered, false, 'one second is left of the rebalance timeout')
  world.advance(1000)
  for (const asked of [a, b, c]) assert.equal(asked.value.generationId, 1)
})

test('without more members the first rebalance ends after the delay', () => {
  const world = new GroupWorld({ initialRebalanceDelayMs: 3000 })
  const a = world.join({ version: 3 })
  world.advance(2999)
  assert.equal(a.isAnswered, false)
  world.advance(1)
  assert.equal(a.value.error, 'NONE')
})

test('a member that does not come back in time is out, and the rest go on with a new leader', () => {
  const world = new GroupWorld()
  const [a, b] = world.settled(2, { timeout: 20_000, session: 1_000_000 })
  const back = world.join({ id: b!, metadata: 'changed', timeout: 20_000, session: 1_000_000 })
  world.advance(19_999)
  assert.equal(back.isAnswered, false)
  world.advance(1)
  assert.equal(back.value.leader, b)
  assert.deepEqual([...world.group.members.keys()], [b])
  assert.equal(world.heartbeat(a!, 3), 'UNKNOWN_MEMBER_ID')
})

test('a session ends after its timeout without a sign of life, and a heartbeat renews it', () => {
  const world = new GroupWorld()
  const [a, b] = world.settled(2, { session: 10_000 })
  world.advance(6000)
  assert.equal(world.heartbeat(a!, 2), 'NONE')
  world.advance(4000)
  assert.deepEqual([...world.group.members.keys()], [a], `${b} said nothing`)
  assert.equal(world.heartbeat(a!, 2), 'REBALANCE_IN_PROGRESS')
})

test('a group whose last session ends is empty, and the log says so', () => {
  const world = new GroupWorld()
  world.settled(1)
  world.advance(10_000)
  assert.equal(world.group.state, 'Empty')
  const written = world.log.at(-1)!.record
  assert.ok(written.kind === 'groupMetadata')
  assert.deepEqual(
    [written.value.generation, written.value.protocol, written.value.leader, written.value.members],
    [2, null, null, []],
  )
  assert.equal(written.value.protocolType, 'consumer')
})

test('a leader that never assigns is put out after the rebalance timeout, and who waited joins again', () => {
  const world = new GroupWorld()
  const a = world.joinFresh({ session: 1_000_000, timeout: 15_000 })
  const b = world.join({ version: 3, session: 1_000_000, timeout: 15_000 })
  world.join({ id: a.id, metadata: 'changed', session: 1_000_000, timeout: 15_000 })
  const waiting = world.sync(b.value.memberId, 2)
  world.advance(15_000)
  assert.equal(waiting.value.error, 'REBALANCE_IN_PROGRESS')
  assert.deepEqual([...world.group.members.keys()], [b.value.memberId])
})

test('a join by who waits already takes the place of the earlier request, which is answered too', () => {
  const world = new GroupWorld()
  world.settled(1)
  const b = world.joinFresh()
  const again = world.join({ id: b.id })
  assert.equal(b.asked.value.error, 'REBALANCE_IN_PROGRESS')
  assert.equal(again.isAnswered, false)
  assert.equal(world.parked, 1)
})

test('an id that was handed out holds the rebalance up until it is used or its session ends', () => {
  const world = new GroupWorld()
  const [a] = world.settled(1, { session: 300_000, timeout: 200_000 })
  world.join({ session: 30_000 })
  const back = world.join({ id: a!, metadata: 'changed', session: 300_000, timeout: 200_000 })
  assert.equal(back.isAnswered, false)
  world.advance(30_000)
  assert.equal(back.value.generationId, 2)
})

test('an unchanged follower that joins a settled group is told of its generation; a leader begins a new one', () => {
  const world = new GroupWorld()
  const [a, b] = world.settled(2)
  const told = world.join({ id: b! })
  assert.deepEqual([told.value.generationId, told.value.members], [2, []])
  assert.equal(world.group.state, 'Stable')
  assert.equal(world.join({ id: a! }).isAnswered, false)
  assert.equal(world.group.state, 'PreparingRebalance')
})

test('the protocol is the one that most members prefer among those all know', () => {
  const world = new GroupWorld({ initialRebalanceDelayMs: 1000 })
  const joins = [
    ['sticky', 'range', 'mine'],
    ['range', 'sticky'],
    ['range', 'sticky'],
  ].map((protocols) => world.join({ version: 3, protocols }))
  world.advance(3000)
  assert.equal(joins[0]!.value.protocolName, 'range')
  assert.equal(world.join({ version: 3, protocols: ['mine'] }).value.error, 'INCONSISTENT_GROUP_PROTOCOL')
  assert.equal(world.join({ version: 3, type: 'connect' }).value.error, 'INCONSISTENT_GROUP_PROTOCOL')
})

test('group.max.size refuses the member too many, and keeps those who are in', () => {
  const world = new GroupWorld({ maxSize: 2 })
  const [a, b] = world.settled(2)
  assert.equal(world.join().value.error, 'GROUP_MAX_SIZE_REACHED')
  world.join({ id: a! })
  world.join({ id: b! })
  assert.equal(world.group.state, 'CompletingRebalance')
})

test('leaving in one request is one rebalance, and each gets an answer', () => {
  const world = new GroupWorld()
  const [a, b, c] = world.settled(3)
  const answer = world.leave(b!, 'nobody', b!, c!)
  assert.deepEqual(
    answer.members.map((member) => member.error),
    ['NONE', 'UNKNOWN_MEMBER_ID', 'UNKNOWN_MEMBER_ID', 'NONE'],
  )
  assert.deepEqual([...world.group.members.keys()], [a])
  assert.equal(world.join({ id: a! }).value.generationId, 4)
})

test('a refused append of the assignment changes nothing: the leader may bring it again', () => {
  const world = new GroupWorld()
  const a = world.joinFresh()
  const append = world.log.push
  world.log.push = () => {
    throw new Error('not enough replicas')
  }
  assert.throws(() => world.sync(a.id, 1, { [a.id]: 'x' }), /not enough replicas/)
  world.log.push = append
  assert.equal(world.group.state, 'CompletingRebalance')
  assert.equal(world.sync(a.id, 1, { [a.id]: 'x' }).value.error, 'NONE')
})

test('members of a group that was read from the log keep their generation, and their sessions begin anew', () => {
  const world = new GroupWorld()
  const [a, b] = world.settled(2)
  world.restart()
  assert.equal(world.heartbeat(a!, 2), 'NONE')
  assert.equal(Buffer.from(world.sync(b!, 2).value.assignment).toString(), b)
  world.advance(9999)
  assert.equal(world.heartbeat(a!, 2), 'NONE')
  world.advance(1)
  assert.deepEqual([...world.group.members.keys()], [a])
})

test('a group whose members leave before their first assignment goes on counting its generations', () => {
  const world = new GroupWorld()
  const { id, asked } = world.joinFresh()
  assert.equal(asked.value.generationId, 1)
  world.leave(id)
  assert.equal(world.group.generation, 2)
  world.advance(0)
  assert.equal(world.joinFresh().asked.value.generationId, 3)
  world.restart()
  assert.equal(world.joinFresh().asked.value.generationId, 3, 'the empty generation was written')
})

test('of two protocols with as many votes that one is taken which Apache Kafka takes', () => {
  for (const order of [
    ['range', 'rr'],
    ['rr', 'range'],
  ]) {
    const world = new GroupWorld({ initialRebalanceDelayMs: 1000 })
    const joins = [order, order.toReversed()].map((protocols) => world.join({ version: 3, protocols }))
    world.advance(3000)
    assert.equal(joins[0]!.value.protocolName, 'rr')
  }
})

test('an id that is given back unused disturbs nobody, and holds no rebalance up any more', () => {
  const world = new GroupWorld()
  const [a] = world.settled(1)
  const first = world.join().value.memberId
  assert.equal(world.leave(first).members[0]!.error, 'NONE')
  assert.equal(world.group.state, 'Stable')
  const second = world.join().value.memberId
  const back = world.join({ id: a!, metadata: 'changed' })
  assert.equal(back.isAnswered, false)
  world.leave(second)
  assert.equal(back.value.generationId, 2)
})
