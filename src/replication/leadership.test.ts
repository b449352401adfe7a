import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, settle } from '../../test/support/log-world.ts'
import { ReplicationWorld } from '../../test/support/replication-world.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Partition } from './partition.ts'

const LAG_MS = 30_000

async function written(partition: Partition, count: number): Promise<void> {
  for (let i = 0; i < count; i++) partition.appendAsLeader(batchOf([`${i}`]), 'leader')
  await settle()
}

function fetched(
  world: ReplicationWorld,
  partition: Partition,
  brokerId: number,
  offset: number,
  brokerEpoch = brokerId * 10,
): void {
  const { endOffset: leaderEndOffset } = partition
  partition.fetchedBy(brokerId, { offset, startOffset: 0, brokerEpoch, leaderEndOffset, at: world.clock.monotonic() })
}

const isrOf = (world: ReplicationWorld, at = -1) => world.questions.at(at)?.change.newIsr.map(({ brokerId }) => brokerId)

test('the high watermark is the smallest end among the in-sync replicas, and a record is acknowledged when it is below', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led()
  await written(partition, 3)
  const acknowledged = partition.acknowledged(3, 'all', 1000)
  let isAcknowledged = false
  void acknowledged?.then(() => (isAcknowledged = true))
  fetched(world, partition, 2, 3)
  assert.equal(partition.highWatermark, 0)
  fetched(world, partition, 3, 2)
  assert.equal(partition.highWatermark, 2)
  await settle(1)
  assert.equal(isAcknowledged, false)
  fetched(world, partition, 3, 3)
  assert.equal(partition.highWatermark, 3)
  await settle(1)
  assert.equal(isAcknowledged, true)
  fetched(world, partition, 3, 1)
  assert.equal(partition.highWatermark, 3, 'it never goes back')
})

test('a leader of which the controller did not hear for a session acknowledges acks=1 when the others have it, or not at all', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led()
  await written(partition, 1)
  assert.equal(partition.acknowledged(1, 'leader', 1000), undefined, 'what is written is enough')
  world.isHeard = false
  await written(partition, 1)
  let isAcknowledged = false
  void partition.acknowledged(2, 'leader', 1000)?.then(() => (isAcknowledged = true))
  fetched(world, partition, 2, 2)
  await settle(1)
  assert.equal(isAcknowledged, false)
  fetched(world, partition, 3, 2)
  await settle(1)
  assert.equal(isAcknowledged, true)
  await written(partition, 1)
  const late = partition.acknowledged(3, 'leader', 1000)
  const { leaderEpoch, partitionEpoch } = partition.role
  const refused = assert.rejects(late!, { error: 'NOT_LEADER_OR_FOLLOWER' })
  partition.become({ ...partition.role, leaderId: 2, leaderEpoch: leaderEpoch + 1, partitionEpoch: partitionEpoch + 1 })
  await refused
})

test('a follower that lags longer than replica.lag.time.max.ms leaves the in-sync set, and holds the high watermark until the metadata say so', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led()
  fetched(world, partition, 2, 0)
  fetched(world, partition, 3, 0)
  await written(partition, 2)
  fetched(world, partition, 2, 2)
  await world.clock.advance(LAG_MS)
  partition.leadership!.review()
  assert.equal(world.questions.length, 0, 'not yet')
  await world.clock.advance(1)
  fetched(world, partition, 2, 2)
  partition.leadership!.review()
  assert.deepEqual(isrOf(world), [1, 2])
  assert.equal(partition.highWatermark, 0)
  partition.leadership!.review()
  assert.equal(world.questions.length, 1, 'one question at a time')
  await world.questions[0]!.answer({})
  assert.deepEqual([...partition.leadership!.isr], [1, 2])
  assert.equal(partition.highWatermark, 0)
  partition.become({ ...partition.role, partitionEpoch: 1, isr: [1, 2] })
  assert.equal(partition.highWatermark, 2)
})

test('who left while a larger min.insync.replicas was not known here yet may lead: nothing is committed without it', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led({}, 1)
  fetched(world, partition, 2, 0)
  fetched(world, partition, 3, 0)
  await written(partition, 2)
  await world.clock.advance(LAG_MS + 1)
  partition.leadership!.review()
  assert.deepEqual(isrOf(world), [1])
  await world.questions[0]!.answer({})
  assert.equal(partition.highWatermark, 0)
  // The metadata come in their order: first what the controller knew when it decided.
  partition.log.updateConfig({ ...partition.log.config, 'min.insync.replicas': 2 })
  partition.become({ ...partition.role, partitionEpoch: 1, isr: [1] })
  assert.equal(partition.highWatermark, 0)
  fetched(world, partition, 2, 2)
  await world.questions[1]!.answer({})
  assert.equal(partition.highWatermark, 2)
})

test('a follower that is idle with all there is stays in sync, however long nothing comes', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led()
  await written(partition, 1)
  const pulse = { at: world.clock.monotonic() }
  for (const id of [2, 3]) {
    fetched(world, partition, id, 1)
    partition.restsOn(id, pulse)
  }
  await world.clock.advance(LAG_MS * 10)
  pulse.at = world.clock.monotonic()
  await written(partition, 1)
  partition.leadership!.review()
  assert.equal(world.questions.length, 0)
  await world.clock.advance(LAG_MS + 1)
  partition.leadership!.review()
  assert.deepEqual(isrOf(world), [1])
})

test('a follower joins when it has what is committed and what the epoch began with; it counts from the question on', async () => {
  const world = new ReplicationWorld()
  const before = await world.led({ isr: [1, 2], leaderEpoch: 4 })
  await written(before, 3)
  before.become({ leaderId: 1, leaderEpoch: 5, partitionEpoch: 1, replicas: [1, 2, 3], isr: [1, 2] })
  fetched(world, before, 3, 2)
  assert.equal(world.questions.length, 0, 'the epoch began at 3')
  fetched(world, before, 3, 3)
  assert.deepEqual(world.questions[0]!.change, {
    topic: 't',
    topicId: before.topicId,
    partition: 0,
    leaderEpoch: 5,
    partitionEpoch: 1,
    newIsr: [
      { brokerId: 1, brokerEpoch: 10 },
      { brokerId: 2, brokerEpoch: -1 },
      { brokerId: 3, brokerEpoch: 30 },
    ],
    leaderRecoveryState: 0,
  })
  await written(before, 1)
  fetched(world, before, 2, 4)
  assert.equal(before.highWatermark, 3, 'it may be in sync by now')
  await world.questions[0]!.answer({})
  fetched(world, before, 3, 4)
  assert.equal(before.highWatermark, 4)
})

test('who is fenced, or fetches in another life than the metadata knows, does not join', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led({ isr: [1, 2] })
  world.active.delete(3)
  fetched(world, partition, 3, 0)
  world.active.set(3, 31)
  fetched(world, partition, 3, 0)
  assert.equal(world.questions.length, 0)
  world.active.set(3, 30)
  partition.leadership!.review()
  assert.deepEqual(isrOf(world), [1, 2, 3])
  assert.throws(() => fetched(world, partition, 3, 0, 29), { error: 'NOT_LEADER_OR_FOLLOWER' })
  assert.throws(() => fetched(world, partition, 4, 0), { error: 'UNKNOWN_LEADER_EPOCH' })
})

test('with fewer in sync than min.insync.replicas nothing is accepted under acks=all, and nothing is committed', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led({ isr: [1] })
  assert.throws(() => partition.appendAsLeader(batchOf(['a']), 'all'), { error: 'NOT_ENOUGH_REPLICAS' })
  await written(partition, 1)
  assert.equal(partition.highWatermark, 0)
  fetched(world, partition, 2, 1)
  assert.deepEqual(isrOf(world), [1, 2])
  await world.questions[0]!.answer({})
  assert.equal(partition.highWatermark, 1)
  partition.appendAsLeader(batchOf(['b']), 'all')
})

test('an answer that the metadata overtook changes nothing, and a refusal that tells nothing keeps the larger list', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led({ isr: [1, 2] }, 1)
  await written(partition, 1)
  fetched(world, partition, 3, 1)
  partition.become({ leaderId: 1, leaderEpoch: 5, partitionEpoch: 7, replicas: [1, 2, 3], isr: [1] })
  await world.questions[0]!.answer({ partitionEpoch: 1 })
  assert.deepEqual([...partition.leadership!.isr], [1])
  fetched(world, partition, 2, 1)
  assert.deepEqual([isrOf(world), world.questions.at(-1)!.change.partitionEpoch], [[1, 2], 7])
  await written(partition, 1)
  await world.questions.at(-1)!.refuse(new KafkaError('INVALID_UPDATE_VERSION'))
  fetched(world, partition, 3, 2)
  assert.equal(partition.highWatermark, 1, 'node 2 may be in sync')
  await world.clock.advance(LAG_MS * 2)
  partition.leadership!.review()
  assert.equal(world.questions.length, 2, 'the metadata will tell')
  partition.become({ leaderId: 1, leaderEpoch: 5, partitionEpoch: 8, replicas: [1, 2, 3], isr: [1, 3] })
  fetched(world, partition, 3, 2)
  assert.equal(partition.highWatermark, 2)
})

test('where nobody answers, the same question is put again', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led({ isr: [1, 2] })
  fetched(world, partition, 3, 0)
  await world.questions[0]!.refuse(new KafkaError('REQUEST_TIMED_OUT'))
  await world.clock.advance(200)
  assert.equal(world.questions.length, 2)
  assert.deepEqual(world.questions[1]!.change, world.questions[0]!.change)
  await world.questions[1]!.refuse(new KafkaError('INELIGIBLE_REPLICA'))
  assert.equal(world.questions.length, 2)
  fetched(world, partition, 3, 0)
  assert.equal(world.questions.length, 3)
})

test('a follower that asks again and again for what is committed has lost it, and leaves at once', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led()
  await written(partition, 5)
  for (const id of [2, 3]) fetched(world, partition, id, 5)
  fetched(world, partition, 3, 2)
  assert.equal(world.questions.length, 0, 'one late message is no proof')
  await world.clock.advance(600)
  fetched(world, partition, 3, 2)
  assert.deepEqual(isrOf(world), [1, 2])
  assert.equal(partition.highWatermark, 5)
})

test('who stops to lead refuses all who wait, and answers of its time concern nobody', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led({ isr: [1, 2] })
  await written(partition, 1)
  const waiting = partition.acknowledged(1, 'all', 1000)
  fetched(world, partition, 3, 1)
  const before = partition.leadership!
  partition.become({ leaderId: 2, leaderEpoch: 6, partitionEpoch: 1, replicas: [1, 2, 3], isr: [1, 2] })
  await assert.rejects(waiting!, { error: 'NOT_LEADER_OR_FOLLOWER' })
  await world.questions[0]!.answer({})
  assert.deepEqual([partition.leadership, [...before.isr]], [null, [1, 2]])
  assert.throws(() => fetched(world, partition, 3, 1), { error: 'NOT_LEADER_OR_FOLLOWER' })
})

test('records are gone when every living replica says so', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led()
  await written(partition, 4)
  for (const id of [2, 3]) fetched(world, partition, id, 4)
  const { lowWatermark } = await partition.deleteBefore(3, 1000)
  const gone = (id: number) =>
    partition.fetchedBy(id, { offset: 4, startOffset: 3, brokerEpoch: id * 10, leaderEndOffset: 4, at: world.clock.monotonic() })
  gone(2)
  world.active.delete(3)
  partition.leadership!.review()
  assert.equal(await lowWatermark, 3)
  world.active.set(3, 30)
  const late = await partition.deleteBefore(3, 50)
  const refused = assert.rejects(Promise.resolve(late.lowWatermark), { error: 'REQUEST_TIMED_OUT' })
  await world.clock.advance(60)
  await refused
})

test('a follower that the controller took out of sync joins again by a fetch, and not by what it once had', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led()
  for (const id of [2, 3]) fetched(world, partition, id, 0)
  partition.become({ leaderId: 1, leaderEpoch: 5, partitionEpoch: 1, replicas: [1, 2, 3], isr: [1, 3] })
  partition.leadership!.review()
  assert.equal(world.questions.length, 0, 'its disk may have failed while its broker is there')
  fetched(world, partition, 2, 0)
  assert.deepEqual(isrOf(world), [1, 2, 3])
})

test('a follower that rested and then asked for the partition no more is late like any other, however alive its session is', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led()
  for (const id of [2, 3]) fetched(world, partition, id, 0)
  const pulse = { at: world.clock.monotonic() }
  const over = partition.restsOn(2, pulse)!
  over()
  await written(partition, 1)
  for (let i = 0; i < 2; i++) {
    await world.clock.advance(LAG_MS / 2 + 1)
    pulse.at = world.clock.monotonic()
    fetched(world, partition, 3, 1)
  }
  partition.leadership!.review()
  assert.deepEqual(isrOf(world), [1, 3])
})
