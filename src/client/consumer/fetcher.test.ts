// What is fetched, and what waits: with a broker that a test speaks for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerScene } from '../../../test/support/consumer-scene.ts'

const both = [0, 1].map((partition) => ({ topic: 't', partition }))

test('a handler that takes long does not keep the other partitions of its broker from being read', async () => {
  const { broker, consumer, during, until, work } = await consumerScene({
    prefetchMaxBytes: 20_000,
    maxPartitionFetchBytes: 4000,
    fetchMaxWaitMs: 20,
  })
  broker.make('t', 2)
  for (let i = 0; i < 50; i++) broker.append('t', 1, ['x'.repeat(1900)])
  // A little of the slow one is in every answer.
  broker.on.fetch = (_, asUsual) => {
    broker.append('t', 0, ['slow'])
    return asUsual()
  }
  consumer.assign(both)
  let read = 0
  const running = consumer.run({
    concurrency: 2,
    eachRecord: ({ partition }) => {
      if (partition === 0) return work(3_600_000)
      read++
      return undefined
    },
  })
  await until('the other one is read', () => read === 50)
  await during(consumer.close({ timeoutMs: 10 }))
  running.catch(() => {})
})
