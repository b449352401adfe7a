// What an administrator asks of a cluster, by any of its brokers: only one of them is the active controller, the others hand it on.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/index.ts'
import { silentLogger } from '../../src/platform/logger.ts'
import { errorName } from '../../src/protocol/errors.ts'
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../src/protocol/messages/alter-partition-reassignments.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/protocol/messages/create-topics.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../src/protocol/messages/describe-configs.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from '../../src/protocol/messages/elect-leaders.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../src/protocol/messages/incremental-alter-configs.ts'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../src/protocol/messages/list-partition-reassignments.ts'
import { UnregisterBrokerRequest, UnregisterBrokerResponse } from '../../src/protocol/messages/unregister-broker.ts'
import { UpdateFeaturesRequest, UpdateFeaturesResponse } from '../../src/protocol/messages/update-features.ts'
import { ClusterClient } from '../support/cluster-client.ts'
import { RESOURCE } from '../support/kafka-client.ts'
import { atEnd, eventually } from '../support/running-broker.ts'

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 20))

test('replicas move, leaders are elected and features asked about, whichever broker is asked', async (t) => {
  const config = { 'broker.heartbeat.interval.ms': 200, 'replica.fetch.wait.max.ms': 100 }
  const cluster = await startCluster({ logger: silentLogger, inMemory: true, config })
  atEnd(t, () => cluster.close())
  const client = new ClusterClient(cluster.bootstrapServers)
  atEnd(t, () => client.close())
  const brokers = await Promise.all(cluster.bootstrapServers.split(',').map((server) => client.at(server)))

  const names = brokers.map((_, index) => `moved-${index}`)
  const topics = names.map((name) => ({
    name,
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds: [1, 2] }],
    configs: [],
  }))
  await brokers[0]!.call(CreateTopicsRequest, CreateTopicsResponse, 7, { topics, timeoutMs: 5000 })
  for (const name of names) await client.produce(name, 0, [`before ${name}`], pause)

  for (const [index, broker] of brokers.entries()) {
    const name = names[index]!
    const wanted = { topics: [{ name, partitions: [{ partitionIndex: 0, replicas: [3, 1] }] }], timeoutMs: 5000 }
    const moved = await broker.call(AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse, 1, wanted)
    assert.deepEqual(moved.responses[0]!.partitions, [{ partitionIndex: 0, errorCode: 0, errorMessage: null }])
  }
  await eventually('nothing moves any more', async () => {
    const all = { topics: null, timeoutMs: 5000 }
    const { topics: moving } = await brokers[1]!.call(
      ListPartitionReassignmentsRequest,
      ListPartitionReassignmentsResponse,
      0,
      all,
    )
    return moving.length === 0
  })
  for (const [index, broker] of brokers.entries()) {
    const name = names[index]!
    const request = { electionType: 0, topicPartitions: [{ topic: name, partitions: [0] }], timeoutMs: 5000 }
    await eventually(`${name} is led by its preferred replica`, async () => {
      const { replicaElectionResults } = await broker.call(ElectLeadersRequest, ElectLeadersResponse, 2, request)
      const why = errorName(replicaElectionResults[0]!.partitionResult[0]!.errorCode)
      const partition = await client.partition(name, 0)
      return ['NONE', 'ELECTION_NOT_NEEDED'].includes(why) && partition?.leaderId === 3
    })
    await client.produce(name, 0, [`after ${name}`], pause)
    const { replicaNodes } = (await client.partition(name, 0))!
    const kept = new Set((await client.readAll(name, 0)).map(({ value }) => value))
    assert.deepEqual(
      [replicaNodes, [...kept]],
      [
        [3, 1],
        [`before ${name}`, `after ${name}`],
      ],
    )

    const resource = (id: number) => {
      const configs = [
        { name: 'message.max.bytes', configOperation: 0, value: `${2_000_000 + id}` },
        { name: 'leader.replication.throttled.rate', configOperation: 0, value: '1000' },
      ]
      return { resourceType: RESOURCE.broker, resourceName: String(id), configs }
    }
    const [own, other] = [index + 1, ((index + 1) % 3) + 1]
    const resources = [resource(other), resource(own)]
    const altered = await broker.call(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, 1, { resources })
    assert.deepEqual(
      altered.responses.map(({ resourceName, errorCode }) => [resourceName, errorName(errorCode)]),
      [
        [String(own), 'NONE'],
        [String(other), 'INVALID_REQUEST'],
      ],
      'a broker has its own configuration altered, wherever the controller is, and no other one',
    )
    await eventually(`broker ${index + 1} has its throttle, and tells of no default`, async () => {
      const named = [
        { resourceType: 4, resourceName: String(index + 1), configurationKeys: ['leader.replication.throttled.rate'] },
      ]
      const asked = { resources: named, includeSynonyms: true }
      const { results } = await broker.call(DescribeConfigsRequest, DescribeConfigsResponse, 4, asked)
      const config = results[0]!.configs[0]
      return config?.value === '1000' && config.synonyms.length === 1
    })

    const featureUpdates = [{ feature: 'group.version', maxVersionLevel: 0, upgradeType: 2 }]
    const features = { timeoutMs: 5000, featureUpdates, validateOnly: true }
    const answer = await broker.call(UpdateFeaturesRequest, UpdateFeaturesResponse, 2, features)
    assert.deepEqual([errorName(answer.errorCode), answer.errorMessage], ['NONE', null])
    const gone = await broker.call(UnregisterBrokerRequest, UnregisterBrokerResponse, 0, { brokerId: 9 })
    assert.equal(errorName(gone.errorCode), 'BROKER_ID_NOT_REGISTERED')
  }
})

test('a broker that is unregistered while it runs comes back, and its replicas with it', async (t) => {
  const config = { 'broker.heartbeat.interval.ms': 200, 'replica.fetch.wait.max.ms': 100 }
  const cluster = await startCluster({ logger: silentLogger, inMemory: true, config })
  atEnd(t, () => cluster.close())
  const client = new ClusterClient(cluster.bootstrapServers)
  atEnd(t, () => client.close())
  await client.createTopic('kept', 3, 3)
  const broker = await client.at(cluster.bootstrapServers.split(',')[0]!)
  const gone = await broker.call(UnregisterBrokerRequest, UnregisterBrokerResponse, 0, { brokerId: 2 })
  assert.equal(gone.errorCode, 0)
  await eventually('every replica is in sync again, one led by each', async () => {
    const { topics } = await client.metadata(['kept'])
    const { partitions } = topics[0]!
    return partitions.every(({ isrNodes, leaderId }) => isrNodes.length === 3 && leaderId >= 0)
  })
  for (const index of [0, 1, 2]) await client.produce('kept', index, [`in ${index}`], pause)
})
