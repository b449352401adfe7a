// What replication does over the wire of a whole cluster: throttled replicas, consumers that read from their own rack, a leader that does not know yet what is
// committed, and topics that are made again under an old name. Virtual time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Link } from '../../src/platform/sim/connection.ts'
import { type ErrorName, errorName } from '../../src/protocol/errors.ts'
import { AlterPartitionRequest } from '../../src/protocol/messages/alter-partition.ts'
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../src/protocol/messages/alter-partition-reassignments.ts'
import { BrokerHeartbeatRequest } from '../../src/protocol/messages/broker-heartbeat.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../src/protocol/messages/delete-topics.ts'
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/fetch.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../src/protocol/messages/list-offsets.ts'
import { batchOf, LATEST, recordsIn } from '../support/kafka-client.ts'
import { VirtualCluster } from '../support/virtual-cluster.ts'

/** Heartbeats and changes of in-sync replicas. */
const TOLD_TO_CONTROLLER = new Set([BrokerHeartbeatRequest.apiKey, AlterPartitionRequest.apiKey])
const RACK_AWARE = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'
const PIECE = 20_000
const PIECES = 30
const RATE = 100_000

async function reassign(cluster: VirtualCluster, name: string, replicas: number[]): Promise<void> {
  const client = await cluster.during(cluster.client.at(cluster.seat(1).server))
  const body = { topics: [{ name, partitions: [{ partitionIndex: 0, replicas }] }], timeoutMs: 5000 }
  const { responses } = await cluster.during(
    client.call(AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, 1, body),
  )
  assert.equal(errorName(responses[0]!.partitions[0]!.errorCode), 'NONE')
}

async function alter(
  cluster: VirtualCluster,
  type: 'topic' | 'broker',
  name: string,
  values: Record<string, string>,
): Promise<void> {
  const asked = type === 'broker' ? Number(name) : 1
  const client = await cluster.during(cluster.client.at(cluster.seat(asked).server))
  const { errorCode, errorMessage } = await cluster.during(client.alterConfigs(type, name, values))
  assert.equal(errorName(errorCode), 'NONE', errorMessage ?? '')
  await cluster.pass(100)
}

/** How many virtual milliseconds a second replica takes to come into sync. */
async function timeToReplicate(cluster: VirtualCluster, name: string, to: number[]): Promise<number> {
  const since = cluster.world.events.now
  await reassign(cluster, name, to)
  await cluster.until(`${name} is replicated`, () => {
    const image = cluster.image(name)
    return image !== undefined && image.addingReplicas.length === 0 && to.every((id) => image.isr.includes(id))
  })
  return cluster.world.events.now - since
}

test('replicas that are made anew take the bytes a second that leader or follower are throttled to, in sync ones as many as there are', async () => {
  const cluster = await VirtualCluster.start({ seed: 31, config: { 'replica.fetch.max.bytes': `${PIECE}` } })
  const { client } = cluster
  const value = 'x'.repeat(PIECE - 200)
  for (const name of ['free', 'led', 'followed', 'others']) {
    await cluster.during(client.createTopicOn(name, [[1]]))
    for (let i = 0; i < PIECES; i++) await cluster.during(client.produce(name, 0, [value], cluster.pause))
  }
  const usualMs = ((PIECES * PIECE) / RATE) * 1000
  assert.ok((await timeToReplicate(cluster, 'free', [1, 2])) < usualMs / 3, 'nothing is throttled by itself')

  // As kafka-reassign-partitions --throttle sets them: the rate of each broker, and the replicas of each topic.
  await alter(cluster, 'broker', '1', { 'leader.replication.throttled.rate': `${RATE}` })
  await alter(cluster, 'topic', 'led', { 'leader.replication.throttled.replicas': '0:1' })
  const led = await timeToReplicate(cluster, 'led', [1, 2])
  assert.ok(led > 0.7 * usualMs && led < 1.5 * usualMs, `throttled by its leader: ${led} ms, ${usualMs} expected`)

  await alter(cluster, 'broker', '3', { 'follower.replication.throttled.rate': `${RATE}` })
  await alter(cluster, 'topic', 'followed', { 'follower.replication.throttled.replicas': '*' })
  const followed = await timeToReplicate(cluster, 'followed', [1, 3])
  assert.ok(followed > 0.7 * usualMs && followed < 1.5 * usualMs, `throttled by its follower: ${followed} ms`)

  await alter(cluster, 'topic', 'others', { 'leader.replication.throttled.replicas': '0:2,1:1' })
  assert.ok((await timeToReplicate(cluster, 'others', [1, 3])) < usualMs / 3, 'other replicas are named')

  // All of them are in sync now, throttled by name, and must not fall behind for it.
  const since = cluster.world.events.now
  for (let i = 0; i < PIECES; i++) await cluster.during(client.produce('led', 0, [value], cluster.pause))
  assert.ok(cluster.world.events.now - since < usualMs / 3, 'what is in sync is not throttled')

  // The rate is raised while a replica waits.
  await alter(cluster, 'topic', 'free', { 'leader.replication.throttled.replicas': '*' })
  await cluster.pass(12_000) // what was left unused in eleven seconds may be made up for
  await reassign(cluster, 'free', [1, 2, 3])
  await cluster.pass(1000)
  assert.ok(!cluster.image('free')!.isr.includes(3))
  await alter(cluster, 'broker', '1', { 'leader.replication.throttled.rate': '1000000000' })
  const raised = cluster.world.events.now
  await cluster.until('it is in sync', cluster.inSync('free', 0, 1, 2, 3))
  assert.ok(cluster.world.events.now - raised < usualMs / 2)
})

interface Reader {
  readonly version?: number
  readonly rackId?: string
  readonly offset?: number
  readonly replica?: { readonly replicaId: number; readonly replicaEpoch: number }
  readonly topicId?: string
}

async function fetchFrom(cluster: VirtualCluster, id: number, topic: string, reader: Reader) {
  const { version = 16, rackId = '', offset = 0, replica } = reader
  const client = await cluster.during(cluster.client.at(cluster.seat(id).server))
  const topicId = reader.topicId ?? cluster.seat(id).broker!.rooms.metadata.publisher.image.topic(topic)!.id
  const partitions = [
    { partition: 0, fetchOffset: offset, partitionMaxBytes: 1 << 20, currentLeaderEpoch: -1, lastFetchedEpoch: -1 },
  ]
  const body = {
    ...{ maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, isolationLevel: 0, rackId, forgottenTopicsData: [] },
    ...(replica ? { replicaState: replica } : {}),
    topics: [version < 13 ? { topic, partitions } : { topicId, partitions }],
  }
  const { responses, nodeEndpoints } = await cluster.during(client.call(FetchRequest, FetchResponse, version, body))
  const answer = responses[0]!.partitions[0]!
  return {
    error: errorName(answer.errorCode),
    preferred: answer.preferredReadReplica,
    values: recordsIn(answer.records).map(({ value }) => value),
    highWatermark: answer.highWatermark,
    nodeEndpoints,
  }
}

async function consumersOfTheirRack(cluster: VirtualCluster): Promise<void> {
  const { client } = cluster
  // Node 4 does not vote: it may be cut off from a follower without any harm to the metadata, where that is not the active controller.
  const [near, far] = [1, 2, 3].filter((id) => id !== cluster.controllerId) as [number, number]
  const rackId = `rack ${near}`
  await cluster.during(client.createTopicOn('near', [[4, near, far]]))
  await cluster.during(client.produce('near', 0, ['one'], cluster.pause))
  await cluster.pass(600) // followers hear of the high watermark with their next fetch

  const ask = (id: number, reader: Reader) => fetchFrom(cluster, id, 'near', reader)
  for (const version of [11, 12, 13, 16, 17, 18]) {
    const sent = await ask(4, { version, rackId })
    assert.deepEqual([sent.error, sent.preferred, sent.values], ['NONE', near, []], `v${version}`)
    assert.deepEqual((await ask(near, { version, rackId })).values, ['one'], `v${version}`)
  }
  assert.deepEqual((await ask(4, { rackId: 'rack 4' })).values, ['one'], 'the leader is in its rack')
  assert.deepEqual((await ask(4, { rackId: 'nowhere' })).values, ['one'], 'nobody is in its rack')
  assert.deepEqual((await ask(4, {})).values, ['one'], 'it names none')
  assert.equal((await ask(near, { version: 10 })).error, 'NOT_LEADER_OR_FOLLOWER', 'older clients know nothing of it')

  // A record that the follower has, and that is not committed as far as it knows, is not given.
  cluster.seat(far).process!.pausedUntil = cluster.world.events.now + 1000
  const leader = await cluster.during(client.at(cluster.seat(4).server))
  const sending = leader.send('near', 0, batchOf([{ value: 'two', timestamp: 0 }]))
  await cluster.until('the follower has it', () => cluster.replica(near, 'near')!.endOffset === 2)
  const early = await ask(near, { rackId, offset: 1 })
  assert.deepEqual([early.error, early.values, early.highWatermark], ['NONE', [], 1])
  assert.equal((await cluster.during(sending)).errorCode, 0)
  await cluster.pass(600)
  assert.deepEqual((await ask(near, { rackId, offset: 1 })).values, ['two'])

  // The follower is cut off from its leader: who has read further than it has is refused there, and the leader does not send it back.
  const heal = cluster.cut(4, near)
  const appended = leader.send('near', 0, batchOf([{ value: 'three', timestamp: 0 }]), { acks: 1 })
  assert.equal((await cluster.during(appended)).errorCode, 0)
  assert.equal((await ask(near, { rackId, offset: 3 })).error, 'OFFSET_OUT_OF_RANGE')
  assert.deepEqual((await ask(4, { rackId, offset: 3 })).preferred, -1)
  assert.equal((await ask(4, { rackId, offset: 1 })).preferred, near, 'what it has it may give')
  await cluster.until('it is out of sync', () => cluster.replica(4, 'near')!.role.isr.includes(near) === false)
  assert.deepEqual((await ask(4, { rackId, offset: 1 })).values, ['two', 'three'], 'nobody is sent to one that is out of sync')
  heal()
  await cluster.until('it is in sync again', cluster.inSync('near', 0, 4, near, far))
  await cluster.pass(600)
  assert.equal((await ask(4, { rackId, offset: 1 })).preferred, near)
  assert.deepEqual((await ask(near, { rackId, offset: 1 })).values, ['two', 'three'])
}

async function endThatIsNotKnown(cluster: VirtualCluster): Promise<void> {
  const { client } = cluster
  const controller = cluster.controllerId!
  const [next, last] = [1, 2, 3].filter((id) => id !== controller) as [number, number]
  await cluster.during(client.createTopicOn('end', [[4, next, last]]))
  await cluster.during(client.produce('end', 0, ['one'], cluster.pause))
  await cluster.until('all are in sync', cluster.inSync('end', 0, 4, next, last))
  const heal = cluster.cut(next, last)
  await cluster.during(client.produce('end', 0, ['two'], cluster.pause))
  cluster.powerCut(4) // before the followers hear that the second one is committed
  assert.equal(cluster.replica(next, 'end')!.highWatermark, 1)
  await cluster.until('the next one leads', () => cluster.replica(next, 'end')?.isLeader === true)

  const ask = async (timestamp: number, version = 10, replicaId = -1): Promise<readonly [ErrorName, number]> => {
    const connection = await cluster.during(client.at(cluster.seat(next).server))
    const topics = [{ name: 'end', partitions: [{ partitionIndex: 0, timestamp, currentLeaderEpoch: -1 }] }]
    const body = { replicaId, isolationLevel: 0, topics, timeoutMs: 1000 }
    const answer = await cluster.during(connection.call(ListOffsetsRequest, ListOffsetsResponse, version, body))
    const { errorCode, offset } = answer.topics[0]!.partitions[0]!
    return [errorName(errorCode), offset]
  }
  const until = Number.MAX_SAFE_INTEGER
  assert.deepEqual(await ask(LATEST), ['OFFSET_NOT_AVAILABLE', -1])
  assert.deepEqual(await ask(LATEST, 5), ['OFFSET_NOT_AVAILABLE', -1])
  assert.deepEqual(await ask(LATEST, 4), ['LEADER_NOT_AVAILABLE', -1], 'older clients know no other way')
  assert.deepEqual(await ask(until), ['OFFSET_NOT_AVAILABLE', -1], 'a time behind what is known to be committed')
  assert.deepEqual(await ask(-2), ['NONE', 0], 'where it begins is no question')
  assert.deepEqual(await ask(0), ['NONE', 0], 'nor is a record that is committed for sure')
  assert.deepEqual(await ask(LATEST, 10, last), ['NONE', 2], 'a follower asks for the end of the log')
  heal()
  await cluster.until('all are in sync', cluster.inSync('end', 0, next, last))
  await cluster.until('it knows', () => cluster.replica(next, 'end')!.highWatermark === 2)
  assert.deepEqual(await ask(LATEST), ['NONE', 2])
  assert.deepEqual(await ask(until), ['NONE', -1])
}

test('four brokers, each in a rack of its own', async (t) => {
  const of = (id: number) => ({ 'broker.rack': `rack ${id}` })
  const cluster = await VirtualCluster.start({ seed: 32, nodes: 4, of, config: { 'replica.selector.class': RACK_AWARE } })
  await t.test(
    'a consumer with a rack is sent to the follower there, reads from it what is committed, and comes back where that falls behind',
    () => consumersOfTheirRack(cluster),
  )
  await t.test(
    'a new leader that does not know yet what is committed says so to who asks for the end, and nothing that would send a client back',
    () => endThatIsNotKnown(cluster),
  )
})

test('replicas of a topic that was deleted, or made again under its name, are refused by its id, and follow the new one', async () => {
  const cluster = await VirtualCluster.start({ seed: 34 })
  const { client } = cluster
  await cluster.during(client.createTopicOn('again', [[1, 2, 3]]))
  await cluster.during(client.produce('again', 0, ['old'], cluster.pause))
  const old = cluster.seat(1).broker!.rooms.metadata.publisher.image.topic('again')!.id
  const replica = { replicaId: 2, replicaEpoch: -1 }
  const asFollower = (topicId: string) => fetchFrom(cluster, 1, 'again', { version: 17, replica, topicId })

  // One follower sleeps through it all.
  cluster.seat(3).process!.pausedUntil = cluster.world.events.now + 4000
  const connection = await cluster.during(client.at(cluster.seat(1).server))
  const names = { topics: [{ name: 'again', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }], timeoutMs: 5000 }
  const { responses } = await cluster.during(connection.call(DeleteTopicsRequest, DeleteTopicsResponse, 6, names))
  assert.equal(errorName(responses[0]!.errorCode), 'NONE')
  await cluster.until('it is gone', () => cluster.replica(1, 'again') === undefined)
  assert.equal((await asFollower(old)).error, 'UNKNOWN_TOPIC_ID')
  await cluster.during(client.createTopicOn('again', [[1, 2, 3]]))
  assert.equal((await asFollower(old)).error, 'UNKNOWN_TOPIC_ID')
  for (const text of ['new', 'newer']) {
    const answer = connection.send('again', 0, batchOf([{ value: text, timestamp: 0 }]), { acks: 1 })
    assert.equal((await cluster.during(answer)).errorCode, 0)
  }
  assert.equal(cluster.replica(3, 'again')!.topicId, old, 'it knows of nothing')
  await cluster.until('all are in sync', cluster.inSync('again', 0, 1, 2, 3))
  await cluster.until('all have the new one', () =>
    [1, 2, 3].every((id) => {
      const partition = cluster.replica(id, 'again')
      return partition !== undefined && partition.topicId !== old && partition.endOffset === 2
    }),
  )
  await cluster.until('all of it is committed', () => cluster.replica(1, 'again')!.highWatermark === 2)
  const values = (await cluster.during(client.readAll('again', 0))).map(({ value }) => value)
  assert.deepEqual(values, ['new', 'newer'])
})

test('connections to the controller that fell silent hold no change of in-sync replicas up, and cost a leader nothing', async () => {
  const cluster = await VirtualCluster.start({ seed: 35 })
  const { network, events } = cluster.world
  const [leader, follower] = [1, 2, 3].filter((id) => id !== cluster.controllerId) as [number, number]
  const words = new Set<Link>()
  network.onSend = (link, bytes) => {
    const isOurs = link.client.process === cluster.seat(leader).process
    if (isOurs && bytes.length > 5 && TOLD_TO_CONTROLLER.has(Buffer.from(bytes).readInt16BE(4))) words.add(link)
  }
  await cluster.during(cluster.client.createTopicOn('held', [[leader, follower]]))
  const shrunk = () => cluster.image('held')?.isr.join() === `${leader}`
  for (const fallsSilent of [false, true]) {
    cluster.kill(follower)
    await cluster.until('the follower is out of sync', shrunk)
    for (const link of words) link.isSilent = fallsSilent
    const { leaderEpoch } = cluster.image('held')!
    const since = events.now
    cluster.start(follower)
    await cluster.until('it is in sync again', cluster.inSync('held', 0, leader, follower))
    assert.ok(events.now - since < 10_000, `after ${events.now - since} ms, with ${words.size} silent connections`)
    assert.equal(cluster.image('held')!.leaderEpoch, leaderEpoch)
    await cluster.pass(1000) // for heartbeats
  }
  assert.equal([...words].filter(({ isSilent }) => !isSilent).length, 2, 'both were made anew')
})
