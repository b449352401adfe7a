// A broker stops cleanly and starts again on its directory: everything is found again.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { errorCode } from '../../src/protocol/errors.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../src/protocol/messages/describe-configs.ts'
import { InitProducerIdRequest, InitProducerIdResponse } from '../../src/protocol/messages/init-producer-id.ts'
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/metadata.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../src/protocol/messages/offset-commit.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../src/protocol/messages/offset-fetch.ts'
import { CrashLoad } from '../support/crash-load.ts'
import { batchOf, EARLIEST, type KafkaClient, LATEST, RESOURCE, valuesOf } from '../support/kafka-client.ts'
import { brokerFor, clientFor, eventually, keptLog, tempDir } from '../support/running-broker.ts'

const GROUP = 'readers'

test('topics, records, offsets, configurations, group offsets and producers are found again', async (t) => {
  const dataDir = await tempDir(t)
  const first = await brokerFor(t, { dataDir })
  const before = await clientFor(t, first)
  const topicId = await before.createTopic('orders', { partitions: 3, configs: { 'retention.ms': '123456789' } })
  for (let i = 0; i < 30; i++) await before.produce('orders', [`${i}a`, `${i}b`], { partition: i % 3 })
  await before.alterConfigs('topic', 'orders', { 'max.message.bytes': '54321' })
  await before.alterConfigs('broker', '', { 'log.retention.ms': '777777' })
  await commit(before, 'orders', 17n)
  const producer = await newProducer(before)
  const batch = (baseSequence: number) => batchOf([`s${baseSequence}`], { ...producer, baseSequence })
  assert.equal((await before.send('orders', 0, batch(0))).baseOffset, 20)
  assert.equal((await before.send('orders', 0, batch(1))).baseOffset, 21)
  const all = await before.readAll('orders')
  await first.close()
  assert.ok((await readdir(dataDir)).includes('.kafka_cleanshutdown'))

  const { logger, lines } = keptLog()
  const second = await brokerFor(t, { dataDir, logger })
  const after = await clientFor(t, second)
  assert.equal(second.clusterId, first.clusterId)
  const { topics } = await after.call(MetadataRequest, MetadataResponse, 12, { topics: [{ name: 'orders' }] })
  assert.equal(topics[0]!.topicId, topicId)
  assert.equal(topics[0]!.partitions.length, 3)
  assert.deepEqual(await after.readAll('orders'), all)
  assert.deepEqual(valuesOf(await after.readAll('orders', { partition: 1 })).slice(0, 3), ['1a', '1b', '4a'])
  assert.deepEqual([await after.offset('orders', EARLIEST, 2), await after.offset('orders', LATEST, 2)], [0, 20])
  assert.equal(await configOf(after, RESOURCE.topic, 'orders', 'max.message.bytes'), '54321')
  assert.equal(await configOf(after, RESOURCE.topic, 'orders', 'retention.ms'), '123456789')
  assert.equal(await configOf(after, RESOURCE.broker, '1', 'log.retention.ms'), '777777')
  assert.equal(await committed(after, 'orders'), 17n)

  const again = await after.send('orders', 0, batch(1))
  assert.deepEqual([again.errorCode, again.baseOffset], [0, 21], 'a duplicate is answered with its first offset')
  assert.equal(await after.offset('orders', LATEST), 22)
  const gap = await after.send('orders', 0, batch(7))
  assert.equal(gap.errorCode, errorCode('OUT_OF_ORDER_SEQUENCE_NUMBER'))
  assert.equal((await after.send('orders', 0, batch(2))).baseOffset, 22)
  const another = await newProducer(after)
  assert.notEqual(another.producerId, producer.producerId)
  assert.deepEqual(
    lines.filter(({ level }) => level !== 'info'),
    [],
  )
})

test('five restarts in a row leave one cluster id, one topic id, and rising leader epochs or none', async (t) => {
  const dataDir = await tempDir(t)
  const seen = new Set<string>()
  let lastEpoch = -1
  for (let round = 0; round < 5; round++) {
    const broker = await brokerFor(t, { dataDir })
    const client = await clientFor(t, broker)
    if (round === 0) await client.createTopic('kept')
    assert.equal(await client.produce('kept', [`round ${round}`]), round)
    const { topics, clusterId } = await client.call(MetadataRequest, MetadataResponse, 12, { topics: [{ name: 'kept' }] })
    seen.add(`${clusterId} ${broker.clusterId} ${topics[0]!.topicId}`)
    const [partition] = topics[0]!.partitions
    assert.equal(partition!.leaderId, 1)
    assert.ok(partition!.leaderEpoch >= lastEpoch)
    lastEpoch = partition!.leaderEpoch
    await broker.close()
  }
  assert.equal(seen.size, 1)
})

test('a topic that was deleted does not come back', async (t) => {
  const dataDir = await tempDir(t)
  const first = await brokerFor(t, { dataDir })
  const before = await clientFor(t, first)
  await before.createTopic('gone')
  await before.produce('gone', ['x'])
  await before.deleteTopic('gone')
  await first.close()
  const after = await clientFor(t, await brokerFor(t, { dataDir }))
  const body = { topics: [{ name: 'gone' }], allowAutoTopicCreation: false }
  const { topics } = await after.call(MetadataRequest, MetadataResponse, 12, body)
  assert.equal(topics[0]!.errorCode, errorCode('UNKNOWN_TOPIC_OR_PARTITION'))
  await after.createTopic('gone')
  assert.deepEqual(await after.readAll('gone'), [])
})

test('closing under load is quick, and the next start has every acknowledged record once', async (t) => {
  const dataDir = await tempDir(t)
  const loads = [0, 1].map((partition) => new CrashLoad('load', partition))
  for (let round = 0; round < 4; round++) {
    const broker = await brokerFor(t, { dataDir })
    const client = await clientFor(t, broker)
    if (round === 0) await client.createTopic('load', { partitions: 2 })
    for (const load of loads) assert.deepEqual(load.complaints(await client.readAll('load', load)), [])
    await Promise.all(loads.map((load) => load.start(broker.bootstrapServers)))
    const before = loads[0]!.acknowledged.size
    await eventually('the load runs', () => loads[0]!.acknowledged.size > before + 200)
    const since = performance.now()
    await broker.close()
    assert.ok(performance.now() - since < 10_000, `closing took ${performance.now() - since} ms`)
    await Promise.all(loads.map((load) => load.ended()))
  }
})

async function newProducer(client: KafkaClient) {
  const body = { transactionalId: null, transactionTimeoutMs: 1000 }
  const { errorCode, producerId, producerEpoch } = await client.call(InitProducerIdRequest, InitProducerIdResponse, 5, body)
  assert.equal(errorCode, 0)
  return { producerId, producerEpoch }
}

async function commit(client: KafkaClient, topic: string, committedOffset: bigint) {
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: 'a note' }] }]
  await client.call(MetadataRequest, MetadataResponse, 12, { topics: [{ name: '__consumer_offsets' }] })
  const answer = await client.call(OffsetCommitRequest, OffsetCommitResponse, 9, { groupId: GROUP, topics })
  assert.equal(answer.topics[0]!.partitions[0]!.errorCode, 0)
}

async function committed(client: KafkaClient, topic: string): Promise<bigint> {
  const groups = [{ groupId: GROUP, topics: [{ name: topic, partitionIndexes: [0] }] }]
  const answer = await client.call(OffsetFetchRequest, OffsetFetchResponse, 9, { groups, requireStable: false })
  const [partition] = answer.groups[0]!.topics[0]!.partitions
  assert.equal(partition!.metadata, 'a note')
  return partition!.committedOffset
}

async function configOf(client: KafkaClient, resourceType: number, resourceName: string, key: string) {
  const body = { resources: [{ resourceType, resourceName, configurationKeys: [key] }] }
  const { results } = await client.call(DescribeConfigsRequest, DescribeConfigsResponse, 4, body)
  return results[0]!.configs[0]!.value
}
