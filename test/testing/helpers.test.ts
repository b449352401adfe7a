// What tests use every day: topics of their own, records in and out, and groups that have read everything.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Consumer, serdes } from '../../src/client/index.ts'
import { suiteKafka } from '../../src/testing/index.ts'

const kafka = suiteKafka({ before, after })

test('two topics of one name are two topics, with what they were asked to have', async () => {
  const [one, two] = await Promise.all([
    kafka().topic('orders', { partitions: 3, configs: { 'retention.ms': 1000 } }),
    kafka().topic('orders'),
  ])
  assert.notEqual(one, two)
  assert.match(one, /^orders-/)
  const found = await kafka().admin.describeTopics([one, two])
  assert.deepEqual([found.get(one)!.partitions.length, found.get(two)!.partitions.length], [3, 1])
  await assert.rejects(kafka().topic('no/name'), { code: 'INVALID_TOPIC_EXCEPTION' })
})

test('everything is read in the order of partitions and offsets, as deserializers have it', async () => {
  const topic = await kafka().topic('numbers', { partitions: 2 })
  const records = [3, 1, 2].map((value, at) => ({ partition: at % 2, value: JSON.stringify({ value }) }))
  const places = await kafka().produce(topic, records)
  assert.deepEqual(
    places.map(({ partition, offset }) => [partition, offset]),
    [
      [0, 0],
      [1, 0],
      [0, 1],
    ],
  )
  const found = await kafka().readAll(topic, { valueDeserializer: serdes.json<{ value: number }>() })
  assert.deepEqual(
    found.map(({ value }) => value?.value),
    [3, 2, 1],
  )
  assert.deepEqual(await kafka().readAll(await kafka().topic('empty')), [])
})

test('lag zero comes when the group has committed everything, and not before', async () => {
  const topic = await kafka().topic('orders', { partitions: 2 })
  await kafka().produce(
    topic,
    Array.from({ length: 10 }, (_, at) => ({ partition: at % 2, value: `${at}` })),
  )
  await using consumer = new Consumer({
    ...kafka().client,
    groupId: 'shop',
    autoOffsetReset: 'earliest',
    enableAutoCommit: false,
  })
  consumer.subscribe(topic)
  let isZero = false
  const zero = kafka()
    .lagZero('shop', { topics: [topic] })
    .then(() => (isZero = true))
  for (let count = 0; count < 10; ) count += (await consumer.poll()).length
  assert.deepEqual(
    (await kafka().lag('shop')).map(({ partition, committed, end, lag }) => [partition, committed, end, lag]),
    [
      [0, null, 5, 5],
      [1, null, 5, 5],
    ],
  )
  assert.equal(isZero, false)
  await consumer.commit()
  await zero
})

test('a group that does not come to its end is told by what lags, and by how much', async () => {
  const topic = await kafka().topic('orders', { partitions: 2 })
  await kafka().produce(
    topic,
    ['1', '2', '3'].map((value) => ({ partition: 1, value })),
  )
  await kafka().admin.alterGroupOffsets('slow', [{ topic, partition: 1, offset: 1 }])
  await assert.rejects(kafka().lagZero('slow', { timeoutMs: 50 }), (thrown: Error) => {
    assert.equal(thrown.name, 'TimeoutError')
    assert.match(thrown.message, new RegExp(`the group slow .* 50 ms; .*${topic}-1 lags by 2: 1 is committed, the end is 3`))
    return true
  })
  await assert.rejects(kafka().lagZero('nobody', { timeoutMs: 50 }), /the group nobody has neither members nor offsets/)
  await assert.rejects(kafka().lagZero('slow', { signal: AbortSignal.abort() }), { name: 'AbortError' })
})

test('what waits can be given up', async () => {
  const topic = await kafka().topic('orders')
  const signal = AbortSignal.abort()
  await assert.rejects(kafka().topic('x', { signal }), { name: 'AbortError' })
  await assert.rejects(kafka().produce(topic, ['x'], { signal }), { name: 'AbortError' })
  await assert.rejects(kafka().readAll(topic, { signal }), { name: 'AbortError' })
  await assert.rejects(kafka().faults.dropNextAnswer('Fetch').happened({ signal }), { name: 'AbortError' })
  kafka().faults.clear()
})
