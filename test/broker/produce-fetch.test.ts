// Records through the whole broker: in by every way of acknowledging and every codec, out by long polls, bounds, sessions and from disk.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCode } from '../../src/protocol/errors.ts'
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/fetch.ts'
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/produce.ts'
import { batches } from '../../src/protocol/records/batch.ts'
import type { Input } from '../../src/protocol/schema.ts'
import { batchOf, EARLIEST, type KafkaClient, LATEST, produceBody, recordsIn, valuesOf } from '../support/kafka-client.ts'
import { brokerFor, clientFor, eventually, inMemory, tempDir } from '../support/running-broker.ts'

const MAX_TIMESTAMP = -3

test('acks 0, 1 and all put batches into the log in the order they were sent; acks=0 has no answer', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('acks')
  await client.tell(ProduceRequest, 12, produceBody('acks', 0, batchOf(['none']), 0))
  const leader = client.send('acks', 0, batchOf(['leader']), { acks: 1 })
  const all = client.send('acks', 0, batchOf(['all']), { acks: -1 })
  assert.deepEqual([(await leader).baseOffset, (await all).baseOffset], [1, 2])
  assert.deepEqual(valuesOf(await client.readAll('acks')), ['none', 'leader', 'all'])
})

test('who asks for the end right after an answer with acks=1 finds the record below it, though its flush is still under way', async (t) => {
  const client = await clientFor(t, await brokerFor(t, { dataDir: await tempDir(t) }))
  await client.createTopic('own')
  for (let count = 1; count <= 30; count++) {
    await client.send('own', 0, batchOf(['x']), { acks: 1 })
    assert.equal(await client.offset('own', LATEST), count)
  }
})

test('a failed Produce with acks=0 closes the connection, the only way to say so', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('exists')
  const other = await clientFor(t, broker)
  await other.tell(ProduceRequest, 12, produceBody('exists', 7, batchOf(['x']), 0))
  await other.closed
  assert.equal(await client.produce('exists', ['y']), 0)
})

test('a producer whose first batch came before the topic is not taken at its second', async (t) => {
  const { client } = await inMemory(t)
  const batch = (baseSequence: number) => batchOf([`sequence ${baseSequence}`], { producerId: 4, producerEpoch: 0, baseSequence })
  const send = async (baseSequence: number) => (await client.send('late', 0, batch(baseSequence))).errorCode
  assert.equal(await send(0), errorCode('UNKNOWN_TOPIC_OR_PARTITION'))
  await client.createTopic('late')
  assert.equal(await send(1), errorCode('UNKNOWN_TOPIC_OR_PARTITION'), 'right behind it')
  assert.equal(await send(1), errorCode('OUT_OF_ORDER_SEQUENCE_NUMBER'))
  assert.deepEqual([await send(0), await send(1), await send(2)], [0, 0, 0])
  assert.deepEqual(valuesOf(await client.readAll('late')), ['sequence 0', 'sequence 1', 'sequence 2'])
})

test('acks=2 is refused', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('acks')
  const { errorCode: code } = await client.send('acks', 0, batchOf(['x']), { acks: 2 })
  assert.equal(code, errorCode('INVALID_REQUIRED_ACKS'))
})

test('batches of every codec come back as they were sent, byte for byte but for what the leader assigns', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('codecs')
  const values = Array.from({ length: 50 }, (_, i) => `value ${i} `.repeat(20))
  for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const) {
    const sent = batchOf(values, { compression })
    const { baseOffset, errorCode: code } = await client.send('codecs', 0, sent)
    assert.equal(code, 0, compression)
    const { records } = await client.fetch('codecs', 0, baseOffset)
    const [got] = [...batches(records!)]
    assert.equal(got!.compression, compression)
    assert.deepEqual(Buffer.from(got!.slice()).subarray(16), sent.subarray(16))
    assert.deepEqual(valuesOf(recordsIn(records)), values)
  }
})

test('one request writes to many partitions and topics; one that is wrong spoils none of the others', async (t) => {
  const { client } = await inMemory(t)
  const ids = [await client.createTopic('a', { partitions: 4 }), await client.createTopic('b', { partitions: 2 })]
  const data = (partitions: number[]) => partitions.map((index) => ({ index, records: batchOf([`p${index}`]) }))
  const damaged = batchOf(['damaged'])
  damaged[damaged.length - 3]! ^= 1
  const topicData = [
    { topicId: ids[0]!, partitionData: data([0, 1, 2, 3, 4]) },
    { topicId: ids[1]!, partitionData: [...data([0]), { index: 1, records: damaged }] },
  ]
  const { responses } = await client.call(ProduceRequest, ProduceResponse, 13, { acks: -1, timeoutMs: 5000, topicData })
  const codes = responses.map(({ partitionResponses }) => partitionResponses.map((one) => one.errorCode))
  assert.deepEqual(codes, [
    [0, 0, 0, 0, errorCode('UNKNOWN_TOPIC_OR_PARTITION')],
    [0, errorCode('CORRUPT_MESSAGE')],
  ])
  for (let partition = 0; partition < 4; partition++) {
    assert.deepEqual(valuesOf(await client.readAll('a', { partition })), [`p${partition}`])
  }
  assert.deepEqual(await client.readAll('b', { partition: 1 }), [])
})

test('a long poll is woken by the first record, and ends empty when its time is up', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('poll', { partitions: 2 })
  const reader = await clientFor(t, broker)
  const since = performance.now()
  const polled = reader.fetch('poll', 1, 0, { maxWaitMs: 15_000 })
  await new Promise((resolve) => setTimeout(resolve, 50))
  await client.produce('poll', ['other partition'], { partition: 0 })
  await client.produce('poll', ['wake up'], { partition: 1 })
  assert.deepEqual(valuesOf(recordsIn((await polled).records)), ['wake up'])
  assert.ok(performance.now() - since < 5000)
  const before = performance.now()
  const empty = await reader.fetch('poll', 1, 1, { maxWaitMs: 120 })
  assert.deepEqual([empty.errorCode, empty.records?.length, empty.highWatermark], [0, 0, 1])
  const waited = performance.now() - before
  assert.ok(waited > 100 && waited < 2000, `waited ${waited} ms`)
})

test('min bytes holds an answer back until there is as much', async (t) => {
  const { broker, client } = await inMemory(t)
  await client.createTopic('poll')
  const reader = await clientFor(t, broker)
  const since = performance.now()
  const size = batchOf(['x'.repeat(100)]).length
  const polled = reader.fetch('poll', 0, 0, { maxWaitMs: 15_000, minBytes: 3 * size })
  for (let i = 0; i < 3; i++) await client.produce('poll', ['x'.repeat(100)])
  assert.equal((await polled).records!.length, 3 * size)
  assert.ok(performance.now() - since < 5000)
})

test('max bytes bounds an answer, but the first batch comes whole, so that readers always get on', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('sizes')
  const size = batchOf(['x'.repeat(1000)]).length
  for (let i = 0; i < 10; i++) await client.produce('sizes', ['x'.repeat(1000)])
  const read = async (limits: object) => (await client.fetch('sizes', 0, 0, limits)).records!.length
  assert.equal(await read({ partitionMaxBytes: 1 }), size)
  assert.equal(await read({ maxBytes: 1 }), size)
  const some = [...batches((await client.fetch('sizes', 0, 0, { partitionMaxBytes: 3.5 * size })).records!)]
  assert.ok(some.length >= 3 && some.length <= 4, `${some.length} batches`)
  assert.equal(await read({}), 10 * size)
})

test('an offset outside the log is out of range, the end itself is not', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('range')
  await client.produce('range', ['a', 'b'])
  assert.equal((await client.fetch('range', 0, 2)).errorCode, 0)
  assert.equal((await client.fetch('range', 0, 3)).errorCode, errorCode('OFFSET_OUT_OF_RANGE'))
  assert.equal((await client.fetch('range', 0, -5)).errorCode, errorCode('OFFSET_OUT_OF_RANGE'))
  assert.equal((await client.fetch('range', 1, 0)).errorCode, errorCode('UNKNOWN_TOPIC_OR_PARTITION'))
})

test('a fetch session names its partitions once and hears of those that changed alone', async (t) => {
  const { client } = await inMemory(t)
  const topicId = await client.createTopic('session', { partitions: 3 })
  const partitions = [0, 1, 2].map((partition) => ({ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }))
  const first = await session(client, { sessionEpoch: 0, topics: [{ topicId, partitions }] })
  assert.ok(first.sessionId > 0)
  assert.deepEqual(told(first), [0, 1, 2])
  const { sessionId } = first
  assert.deepEqual(told(await session(client, { sessionId, sessionEpoch: 1 })), [])
  await client.produce('session', ['x'], { partition: 1 })
  assert.deepEqual(told(await session(client, { sessionId, sessionEpoch: 2 })), [1])
  const on = [{ topicId, partitions: [{ partition: 1, fetchOffset: 1, partitionMaxBytes: 1 << 20 }] }]
  assert.deepEqual(told(await session(client, { sessionId, sessionEpoch: 3, topics: on })), [])
  assert.equal((await session(client, { sessionId, sessionEpoch: 3 })).errorCode, errorCode('INVALID_FETCH_SESSION_EPOCH'))
  const forgottenTopicsData = [{ topicId, partitions: [2] }]
  await session(client, { sessionId, sessionEpoch: 4, forgottenTopicsData })
  await client.produce('session', ['y'], { partition: 2 })
  assert.deepEqual(told(await session(client, { sessionId, sessionEpoch: 5 })), [])
  await session(client, { sessionId, sessionEpoch: -1 })
  assert.equal((await session(client, { sessionId, sessionEpoch: 6 })).errorCode, errorCode('FETCH_SESSION_ID_NOT_FOUND'))
})

test('what is read from disk after a restart is what was read from memory, across segments, from any offset', async (t) => {
  const dataDir = await tempDir(t)
  const first = await brokerFor(t, { dataDir })
  const before = await clientFor(t, first)
  await before.createTopic('cold', { configs: { 'segment.bytes': String(1 << 20) } })
  for (let i = 0; i < 30; i++)
    await before.produce('cold', [`${i}-`.repeat(30_000), `second of ${i}`], { compression: i % 2 ? 'lz4' : 'none' })
  const warm = await before.readAll('cold')
  await first.close()
  const after = await clientFor(t, await brokerFor(t, { dataDir }))
  assert.deepEqual(await after.readAll('cold'), warm)
  for (const from of [1, 17, 18, 40, 59]) assert.deepEqual(await after.readAll('cold', { from }), warm.slice(from))
})

test('offsets are looked up by timestamp: the first record at or after it, the largest, or none', async (t) => {
  const { client } = await inMemory(t)
  await client.createTopic('times')
  const start = Date.now() - 1_000_000
  for (const times of [
    [0, 10],
    [20, 15],
    [30, 30],
  ]) {
    await client.produce(
      'times',
      times.map((at, i) => ({ value: `${at}.${i}`, timestamp: start + at })),
    )
  }
  const lookup = async (at: number) => (await client.listOffset('times', start + at)).offset
  assert.deepEqual(await Promise.all([-5, 0, 1, 11, 16, 21, 30].map(lookup)), [0, 0, 1, 2, 2, 4, 4])
  assert.equal(await lookup(31), -1)
  assert.deepEqual([await client.offset('times', EARLIEST), await client.offset('times', LATEST)], [0, 6])
  const largest = await client.listOffset('times', MAX_TIMESTAMP)
  assert.deepEqual([largest.offset, largest.timestamp], [4, start + 30])
})

test('a thousand produces of many connections at once: each offset is given once and holds its record', async (t) => {
  const dataDir = await tempDir(t)
  const broker = await brokerFor(t, { dataDir })
  const clients = await Promise.all(Array.from({ length: 10 }, () => clientFor(t, broker)))
  await clients[0]!.createTopic('busy', { partitions: 2 })
  const given: Map<number, string>[] = [new Map(), new Map()]
  await Promise.all(
    clients.flatMap((client, c) =>
      Array.from({ length: 100 }, async (_, i) => {
        const partition = i % 2
        given[partition]!.set(await client.produce('busy', [`${c}.${i}`], { partition }), `${c}.${i}`)
      }),
    ),
  )
  for (const partition of [0, 1]) {
    const records = await clients[0]!.readAll('busy', { partition })
    assert.equal(given[partition]!.size, 500)
    assert.deepEqual(
      new Map(records.map(({ offset, value }) => [offset, value])),
      new Map([...given[partition]!].sort(([a], [b]) => a - b)),
    )
  }
  await eventually('the high watermark is the end', async () => (await clients[0]!.fetch('busy', 0, 0)).highWatermark === 500)
})

function session(client: KafkaClient, fields: Input<FetchRequest>): Promise<FetchResponse> {
  const body = { maxWaitMs: 0, minBytes: 1, maxBytes: 1 << 20, isolationLevel: 0, topics: [], forgottenTopicsData: [], ...fields }
  return client.call(FetchRequest, FetchResponse, 16, body)
}

function told({ errorCode: code, responses }: FetchResponse): number[] {
  assert.equal(code, 0)
  return responses.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => partitionIndex))
}
