// The whole of it against a broker in memory: what handlers are given, what they say, and what is committed.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filled, offsetsOf, quick, running, scene, until } from '../../test/support/kafkajs-scene.ts'
import { CompressionTypes, ConfigResourceTypes } from './constants.ts'
import { KafkaJSAggregateError, KafkaJSError, KafkaJSNonRetriableError, KafkaJSProtocolError } from './errors/classes.ts'
import { Kafka } from './kafka.ts'
import type { ConsumerRunConfig, LogEntry } from './types/index.ts'

test('what is sent comes as it was given, and is committed when it is done', async (t) => {
  const s = await scene(t)
  await s.admin.createTopics({ topics: [{ topic: 't', numPartitions: 1 }] })
  const sent = await s.producer.sendBatch({
    compression: CompressionTypes.GZIP,
    topicMessages: [
      { topic: 't', messages: [{ key: 'k', value: 'one', headers: { a: 'x', b: ['y', Buffer.from('z')] }, timestamp: '1000' }] },
      { topic: 't', messages: [{ key: null, value: null }] },
    ],
  })
  assert.deepEqual(sent, [{ topicName: 't', partition: 0, errorCode: 0, baseOffset: '0', logAppendTime: '-1' }])
  assert.deepEqual(await s.producer.send({ topic: 't', acks: 0, messages: [{ value: 'two' }] }), [])
  const seen: unknown[] = []
  const consumer = await running(t, s, 't', { eachMessage: async ({ message }) => void seen.push(message) })
  await until(() => seen.length === 3)
  const [first, second] = seen as { timestamp: string }[]
  const headers = { a: Buffer.from('x'), b: [Buffer.from('y'), Buffer.from('z')] }
  const key = Buffer.from('k')
  assert.deepEqual(first, { key, value: Buffer.from('one'), timestamp: '1000', attributes: 0, offset: '0', headers })
  assert.deepEqual(second, { key: null, value: null, timestamp: second!.timestamp, attributes: 0, offset: '1', headers: {} })
  await consumer.stop()
  assert.deepEqual(await offsetsOf(s, 't'), ['3'])
})

test('a batch is done as far as its handler says; the rest comes again', async (t) => {
  const s = await scene(t)
  await filled(s, 't', 10)
  const batches: string[][] = []
  await running(t, s, 't', {
    eachBatchAutoResolve: false,
    async eachBatch({ batch, resolveOffset, heartbeat, uncommittedOffsets, commitOffsetsIfNecessary, isRunning, isStale }) {
      batches.push(batch.messages.map(({ value }) => String(value)))
      assert.deepEqual(
        [isRunning(), isStale(), batch.highWatermark, batch.lastOffset(), batch.offsetLag()],
        [true, false, '10', '9', '0'],
      )
      const upTo = batches.length === 1 ? '3' : batch.lastOffset()
      resolveOffset(upTo)
      await heartbeat()
      assert.equal(uncommittedOffsets().topics[0]?.partitions[0]?.offset, String(Number(upTo) + 1))
      await commitOffsetsIfNecessary({ topics: [{ topic: 't', partitions: [{ partition: 0, offset: '1' }] }] })
    },
  })
  await until(async () => (await offsetsOf(s, 't'))[0] === '10')
  assert.deepEqual(batches, [
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'],
    ['4', '5', '6', '7', '8', '9'],
  ])
})

test('a handler that fails is called again with the same message, and a program that is wrong crashes the consumer', async (t) => {
  const s = await scene(t)
  await filled(s, 't', 3)
  const seen: string[] = []
  const consumer = await running(t, s, 't', {
    async eachMessage({ message }) {
      seen.push(String(message.value))
      if (seen.length === 2 || seen.length === 3) throw new Error('for a while')
      if (seen.length === 5) throw new TypeError('for good')
    },
  })
  const crashes: unknown[] = []
  consumer.on(consumer.events.CRASH, ({ type, payload }) =>
    crashes.push(type, payload.error.name, payload.error.message, payload.restart),
  )
  await until(() => crashes.length > 0)
  assert.deepEqual(seen, ['0', '1', '1', '1', '2'])
  assert.deepEqual(crashes, ['consumer.crash', 'KafkaJSNonRetriableError', 'for good', false])
  assert.deepEqual(await offsetsOf(s, 't'), ['2'])
})

test('a handler that fails too often crashes the consumer, which starts again where it was', async (t) => {
  const s = await scene(t)
  await filled(s, 't', 2)
  const seen: string[] = []
  const eachMessage: ConsumerRunConfig['eachMessage'] = async ({ message }) => {
    seen.push(String(message.value))
    if (seen.length < 4 && seen.length > 1) throw new Error('not yet')
  }
  const consumer = await running(t, s, 't', { eachMessage }, { retry: { retries: 1 } })
  const crashes: unknown[] = []
  consumer.on(consumer.events.CRASH, ({ payload }) => crashes.push(payload.error.name, payload.groupId, payload.restart))
  await until(() => seen.length === 4)
  assert.deepEqual(seen, ['0', '1', '1', '1'])
  assert.deepEqual(crashes, ['KafkaJSNumberOfRetriesExceeded', 'g', true])
})

test('a paused partition gives nothing, and what was not handled comes when it is resumed', async (t) => {
  const s = await scene(t)
  await filled(s, 't', 6, 2)
  const seen: string[] = []
  let resume = () => {}
  const consumer = await running(t, s, 't', {
    async eachMessage({ partition, message, pause }) {
      seen.push(`${partition}:${message.offset}`)
      if (partition === 0 && message.offset === '1') resume = pause()
    },
  })
  await until(() => seen.length === 5)
  assert.deepEqual(consumer.paused(), [{ topic: 't', partitions: [0] }])
  assert.ok(!seen.includes('0:2'))
  resume()
  await until(() => seen.length === 6)
  assert.ok(seen.includes('0:2'))
  assert.deepEqual(consumer.paused(), [])
})

test('seek goes to an offset, the beginning or the end', async (t) => {
  const s = await scene(t)
  await filled(s, 't', 4)
  const seen: string[] = []
  const consumer = await running(t, s, 't', { eachMessage: async ({ message }) => void seen.push(message.offset) })
  await until(() => seen.length === 4)
  consumer.seek({ topic: 't', partition: 0, offset: '2' })
  await until(() => seen.length === 6)
  consumer.seek({ topic: 't', partition: 0, offset: '-2' })
  await until(() => seen.length === 10)
  assert.deepEqual(seen, ['0', '1', '2', '3', '2', '3', '0', '1', '2', '3'])
  assert.throws(() => consumer.seek({ topic: 't', partition: 0, offset: '-3' }), KafkaJSNonRetriableError)
  assert.throws(() => consumer.seek({ topic: 't', partition: 0, offset: 'x' }), /Invalid offset/)
})

test('two members share what there is, and the one that stays goes on with all of it', async (t) => {
  const s = await scene(t)
  await filled(s, 't', 4, 4)
  const joins: number[] = []
  const seen = new Set<string>()
  const run: ConsumerRunConfig = {
    eachMessage: async ({ partition, message }) => void seen.add(`${partition}:${message.offset}`),
  }
  const first = await running(t, s, 't', run)
  first.on(first.events.GROUP_JOIN, ({ payload }) => joins.push(payload.memberAssignment['t']?.length ?? 0))
  const second = await running(t, s, 't', run)
  await until(() => joins.includes(2))
  assert.equal((await first.describeGroup()).members.length, 2)
  await second.disconnect()
  await until(() => joins.at(-1) === 4)
  await s.producer.send({ topic: 't', messages: [0, 1, 2, 3].map((partition) => ({ value: 'x', partition })) })
  await until(() => seen.size === 8)
})

test('what makes no sense is refused before anybody is asked', async (t) => {
  const s = await scene(t)
  const { kafka, producer, admin } = s
  assert.throws(() => kafka.consumer({ groupId: '' }), KafkaJSNonRetriableError)
  assert.throws(
    () => kafka.consumer({ groupId: 'g', heartbeatInterval: 10, sessionTimeout: 10 }),
    /must be lower than sessionTimeout/,
  )
  await assert.rejects(producer.send({ topic: '', messages: [] }), /Invalid topic/)
  await assert.rejects(producer.send({ topic: 't', messages: [{ value: undefined as never }] }), /Invalid message without value/)
  await assert.rejects(producer.transaction(), /Must provide transactional id/)
  const idempotent = kafka.producer({ idempotent: true })
  await assert.rejects(idempotent.send({ topic: 't', acks: 1, messages: [] }), /Not requiring ack/)
  await assert.rejects(kafka.producer().send({ topic: 't', messages: [] }), (thrown) => thrown instanceof KafkaJSError)
  const consumer = kafka.consumer({ groupId: 'g' })
  assert.throws(() => consumer.pause([{ topic: 't' }]), /consumer#run must be called first/)
  assert.throws(() => consumer.on('consumer.nothing' as 'consumer.stop', () => {}), /Event name should be one of consumer.events/)
  await assert.rejects(admin.createTopics({ topics: [{ topic: 't' }, { topic: 't' }] }), /multiple entries for the same topic/)
  await assert.rejects(admin.describeConfigs({ resources: [], includeSynonyms: false }), /Resources array cannot be empty/)
})

test('topics, configurations, offsets and groups are looked at and changed', async (t) => {
  const s = await scene(t)
  const { admin } = s
  const configEntries = [{ name: 'retention.ms', value: '86400000' }]
  assert.equal(await admin.createTopics({ topics: [{ topic: 't', numPartitions: 2, configEntries }] }), true)
  assert.equal(await admin.createTopics({ topics: [{ topic: 't' }] }), false)
  await assert.rejects(
    admin.createTopics({ topics: [{ topic: 'u', replicationFactor: 9 }] }),
    (thrown) =>
      thrown instanceof KafkaJSAggregateError && (thrown.errors[0] as KafkaJSProtocolError).type === 'INVALID_REPLICATION_FACTOR',
  )
  const resource = { type: ConfigResourceTypes.TOPIC, name: 't' }
  const [found] = (
    await admin.describeConfigs({ resources: [{ ...resource, configNames: ['retention.ms'] }], includeSynonyms: false })
  ).resources
  assert.deepEqual(
    found?.configEntries.map(({ configName, configValue, isDefault, configSource }) => [
      configName,
      configValue,
      isDefault,
      configSource,
    ]),
    [['retention.ms', '86400000', false, 1]],
  )
  await admin.alterConfigs({
    validateOnly: false,
    resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '1000' }] }],
  })
  assert.equal(await admin.createPartitions({ topicPartitions: [{ topic: 't', count: 3 }] }), true)
  assert.equal((await admin.fetchTopicMetadata({ topics: ['t'] })).topics[0]?.partitions.length, 3)
  await assert.rejects(
    admin.fetchTopicMetadata({ topics: ['nothing'] }),
    (thrown) => thrown instanceof KafkaJSProtocolError && thrown.type === 'UNKNOWN_TOPIC_OR_PARTITION',
  )
  await s.producer.send({ topic: 't', messages: [1, 2, 3].map((i) => ({ partition: 0, value: `${i}`, timestamp: `${i}000` })) })
  assert.equal((await admin.fetchTopicOffsetsByTimestamp('t', 1500))[0]?.offset, '1')
  await admin.deleteTopicRecords({ topic: 't', partitions: [{ partition: 0, offset: '2' }] })
  assert.deepEqual((await admin.fetchTopicOffsets('t'))[0], { partition: 0, offset: '3', high: '3', low: '2' })
  await admin.setOffsets({ groupId: 'g', topic: 't', partitions: [{ partition: 1, offset: '7' }] })
  assert.deepEqual(await offsetsOf(s, 't'), ['-1', '7', '-1'])
  await admin.resetOffsets({ groupId: 'g', topic: 't', earliest: true })
  assert.deepEqual(await offsetsOf(s, 't'), ['-2', '-2', '-2'])
  const [resolved] = await admin.fetchOffsets({ groupId: 'g', topics: ['t'], resolveOffsets: true })
  assert.deepEqual(
    resolved?.partitions.map(({ offset }) => offset),
    ['2', '0', '0'],
  )
  assert.deepEqual((await admin.listGroups()).groups, [{ groupId: 'g', protocolType: '' }])
  assert.deepEqual(await admin.deleteGroups(['g']), [{ groupId: 'g', errorCode: 0 }])
  await assert.rejects(admin.deleteGroups(['g']), { name: 'KafkaJSDeleteGroupsError' })
  const { brokers, controller, clusterId } = await admin.describeCluster()
  assert.deepEqual([brokers.length, controller, typeof clusterId], [1, brokers[0]?.nodeId, 'string'])
  await admin.deleteTopics({ topics: ['t'] })
  assert.deepEqual(await admin.listTopics(), ['__consumer_offsets'])
})

test('entries reach the log creator, and requests those who listen', async (t) => {
  const entries: LogEntry[] = []
  const logCreator = () => (entry: LogEntry) => void entries.push(entry)
  const s = await scene(t, { logLevel: 4, logCreator })
  const requests: string[] = []
  const end = s.admin.on(s.admin.events.REQUEST, ({ type, payload }) => {
    requests.push(`${type} ${payload.apiName} ${payload.clientId}`)
    assert.ok(payload.duration >= 0 && payload.size > 0 && payload.broker === s.broker.bootstrapServers, JSON.stringify(payload))
  })
  await s.admin.listTopics()
  assert.deepEqual(requests, ['admin.network.request Metadata test'])
  end()
  await s.admin.listTopics()
  assert.equal(requests.length, 1)
  s.kafka.logger().namespace('Mine').info('hello', { extra: 1 })
  const { namespace, level, label, log } = entries.at(-1)!
  assert.deepEqual([namespace, level, label, log.message, log['extra']], ['Mine', 4, 'INFO', 'hello', 1])
})

test('a cluster that is not there is told within its attempts', async () => {
  const retry = { ...quick, retries: 1 }
  const kafka = new Kafka({ brokers: async () => ['127.0.0.1:1'], logLevel: 0, retry })
  const why = { name: 'KafkaJSNumberOfRetriesExceeded', retryCount: 1 }
  await assert.rejects(kafka.producer().connect(), (thrown: Error) => {
    assert.deepEqual({ name: thrown.name, retryCount: (thrown as { retryCount?: number }).retryCount }, why)
    assert.deepEqual(
      [(thrown.cause as KafkaJSError).name, (thrown.cause as { code?: string }).code],
      ['KafkaJSConnectionError', 'ECONNREFUSED'],
    )
    return true
  })
  await assert.rejects(new Kafka({ brokers: [], logLevel: 0 }).admin().connect(), /brokers array is empty/)
})
