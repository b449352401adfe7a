// Topics come, change and go; the logs follow.

import assert from 'node:assert/strict'
import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { errorCode, errorName } from '../../src/protocol/errors.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from '../../src/protocol/messages/create-partitions.ts'
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/metadata.ts'
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/produce.ts'
import { batchOf, type KafkaClient, valuesOf } from '../support/kafka-client.ts'
import { brokerFor, clientFor, eventually, inMemory, keptLog, tempDir } from '../support/running-broker.ts'

test('asking for a topic makes it, with num.partitions, unless the client or the broker says no', async (t) => {
  const { client } = await inMemory(t, { 'num.partitions': 3 })
  assert.equal((await ask(client, 'wanted', false)).error, 'UNKNOWN_TOPIC_OR_PARTITION')
  await client.call(MetadataRequest, MetadataResponse, 12, { topics: [{ name: 'wanted' }] })
  await eventually('the topic is there', async () => (await ask(client, 'wanted', false)).partitions === 3)
  assert.equal(await client.produce('wanted', ['x'], { partition: 2 }), 0)
  assert.equal((await ask(client, 'not/allowed', true)).error, 'INVALID_TOPIC_EXCEPTION')

  const { client: strict } = await inMemory(t, { 'auto.create.topics.enable': false })
  assert.equal((await ask(strict, 'wanted', true)).error, 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.equal((await ask(strict, 'wanted', false)).error, 'UNKNOWN_TOPIC_OR_PARTITION')
})

test('many clients that ask for the same new topic at once get one topic', async (t) => {
  const { broker } = await inMemory(t)
  const clients = await Promise.all(Array.from({ length: 10 }, () => clientFor(t, broker)))
  await Promise.all(clients.map((client) => ask(client, 'shared', true)))
  const [client] = clients
  await eventually('the topic is there', async () => (await ask(client!, 'shared', false)).error === 'NONE')
  const ids = await Promise.all(clients.map(async (one) => (await ask(one, 'shared', false)).id))
  assert.equal(new Set(ids).size, 1)
})

test('a topic can be written and read the moment its creation is answered', async (t) => {
  const { client } = await inMemory(t)
  for (let i = 0; i < 20; i++) {
    await client.createTopic(`t${i}`, { partitions: 5 })
    assert.equal(await client.produce(`t${i}`, ['at once'], { partition: 4 }), 0)
  }
})

test('a topic deleted and made again is another one: empty, with a new id; the old id is unknown', async (t) => {
  const dataDir = await tempDir(t)
  const client = await clientFor(t, await brokerFor(t, { dataDir }))
  let old = await client.createTopic('phoenix', { partitions: 2 })
  for (let round = 0; round < 5; round++) {
    for (const partition of [0, 1]) await client.produce('phoenix', ['a', 'b', 'c'], { partition })
    await client.deleteTopic('phoenix')
    assert.equal((await client.fetch('phoenix', 0, 0)).errorCode, errorCode('UNKNOWN_TOPIC_OR_PARTITION'))
    const id = await client.createTopic('phoenix', { partitions: 2 })
    assert.notEqual(id, old)
    for (const partition of [0, 1]) assert.deepEqual(await client.readAll('phoenix', { partition }), [])
    assert.equal(await sendById(client, old), 'UNKNOWN_TOPIC_ID')
    assert.equal(await sendById(client, id), 'NONE')
    old = id
  }
  assert.deepEqual(valuesOf(await client.readAll('phoenix')), ['by id'])
})

test('deleting a topic ends the long polls on it', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('doomed')
  const reader = await clientFor(t, broker)
  const since = performance.now()
  const polled = reader.fetch('doomed', 0, 0, { maxWaitMs: 15_000 })
  await new Promise((resolve) => setTimeout(resolve, 50))
  await client.deleteTopic('doomed')
  assert.equal(errorName((await polled).errorCode), 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.ok(performance.now() - since < 10_000)
})

test('the files of a deleted topic are gone after file.delete.delay.ms', async (t) => {
  const dataDir = await tempDir(t)
  const client = await clientFor(t, await brokerFor(t, { dataDir, config: { 'log.segment.delete.delay.ms': 10 } }))
  await client.createTopic('files', { partitions: 3 })
  await client.produce('files', ['x'])
  await client.deleteTopic('files')
  await eventually('the files are gone', async () => !(await readdir(dataDir)).some((name) => name.startsWith('files')))
})

test('partitions are added, never taken away, and serve at once', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('growing')
  await client.produce('growing', ['kept'])
  assert.equal(await setPartitions(client, 'growing', 4), 'NONE')
  assert.equal(await client.produce('growing', ['x'], { partition: 3 }), 0)
  assert.equal(await setPartitions(client, 'growing', 2), 'INVALID_PARTITIONS')
  assert.equal((await ask(client, 'growing', false)).partitions, 4)
  assert.deepEqual(valuesOf(await client.readAll('growing')), ['kept'])
})

test('a log that belongs to no topic is put aside with a warning, and its data kept', async (t) => {
  const dataDir = await tempDir(t)
  const first = await brokerFor(t, { dataDir })
  const before = await clientFor(t, first)
  await before.createTopic('mine')
  await before.produce('mine', ['x'])
  await first.close()
  await cp(join(dataDir, 'mine-0'), join(dataDir, 'foreign-0'), { recursive: true })
  const { logger, lines } = keptLog()
  const after = await clientFor(t, await brokerFor(t, { dataDir, logger }))
  assert.deepEqual(valuesOf(await after.readAll('mine')), ['x'])
  const names = await readdir(dataDir)
  assert.ok(!names.includes('foreign-0'), names.join())
  assert.ok(
    names.some((name) => /^foreign-0\..*-stray$/.test(name)),
    names.join(),
  )
  assert.ok(
    lines.some(({ level, message }) => level === 'warn' && /stray/.test(message)),
    JSON.stringify(lines),
  )
  await after.createTopic('foreign')
  assert.deepEqual(await after.readAll('foreign'), [])
})

test('a thousand partitions are made, written, and found again after a restart', async (t) => {
  const dataDir = await tempDir(t)
  const first = await brokerFor(t, { dataDir, config: { 'log.flush.policy': 'os' } })
  const before = await clientFor(t, first)
  await before.createTopic('wide', { partitions: 1000 })
  for (let partition = 0; partition < 1000; partition += 100) await before.produce('wide', [`${partition}`], { partition })
  await first.close()
  const after = await clientFor(t, await brokerFor(t, { dataDir }))
  assert.equal((await ask(after, 'wide', false)).partitions, 1000)
  assert.deepEqual(valuesOf(await after.readAll('wide', { partition: 900 })), ['900'])
})

async function ask(client: KafkaClient, name: string, allowAutoTopicCreation: boolean) {
  const body = { topics: [{ name }], allowAutoTopicCreation }
  const [topic] = (await client.call(MetadataRequest, MetadataResponse, 12, body)).topics
  return { error: errorName(topic!.errorCode), id: topic!.topicId, partitions: topic!.partitions.length }
}

async function sendById(client: KafkaClient, topicId: string): Promise<string> {
  const topicData = [{ topicId, partitionData: [{ index: 0, records: batchOf(['by id']) }] }]
  const { responses } = await client.call(ProduceRequest, ProduceResponse, 13, { acks: -1, timeoutMs: 5000, topicData })
  return errorName(responses[0]!.partitionResponses[0]!.errorCode)
}

async function setPartitions(client: KafkaClient, name: string, count: number): Promise<string> {
  const body = { topics: [{ name, count, assignments: null }], timeoutMs: 5000, validateOnly: false }
  const { results } = await client.call(CreatePartitionsRequest, CreatePartitionsResponse, 3, body)
  return errorName(results[0]!.errorCode)
}
