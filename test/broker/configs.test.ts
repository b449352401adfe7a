// Configurations changed while the broker runs take effect where they should.

import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBroker } from '../../src/index.ts'
import { errorName } from '../../src/protocol/errors.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../src/protocol/messages/describe-configs.ts'
import { DescribeProducersRequest, DescribeProducersResponse } from '../../src/protocol/messages/describe-producers.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../src/protocol/messages/incremental-alter-configs.ts'
import { batchOf, KafkaClient, RESOURCE } from '../support/kafka-client.ts'
import { brokerFor, clientFor, eventually, inMemory, tempDir } from '../support/running-broker.ts'

const SOURCE = { topic: 1, broker: 2, defaultBroker: 3, file: 4, default: 5 } as const
const DELETE = 1
const ONE_KILOBYTE = 'x'.repeat(1000)

test('max.message.bytes of a topic holds from the moment it is set, and no longer than it is set', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('small')
  await client.produce('small', [ONE_KILOBYTE])
  await client.alterConfigs('topic', 'small', { 'max.message.bytes': '500' })
  assert.equal(await send(client, 'small'), 'MESSAGE_TOO_LARGE')
  await remove(client, 'small', 'max.message.bytes')
  assert.equal(await send(client, 'small'), 'NONE')
})

test("a broker's dynamic default is the default of its topics; what a topic says itself goes before it", async (t) => {
  const { client } = await inMemory(t, { 'message.max.bytes': 5000 })
  await client.createTopic('plain')
  await client.createTopic('own', { configs: { 'max.message.bytes': '3000' } })
  assert.deepEqual(await describe(client, 'plain', 'max.message.bytes'), { value: '5000', source: SOURCE.file })
  await client.alterConfigs('broker', '', { 'message.max.bytes': '500' })
  assert.deepEqual(await describe(client, 'plain', 'max.message.bytes'), { value: '500', source: SOURCE.defaultBroker })
  assert.deepEqual([await send(client, 'plain'), await send(client, 'own')], ['MESSAGE_TOO_LARGE', 'NONE'])
  await client.alterConfigs('broker', '1', { 'message.max.bytes': '2000' })
  assert.deepEqual(await describe(client, 'plain', 'max.message.bytes'), { value: '2000', source: SOURCE.broker })
  assert.deepEqual([await send(client, 'plain'), await send(client, 'own')], ['NONE', 'NONE'])
  assert.deepEqual(await describe(client, 'own', 'max.message.bytes'), { value: '3000', source: SOURCE.topic })
  assert.deepEqual(await describe(client, 'own', 'retention.bytes'), { value: '-1', source: SOURCE.default })
})

test('a dynamic default survives a restart', async (t) => {
  const dataDir = await tempDir(t)
  const first = await brokerFor(t, { dataDir })
  const before = await clientFor(t, first)
  await before.createTopic('plain')
  await before.alterConfigs('broker', '', { 'message.max.bytes': '500' })
  await first.close()
  const after = await clientFor(t, await brokerFor(t, { dataDir }))
  assert.equal(await send(after, 'plain'), 'MESSAGE_TOO_LARGE')
})

test('message.timestamp.type=LogAppendTime stamps records with the time of the broker', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('stamped', { configs: { 'message.timestamp.type': 'LogAppendTime' } })
  const before = Date.now()
  const answer = await client.send('stamped', 0, batchOf([{ value: 'x', timestamp: 1000 }]))
  assert.ok(answer.logAppendTimeMs >= before)
  assert.equal((await client.readAll('stamped'))[0]!.timestamp, answer.logAppendTimeMs)
})

test('timestamps too far from the clock are refused where the topic says so', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('punctual', { configs: { 'message.timestamp.before.max.ms': '1000' } })
  const { errorCode } = await client.send('punctual', 0, batchOf([{ value: 'x', timestamp: Date.now() - 5000 }]))
  assert.equal(errorName(errorCode), 'INVALID_TIMESTAMP')
  assert.equal(await send(client, 'punctual'), 'NONE')
})

test('a changed segment.bytes holds for the running segment too', async (t) => {
  const dataDir = await tempDir(t)
  const client = await clientFor(t, await brokerFor(t, { dataDir }))
  await client.createTopic('rolls')
  const segments = async () => (await readdir(join(dataDir, 'rolls-0'))).filter((name) => name.endsWith('.log')).length
  for (let i = 0; i < 3; i++) await client.produce('rolls', ['x'.repeat(600_000)])
  assert.equal(await segments(), 1)
  await client.alterConfigs('topic', 'rolls', { 'segment.bytes': String(1 << 20) })
  for (let i = 0; i < 3; i++) await client.produce('rolls', ['x'.repeat(600_000)])
  assert.equal(await segments(), 4)
})

test('a wrong value or name is refused with a message, and changes nothing', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('strict')
  for (const values of [
    { 'retention.ms': 'soon' },
    { 'retention.mss': '1' },
    { 'cleanup.policy': 'shred' },
    { 'max.message.bytes': '-1' },
  ]) {
    const { errorCode, errorMessage } = await client.alterConfigs('topic', 'strict', { ...values, 'segment.ms': '5000' })
    assert.equal(errorName(errorCode), 'INVALID_CONFIG', JSON.stringify(values))
    assert.ok(errorMessage!.includes(Object.keys(values)[0]!), errorMessage!)
  }
  assert.deepEqual(await describe(client, 'strict', 'segment.ms'), { value: '604800000', source: SOURCE.default })
  const unknown = await client.alterConfigs('topic', 'nobody', { 'retention.ms': '1' })
  assert.equal(errorName(unknown.errorCode), 'UNKNOWN_TOPIC_OR_PARTITION')
  const fixed = await client.alterConfigs('broker', '1', { 'log.dirs': '/elsewhere' })
  assert.equal(errorName(fixed.errorCode), 'INVALID_REQUEST')
})

test('auto.create.topics.enable and other switches that only a restart changes are refused while the broker runs', async (t) => {
  const { client } = await inMemory(t)
  const { errorCode } = await client.alterConfigs('broker', '', { 'auto.create.topics.enable': 'false' })
  assert.equal(errorName(errorCode), 'INVALID_REQUEST')
})

test('limits of connections that are altered hold at once, for all listeners and for one', async (t) => {
  const { broker, client } = await inMemory(t)
  const isServed = async () => {
    const other = await KafkaClient.connect(broker.bootstrapServers)
    const answer = other.createTopic('any').then(
      () => true,
      (thrown) => !/closed|ECONNRESET|EPIPE/.test(String(thrown)), // an error of the topic is an answer, too
    )
    return answer.finally(() => other.close())
  }
  assert.equal(await isServed(), true)
  for (const values of [
    { 'max.connections': '1' },
    { 'max.connections.per.ip': '1' },
    { 'max.connections.per.ip.overrides': '127.0.0.1:1' },
    { 'listener.name.plaintext.max.connections': '1' },
  ]) {
    const [key] = Object.keys(values) as [string]
    assert.equal((await client.alterConfigs('broker', '', values)).errorCode, 0, key)
    assert.equal(await isServed(), false, key)
    await remove(client, '', key, RESOURCE.broker)
    await eventually('the one before has left', isServed)
  }
  assert.equal((await client.alterConfigs('broker', '', { 'max.connection.creation.rate': '0' })).errorCode, 0)
  const waiting = isServed()
  assert.equal(await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 50, 'waits'))]), 'waits')
  await client.alterConfigs('broker', '1', { 'max.connection.creation.rate': '100' })
  assert.equal(await waiting, true)
})

test('a listener in the file may have limits of its own, and a wrong one stops the start', async (t) => {
  const { broker, client } = await inMemory(t, { 'listener.name.plaintext.max.connections': '1', 'max.connections': '5' })
  const other = await KafkaClient.connect(broker.bootstrapServers)
  await assert.rejects(other.createTopic('any'))
  await client.createTopic('any')
  await assert.rejects(startBroker({ inMemory: true, config: { 'listener.name.plaintext.max.connections': 'many' } }), /many/)
})

test('producer.id.expiration.ms that is altered holds for producers that are known already', async (t) => {
  const { client } = await inMemory(t, { 'producer.id.expiration.check.interval.ms': '10' })
  await client.createTopic('t')
  await client.send('t', 0, batchOf(['x'], { producerId: 7, producerEpoch: 0, baseSequence: 0 }))
  const known = async () => {
    const topics = [{ name: 't', partitionIndexes: [0] }]
    const answer = await client.call(DescribeProducersRequest, DescribeProducersResponse, 0, { topics })
    return answer.topics[0]!.partitions[0]!.activeProducers.length
  }
  assert.equal(await known(), 1)
  assert.equal((await client.alterConfigs('broker', '', { 'producer.id.expiration.ms': '1' })).errorCode, 0)
  await eventually('the producer is forgotten', async () => (await known()) === 0)
})

async function send(client: KafkaClient, topic: string): Promise<string> {
  return errorName((await client.send(topic, 0, batchOf([ONE_KILOBYTE]))).errorCode)
}

async function describe(client: KafkaClient, resourceName: string, key: string) {
  const body = { resources: [{ resourceType: RESOURCE.topic, resourceName, configurationKeys: [key] }] }
  const { results } = await client.call(DescribeConfigsRequest, DescribeConfigsResponse, 4, body)
  const { value, configSource } = results[0]!.configs[0]!
  return { value, source: configSource }
}

async function remove(
  client: KafkaClient,
  resourceName: string,
  key: string,
  resourceType: number = RESOURCE.topic,
): Promise<void> {
  const configs = [{ name: key, configOperation: DELETE, value: null }]
  const resources = [{ resourceType, resourceName, configs }]
  const answer = await client.call(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, 1, {
    resources,
    validateOnly: false,
  })
  assert.equal(answer.responses[0]!.errorCode, 0)
}
