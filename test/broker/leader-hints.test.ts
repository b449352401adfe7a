// Who asks the wrong broker is told the right one, in the answer itself (KIP-951). Three simulated machines, virtual time.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { endSession } from '../../src/metadata/controller/heartbeats.ts'
import { ready as codecsReady } from '../../src/protocol/compression/index.ts'
import { errorCode } from '../../src/protocol/errors.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/protocol/messages/create-topics.ts'
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/fetch.ts'
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/produce.ts'
import { ClusterWorld } from '../support/cluster-world.ts'
import { batchOf, type KafkaClient } from '../support/kafka-client.ts'

const NOT_LEADER = errorCode('NOT_LEADER_OR_FOLLOWER')
const FENCED = errorCode('FENCED_LEADER_EPOCH')
const HOSTS = ['one', 'two', 'three']
const IDS = [1, 2, 3]

before(codecsReady)

class Asked {
  readonly cluster: ClusterWorld
  topicId = ''

  constructor(cluster: ClusterWorld) {
    this.cluster = cluster
  }

  static async of(seed: number, replicas: readonly number[]): Promise<Asked> {
    const cluster = new ClusterWorld(seed)
    for (const id of IDS) cluster.start(id)
    await cluster.until('three brokers serve', cluster.serving(...IDS))
    const it = new Asked(cluster)
    const topic = {
      name: 'where',
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [...replicas] }],
      configs: [],
    }
    const client = await it.at(1)
    const made = client.call(CreateTopicsRequest, CreateTopicsResponse, 7, { topics: [topic], timeoutMs: 5000 })
    it.topicId = (await cluster.during(made)).topics[0]!.topicId
    await cluster.until('all know it', () => IDS.every((id) => cluster.partition(id, 'where', 0)?.leader === replicas[0]))
    await cluster.during(cluster.client.produce('where', 0, ['first'], cluster.pause))
    return it
  }

  at(id: number): Promise<KafkaClient> {
    return this.cluster.during(this.cluster.client.at(this.cluster.serverOf(id)))
  }

  async produce(id: number, version: number, acks = -1) {
    const topic = version >= 13 ? { topicId: this.topicId } : { name: 'where' }
    const partitionData = [{ index: 0, records: batchOf([{ value: 'x', timestamp: this.cluster.clock.now() }]) }]
    const body = { transactionalId: null, acks, timeoutMs: 10_000, topicData: [{ ...topic, partitionData }] }
    const { responses, nodeEndpoints } = await (await this.at(id)).call(ProduceRequest, ProduceResponse, version, body as never)
    return { ...responses[0]!.partitionResponses[0]!, nodeEndpoints }
  }

  async fetch(id: number, version: number, { maxWaitMs = 0, fetchOffset = 0, currentLeaderEpoch = -1 } = {}) {
    const partitions = [{ partition: 0, fetchOffset, currentLeaderEpoch, lastFetchedEpoch: -1, partitionMaxBytes: 1 << 20 }]
    const topic = version >= 13 ? { topicId: this.topicId } : { topic: 'where' }
    const body = { maxWaitMs, minBytes: 1, maxBytes: 1 << 20, isolationLevel: 0, sessionId: 0, sessionEpoch: -1 }
    const whole = { ...body, topics: [{ ...topic, partitions }], forgottenTopicsData: [], rackId: '' }
    const { responses, nodeEndpoints } = await (await this.at(id)).call(FetchRequest, FetchResponse, version, whole as never)
    return { ...responses[0]!.partitions[0]!, nodeEndpoints }
  }
}

const endpointOf = (id: number) => [{ nodeId: id, host: HOSTS[id - 1]!, port: 9092, rack: null }]
const UNTOLD = { leaderId: -1, leaderEpoch: -1 }

test('Produce and Fetch to a follower, and to a broker without a replica, name the leader, its epoch and its address', async () => {
  for (const [seed, replicas] of [
    [31, [3, 1, 2]],
    [32, [3]],
  ] as const) {
    const it = await Asked.of(seed, replicas)
    const leader = { leaderId: 3, leaderEpoch: it.cluster.partition(1, 'where', 0)!.leaderEpoch }
    for (const id of [1, 2]) {
      for (const version of [10, 12, 13]) {
        const { errorCode: code, currentLeader, nodeEndpoints } = await it.cluster.during(it.produce(id, version))
        assert.deepEqual(
          { code, currentLeader, nodeEndpoints },
          { code: NOT_LEADER, currentLeader: leader, nodeEndpoints: endpointOf(3) },
        )
      }
      if (replicas.length > 1) continue // a consumer may read from a follower (KIP-392)
      for (const version of [16, 17]) {
        const { errorCode: code, currentLeader, nodeEndpoints } = await it.cluster.during(it.fetch(id, version))
        assert.deepEqual(
          { code, currentLeader, nodeEndpoints },
          { code: NOT_LEADER, currentLeader: leader, nodeEndpoints: endpointOf(3) },
        )
      }
    }
  }
})

test('versions that cannot say it get the error alone', async () => {
  const it = await Asked.of(33, [3])
  const produced = await it.cluster.during(it.produce(1, 9))
  assert.deepEqual([produced.errorCode, produced.currentLeader, produced.nodeEndpoints], [NOT_LEADER, UNTOLD, []])
  const fetched = await it.cluster.during(it.fetch(1, 15))
  assert.deepEqual([fetched.errorCode, fetched.currentLeader, fetched.nodeEndpoints], [NOT_LEADER, UNTOLD, []])
})

test('an answer that is no error names nobody', async () => {
  const it = await Asked.of(34, [3, 1, 2])
  const produced = await it.cluster.during(it.produce(3, 12))
  assert.deepEqual([produced.errorCode, produced.currentLeader, produced.nodeEndpoints], [0, UNTOLD, []])
  const fetched = await it.cluster.during(it.fetch(3, 17))
  assert.deepEqual([fetched.errorCode, fetched.currentLeader, fetched.nodeEndpoints], [0, UNTOLD, []])
})

test('who waits at a leader when it loses its place is sent on at once: a Produce for its replicas, a Fetch for records', async () => {
  const it = await Asked.of(35, [1, 2, 3])
  const { cluster } = it
  const controllerId = cluster.leaderId!
  const { leader, leaderEpoch } = cluster.partition(1, 'where', 0)!
  const silent = IDS.find((id) => id !== controllerId && id !== leader)!
  cluster.seats[silent - 1]!.process!.pausedUntil = cluster.now + 8000
  const began = cluster.now
  const { endOffset } = cluster.seats[leader - 1]!.broker!.rooms.replicas.get('where', 0)!
  const producing = it.produce(leader, 12)
  const fetching = it.fetch(leader, 17, { maxWaitMs: 9000, fetchOffset: endOffset, currentLeaderEpoch: leaderEpoch })
  for (const waiting of [producing, fetching]) waiting.catch(() => {})
  await cluster.pass(300)
  const { controller } = cluster.seats[controllerId - 1]!.broker!.rooms.metadata
  const brokerEpoch = cluster.image(leader).brokers.get(leader)!.epoch
  await cluster.during(controller.decide((machine) => endSession(machine, { brokerId: leader, brokerEpoch })))
  const produced = await cluster.during(producing)
  const fetched = await cluster.during(fetching)
  assert.ok(cluster.now - began < 1500, `after ${cluster.now - began} ms`)
  const next = cluster.partition(leader, 'where', 0)!
  assert.notEqual(next.leader, leader)
  const told = { leaderId: next.leader, leaderEpoch: next.leaderEpoch }
  assert.deepEqual(
    [produced.errorCode, produced.currentLeader, produced.nodeEndpoints],
    [NOT_LEADER, told, endpointOf(next.leader)],
  )
  assert.deepEqual([fetched.errorCode, fetched.currentLeader, fetched.nodeEndpoints], [FENCED, told, endpointOf(next.leader)])
})
