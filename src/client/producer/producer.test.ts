import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { KafkaClient } from '../../../test/support/kafka-client.ts'
import { partitionOfKey } from '../../base/murmur2.ts'
import { commonOptions } from '../../config/client/common.ts'
import { type RunningBroker, startBroker } from '../../index.ts'
import { silentLogger } from '../../platform/logger.ts'
import { Cluster } from '../cluster/cluster.ts'
import {
  AbortedError,
  AuthorizationError,
  type ClientError,
  OptionError,
  SerializationError,
  StateError,
} from '../errors/index.ts'
import { resolveOptions } from '../options/resolve.ts'
import { defaultPlatform } from '../platform.ts'
import { int64, json } from '../serde/serdes.ts'
import { Producer, type ProducerConfig } from './producer.ts'

/** One for all tests: each has a topic of its own. */
let broker: RunningBroker
let client: KafkaClient
let topics = 0

before(async () => {
  broker = await startBroker({ inMemory: true, logger: silentLogger, config: { 'auto.create.topics.enable': true } })
  client = await KafkaClient.connect(broker.bootstrapServers)
})

after(async () => {
  client.close()
  await broker.close()
})

/** The topic is made by the first record, unless it has several partitions. */
async function scene<K, V>(more: Partial<ProducerConfig<K, V>> = {}, partitions = 1) {
  const topic = `t${topics++}`
  if (partitions > 1) await client.createTopic(topic, { partitions })
  return { topic, producer: new Producer<K, V>({ bootstrapServers: broker.bootstrapServers, ...more }) }
}

for (const compressionType of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
  test(`records arrive in order and are told where they are, compressed with ${compressionType}`, async () => {
    const { topic, producer } = await scene({ compressionType, batchSize: 100_000 })
    const records = Array.from({ length: 3000 }, (_, i) => ({
      topic,
      key: `k${i}`,
      value: `value ${i}`,
      timestamp: 1000 + i,
    }))
    const places = await producer.sendAll(records)
    assert.deepEqual(places[2999], { topic, partition: 0, offset: 2999, timestamp: 3999 })
    const seen = await client.readAll(topic)
    assert.deepEqual(
      seen.map(({ key, value, timestamp }) => [key, value, timestamp]),
      records.map(({ key, value, timestamp }) => [key, value, timestamp]),
    )
    await producer.close()
  })
}

test('a record may have a codec of its own, and its batch has it alone', async () => {
  const { topic, producer } = await scene({ compressionType: 'gzip', lingerMs: 5 })
  const codecs = ['none', 'zstd', 'zstd', undefined, 'lz4', 'snappy'] as const
  const records = codecs.map((compressionType, i) => ({ topic, value: `${i} ${'x'.repeat(500)}`, compressionType }))
  const places = await producer.sendAll(records)
  assert.deepEqual(
    places.map(({ offset }) => offset),
    [0, 1, 2, 3, 4, 5],
  )
  assert.deepEqual(
    (await client.readAll(topic)).map(({ value }) => value),
    records.map(({ value }) => value),
  )
  const wrong = { topic, value: 'x', compressionType: 'brotli' as 'gzip' }
  await assert.rejects(producer.send(wrong), /compressionType=brotli of a record of t.* is none of none, gzip/)
  await producer.close()
})

test('keys go where Java sends them, the others are spread over all partitions, and a partition may be named', async () => {
  const { topic, producer } = await scene({ batchSize: 200 }, 5)
  for (const key of ['', 'one', 'two', 'drei']) {
    assert.equal((await producer.send({ topic, key, value: null })).partition, partitionOfKey(Buffer.from(key), 5))
  }
  const spread = await producer.sendAll(Array.from({ length: 400 }, (_, i) => ({ topic, value: `value ${i}` })))
  assert.deepEqual([...new Set(spread.map(({ partition }) => partition))].sort(), [0, 1, 2, 3, 4])
  assert.equal((await producer.send({ topic, partition: 3, key: 'one', value: 'x' })).partition, 3)
  await assert.rejects(producer.send({ topic, partition: 5, value: 'x' }), /t\d+ has 5 partitions, and no partition 5/)
  await producer.close()
})

test('round robin takes one partition after the other; a function may choose as well', async () => {
  const { topic, producer } = await scene({ partitioner: 'roundRobin' }, 3)
  const places = await producer.sendAll(Array.from({ length: 6 }, () => ({ topic, key: 'same', value: 'x' })))
  assert.deepEqual(
    places.map(({ partition }) => partition),
    [0, 1, 2, 0, 1, 2],
  )
  await producer.close()
  const own = await scene({ partitioner: ({ value }) => Number(value![0]) - 48 }, 3)
  assert.equal((await own.producer.send({ topic, value: '2' })).partition, 2)
  await own.producer.close()
})

test('serializers turn what they are given into bytes, also when they take their time', async () => {
  const slow = { serialize: async (value: object | null) => Buffer.from(JSON.stringify(value)) }
  const { topic, producer } = await scene<bigint | null, object | null>({ keySerializer: int64, valueSerializer: slow })
  await producer.sendAll([1n, 2n, 3n].map((key) => ({ topic, key, value: { at: Number(key) } })))
  assert.deepEqual(
    (await client.readAll(topic)).map(({ value }) => value),
    ['{"at":1}', '{"at":2}', '{"at":3}'],
  )
  await producer.close()
  const wrong = await scene<unknown, unknown>({ valueSerializer: json() })
  await assert.rejects(wrong.producer.send({ topic, value: () => {} }), SerializationError)
  await assert.rejects(wrong.producer.send({ topic, key: 5, value: 1 }), /the key of a record of t\d+ is a number; give a text/)
  await wrong.producer.close()
})

test('what is only handed over is there after a flush; memory is a bound that is waited for', async () => {
  const { topic, producer } = await scene({ bufferMemory: 64 * 1024 })
  let waits = 0
  for (let i = 0; i < 2000; i++) {
    const room = producer.enqueue({ topic, value: `${i} ${'x'.repeat(100)}` })
    if (room) waits++
    await room
  }
  await producer.flush()
  assert.ok(waits > 1)
  assert.deepEqual(
    (await client.readAll(topic)).map(({ value }) => Number.parseInt(value!, 10)),
    Array.from({ length: 2000 }, (_, i) => i),
  )
  await producer.close()
})

test('a failure of what was handed over is told by flush, once', async () => {
  const { producer } = await scene()
  await client.createTopic('small', { configs: { 'max.message.bytes': '200' } })
  await producer.enqueue({ topic: 'small', value: 'x'.repeat(1000) })
  await assert.rejects(producer.flush(), (why: ClientError) => why.code === 'MESSAGE_TOO_LARGE' && !why.retriable)
  await producer.flush()
  await assert.rejects(
    producer.send({ topic: 'small', value: 'x'.repeat(2_000_000) }),
    /a record of small takes 20\d* bytes; maxRequestSize is/,
  )
  await producer.close()
})

test('acks=0 and acks=1, without idempotence', async () => {
  for (const acks of ['0', '1'] as const) {
    const { topic, producer } = await scene({ acks })
    const { offset } = await producer.send({ topic, value: 'x' })
    assert.equal(offset, acks === '0' ? -1 : 0)
    await producer.close()
    for (let i = 0; i < 100 && (await client.readAll(topic)).length === 0; i++) await new Promise(setImmediate)
    assert.equal((await client.readAll(topic)).length, 1)
  }
})

test('a signal ends the wait; after close nothing is taken, and close waits for what is there', async () => {
  const { topic, producer } = await scene({ lingerMs: 50 })
  await assert.rejects(producer.send({ topic, value: 'x' }, { signal: AbortSignal.abort('enough') }), AbortedError)
  const last = producer.send({ topic, value: 'last' })
  await producer.close()
  assert.equal((await last).offset, 0)
  await assert.rejects(producer.send({ topic, value: 'x' }), (why: ClientError) => why.code === 'CLOSED')
  assert.equal((await client.readAll(topic)).length, 1)
})

test('names that cannot be are told at once', async () => {
  const { producer } = await scene()
  await assert.rejects(producer.send({ topic: 'a b', value: 'x' }), (why: ClientError) => why.code === 'INVALID_TOPIC_EXCEPTION')
  await assert.rejects(producer.send({ topic: '', value: 'x' }), /a record's topic is ""; it needs a name/)
  await producer.close()
})

test('options that cannot be are told with their name, value and what is allowed', () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ lingerMs: -1 }, /^lingerMs=-1 is not valid; allowed: at least 0$/],
    [{ lingerMS: 5 }, /^lingerMS is no option here; did you mean lingerMs\?$/],
    [{ batchSize: '16' }, /^batchSize: "16" is not valid; allowed: a number$/],
    [{ acks: 'some' }, /^acks=some is not valid; allowed: all, -1, 0, 1$/],
    [{ acks: '1', enableIdempotence: true }, /^acks does not go with enableIdempotence; allowed: all$/],
    [
      { transactionalId: 'x', maxInFlightRequestsPerConnection: 6 },
      /^maxInFlightRequestsPerConnection does not go with transactionalId/,
    ],
    [{ deliveryTimeoutMs: 1000 }, /^deliveryTimeoutMs=1000 is not valid; allowed: at least .* which is 30005$/],
    [{ bootstrapServers: [] }, /^bootstrapServers=\(empty\) is not valid/],
    [{ bootstrapServers: undefined }, /^bootstrapServers is missing/],
    [{ partitioner: 'sticky' }, /^partitioner=sticky is not valid; allowed: default, roundRobin, or a function$/],
  ]
  for (const [options, message] of cases) {
    assert.throws(
      () => new Producer({ bootstrapServers: 'localhost:1', ...options } as ProducerConfig<null, null>),
      (thrown) => thrown instanceof OptionError && message.test(thrown.message),
      String(message),
    )
  }
})

test('transactions need their option; the broker that has none says so', async () => {
  const { producer } = await scene()
  assert.throws(() => producer.beginTransaction(), StateError)
  await producer.close()
  const transactional = await scene({ transactionalId: 'tx' })
  await assert.rejects(
    transactional.producer.initTransactions(),
    (why: ClientError) => why.code === 'INVALID_REQUEST' && !why.retriable,
  )
  await transactional.producer.close()
})

test('errors say which kind they are', () => {
  const error = new AuthorizationError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  assert.deepEqual([error.fatal, error.retriable, error.abortable], [true, false, false])
  assert.match(error.advice, /ACL on the transactional id/)
})

test('a producer that is closed leaves nothing behind at a cluster that others see', async () => {
  const options = resolveOptions(commonOptions, { bootstrapServers: broker.bootstrapServers })
  const cluster = new Cluster({ platform: defaultPlatform(), options, createsTopics: true })
  const { onMetadata } = cluster
  let listening = 0
  cluster.onMetadata = (run) => {
    listening++
    const end = onMetadata.call(cluster, run)
    return () => {
      listening--
      end()
    }
  }
  const producer = new Producer({ bootstrapServers: broker.bootstrapServers, cluster })
  try {
    await producer.send({ topic: `t${topics++}`, value: 'a' })
    assert.equal(listening, 1)
    await producer.close()
    assert.equal(listening, 0)
  } finally {
    cluster.close()
  }
})
