// With node:test, in TypeScript: a Kafka for each test, which `await using` closes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Consumer, serdes } from 'odradek/client'
import { testCluster, testKafka } from 'odradek/testing'

test('what is produced is read', async () => {
  await using kafka = await testKafka()
  const orders = await kafka.topic('orders', { partitions: 3 })
  await kafka.produce(orders, ['one', { key: 'ann', value: 'two' }])
  const values = (await kafka.readAll(orders)).map(({ value }) => value)
  assert.deepEqual(values.sort(), ['one', 'two'])
})

test('a group reads everything', async () => {
  await using kafka = await testKafka()
  const orders = await kafka.topic('orders', { partitions: 3 })
  await kafka.produce(orders, ['{"total":10}', '{"total":20}', '{"total":12}'])

  let sum = 0
  await using consumer = new Consumer({
    ...kafka.client,
    groupId: 'accounting',
    autoOffsetReset: 'earliest',
    autoCommitIntervalMs: 50,
    valueDeserializer: serdes.json<{ total: number }>(),
  })
  consumer.subscribe(orders)
  const stop = new AbortController()
  const running = consumer.run({ signal: stop.signal, eachRecord: ({ value }) => void (sum += value?.total ?? 0) })

  await kafka.lagZero('accounting', { topics: [orders] })
  assert.equal(sum, 42)
  stop.abort()
  await running
})

test('a cluster loses a broker and nothing else', async () => {
  await using kafka = await testCluster({ brokers: 3 })
  const orders = await kafka.topic('orders', { partitions: 3 })
  await kafka.produce(orders, ['one', 'two', 'three'])
  kafka.kill(1)
  await kafka.produce(orders, ['four'])
  await kafka.start(1)
  assert.equal((await kafka.readAll(orders)).length, 4)
})
