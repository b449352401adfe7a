// With Jest, which reads ES modules with NODE_OPTIONS=--experimental-vm-modules.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Consumer } from 'odradek/client'
import { suiteKafka } from 'odradek/testing'

const kafka = suiteKafka({ before: beforeAll, after: afterAll })

test('a group reads what was produced', async () => {
  const orders = await kafka().topic('orders', { partitions: 3 })
  await kafka().produce(orders, ['one', 'two', 'three'])

  const seen = []
  const consumer = new Consumer({
    ...kafka().client,
    groupId: 'shop',
    autoOffsetReset: 'earliest',
    autoCommitIntervalMs: 50,
  })
  try {
    consumer.subscribe(orders)
    const stop = new AbortController()
    const running = consumer.run({ signal: stop.signal, eachRecord: ({ value }) => void seen.push(String(value)) })
    await kafka().lagZero('shop', { topics: [orders] })
    stop.abort()
    await running
  } finally {
    await consumer.close()
  }
  expect(seen).toHaveLength(3)
})

test('a week later old records are gone', async () => {
  const visits = await kafka().topic('visits', { configs: { 'retention.ms': 86_400_000 } })
  await kafka().produce(visits, ['yesterday'])
  await kafka().time.advance('7d')
  expect(await kafka().readAll(visits)).toEqual([])
})

test('an answer is lost', async () => {
  const orders = await kafka().topic('orders')
  kafka().faults.dropNextAnswer('Produce')
  await kafka().produce(orders, ['one'])
  expect((await kafka().readAll(orders)).map(({ value }) => value)).toEqual(['one'])
})
