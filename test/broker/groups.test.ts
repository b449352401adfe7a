// Consumer groups of the classic protocol through the whole broker: members come and go, offsets stay.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { RunningBroker } from '../../src/index.ts'
import { errorName } from '../../src/protocol/errors.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../src/protocol/messages/delete-groups.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../src/protocol/messages/describe-groups.ts'
import { ListGroupsRequest, ListGroupsResponse } from '../../src/protocol/messages/list-groups.ts'
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/metadata.ts'
import { committedOffsets, findCoordinator, GroupMember, type MemberOptions } from '../support/group-member.ts'
import { addressOf, type KafkaClient } from '../support/kafka-client.ts'
import { brokerFor, clientFor, eventually, inMemory, tempDir } from '../support/running-broker.ts'

const GROUP = 'g'

test('FindCoordinator makes __consumer_offsets, compacted and internal, and names a broker that serves the group at once', async (t) => {
  const { broker, client } = await inMemory(t)
  assert.deepEqual(await findCoordinator(client, GROUP), addressOf(broker.bootstrapServers))
  const { topics } = await client.call(MetadataRequest, MetadataResponse, 12, { topics: [{ name: '__consumer_offsets' }] })
  assert.deepEqual([topics[0]!.errorCode, topics[0]!.isInternal, topics[0]!.partitions.length], [0, true, 4])
  assert.deepEqual(await committedOffsets(client, GROUP), {})
})

test('two members share a group: each join starts a generation, the leader assigns, the other is told by its heartbeat', async (t) => {
  const { broker, client } = await inMemory(t)
  await findCoordinator(client, GROUP)
  const [a, b] = [await member(t, broker), await member(t, broker)]
  assert.equal(await a.join(), 'NONE')
  assert.ok(a.isLeader)
  assert.equal(await a.sync({ [a.memberId]: 'everything' }), 'everything')
  assert.equal(await a.heartbeat(), 'NONE')

  const joiningB = b.join()
  await eventually('the heartbeat tells of the rebalance', async () => (await a.heartbeat()) === 'REBALANCE_IN_PROGRESS')
  const before = a.generationId
  assert.deepEqual(await Promise.all([a.join(), joiningB]), ['NONE', 'NONE'])
  assert.deepEqual([a.generationId, b.generationId], [before + 1, before + 1])
  const leader = a.isLeader ? a : b
  assert.deepEqual(new Set(leader.members), new Set([a.memberId, b.memberId]))
  const halves = { [a.memberId]: 'half of a', [b.memberId]: 'half of b' }
  const synced = await Promise.all([a, b].map((one) => one.sync(one === leader ? halves : {})))
  assert.deepEqual(synced, ['half of a', 'half of b'])
  assert.deepEqual(await stateOf(client), { state: 'Stable', members: 2 })

  assert.equal(await b.leave(), 'NONE')
  assert.equal(await a.heartbeat(), 'REBALANCE_IN_PROGRESS')
  assert.equal(await b.heartbeat(), 'UNKNOWN_MEMBER_ID')
  assert.equal(await a.join(), 'NONE')
  assert.deepEqual(a.members, [a.memberId])
})

test('a member that is silent longer than its session is gone, and the others go on without it', async (t) => {
  const { broker, client } = await inMemory(t, { 'group.min.session.timeout.ms': 100 })
  await findCoordinator(client, GROUP)
  await client.createTopic('t')
  const a = await member(t, broker)
  const silent = await member(t, broker, { sessionTimeoutMs: 300 })
  await silent.join()
  await silent.sync({ [silent.memberId]: 'x' })
  const since = performance.now()
  const joining = a.join() // waits for the silent one to join again, which it never does
  assert.equal(await joining, 'NONE')
  assert.ok(performance.now() - since < 10_000)
  assert.deepEqual(a.members, [a.memberId])
  assert.equal(await silent.heartbeat(), 'UNKNOWN_MEMBER_ID')
  assert.equal(await silent.commit('t', 1), 'UNKNOWN_MEMBER_ID')
})

test('a member whose connection is cut stays until its session ends', async (t) => {
  const { broker, client } = await inMemory(t, { 'group.min.session.timeout.ms': 100 })
  await findCoordinator(client, GROUP)
  const connection = await clientFor(t, broker)
  const cut = new GroupMember(connection, GROUP, { sessionTimeoutMs: 400 })
  await cut.join()
  await cut.sync({ [cut.memberId]: 'x' })
  connection.close()
  assert.deepEqual(await stateOf(client), { state: 'Stable', members: 1 })
  await eventually('the group is empty', async () => (await stateOf(client)).state === 'Empty')
})

test('a session shorter than the broker allows is refused', async (t) => {
  const { broker, client } = await inMemory(t)
  await findCoordinator(client, GROUP)
  assert.equal(await (await member(t, broker, { sessionTimeoutMs: 10 })).join(), 'INVALID_SESSION_TIMEOUT')
})

test('offsets are committed by members of the generation alone, or by nobody in particular while the group is empty', async (t) => {
  const { broker, client } = await inMemory(t)
  await findCoordinator(client, GROUP)
  await client.createTopic('t', { partitions: 2 })
  const outsider = await member(t, broker)
  assert.equal(await outsider.commit('t', 5, 1), 'NONE')
  const a = await member(t, broker)
  await a.join()
  await a.sync({ [a.memberId]: 'x' })
  assert.equal(await a.commit('t', 42), 'NONE')
  assert.equal(await outsider.commit('t', 6, 1), 'UNKNOWN_MEMBER_ID')
  a.generationId += 1
  assert.equal(await a.commit('t', 43), 'ILLEGAL_GENERATION')
  assert.deepEqual(await committedOffsets(client, GROUP), { 't-0': 42, 't-1': 5 })
})

test('a static member that comes back with a new connection keeps its place without a rebalance', async (t) => {
  const { broker, client } = await inMemory(t)
  await findCoordinator(client, GROUP)
  const options = { groupInstanceId: 'chair 1' }
  const before = await member(t, broker, options)
  await before.join()
  await before.sync({ [before.memberId]: 'seat' })
  const after = await member(t, broker, options)
  assert.equal(await after.join(), 'NONE')
  assert.equal(after.generationId, before.generationId)
  assert.equal(await after.sync(), 'seat')
  assert.equal(await before.heartbeat(), 'FENCED_INSTANCE_ID')
})

test('after a restart offsets are there, members go on with their generation, and deleted groups stay deleted', async (t) => {
  const dataDir = await tempDir(t)
  const first = await brokerFor(t, { dataDir })
  const before = await clientFor(t, first)
  await findCoordinator(before, GROUP)
  await before.createTopic('t', { partitions: 3 })
  for (const partition of [0, 1, 2]) await (await member(t, first)).commit('t', 100 + partition, partition)
  for (let offset = 0; offset < 50; offset++) await (await member(t, first, {}, 'other')).commit('t', offset)
  const doomed = await member(t, first, {}, 'doomed')
  await doomed.commit('t', 9)
  const { results } = await before.call(DeleteGroupsRequest, DeleteGroupsResponse, 2, { groupsNames: ['doomed'] })
  assert.equal(errorName(results[0]!.errorCode), 'NONE')
  const a = await member(t, first, {}, 'living')
  await a.join()
  await a.sync({ [a.memberId]: 'mine' })
  await first.close()

  const second = await brokerFor(t, { dataDir })
  const after = await clientFor(t, second)
  await findCoordinator(after, GROUP)
  assert.deepEqual(await committedOffsets(after, GROUP), { 't-0': 100, 't-1': 101, 't-2': 102 })
  assert.deepEqual(await committedOffsets(after, 'other'), { 't-0': 49 })
  assert.deepEqual(await committedOffsets(after, 'doomed'), {})
  const returned = Object.assign(await member(t, second, {}, 'living'), { memberId: a.memberId, generationId: a.generationId })
  assert.equal(await returned.heartbeat(), 'NONE')
  assert.equal(await returned.sync(), 'mine')
  const { groups } = await after.call(ListGroupsRequest, ListGroupsResponse, 4, { statesFilter: [] })
  assert.deepEqual(groups.map(({ groupId, groupState }) => `${groupId} ${groupState}`).sort(), [
    'g Empty',
    'living Stable',
    'other Empty',
  ])
})

test('closing answers the members that wait for a rebalance, or cuts them off, without delay', async (t) => {
  const { broker, client } = await inMemory(t)
  await findCoordinator(client, GROUP)
  const a = await member(t, broker)
  await a.join()
  await a.sync({ [a.memberId]: 'x' })
  const joining = (await member(t, broker)).join().then(
    (error) => error,
    () => 'cut off',
  )
  await eventually('it waits', async () => (await a.heartbeat()) === 'REBALANCE_IN_PROGRESS')
  const since = performance.now()
  await broker.close()
  assert.match(await joining, /NOT_COORDINATOR|COORDINATOR_NOT_AVAILABLE|cut off/)
  assert.ok(performance.now() - since < 10_000)
})

async function member(t: TestContext, broker: RunningBroker, options: MemberOptions = {}, group = GROUP): Promise<GroupMember> {
  return new GroupMember(await clientFor(t, broker), group, options)
}

async function stateOf(client: KafkaClient): Promise<{ state: string; members: number }> {
  const [group] = (await client.call(DescribeGroupsRequest, DescribeGroupsResponse, 5, { groups: [GROUP] })).groups
  return { state: group!.groupState, members: group!.members.length }
}
