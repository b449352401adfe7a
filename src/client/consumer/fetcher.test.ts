// What is fetched, and what waits: with a broker that a test speaks for.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerScene } from '../../../test/support/consumer-scene.ts'
import { valuesOf } from '../../../test/support/consumers.ts'
import type { FetchResponse } from '../../protocol/messages/fetch.ts'
import type { Input } from '../../protocol/schema.ts'

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

test('a partition whose bytes are damaged is told by its name, and keeps nothing from the others', async () => {
  const { broker, consumer, during, take } = await consumerScene({ fetchMaxWaitMs: 20 })
  broker.make('t', 2)
  for (const partition of [0, 1]) broker.append('t', partition, ['a'])
  let isDamaged = true
  broker.on.fetch = async (_, asUsual) => {
    const { responses } = (await asUsual()) as { responses: Input<FetchResponse>['responses'] }
    if (!isDamaged) return { responses }
    return {
      responses: responses!.map(({ partitions, ...topic }) => ({
        ...topic,
        partitions: partitions!.map((each) => (each.partitionIndex === 0 ? { ...each, records: Buffer.alloc(100) } : each)),
      })),
    }
  }
  consumer.assign(both)
  const outcomes: string[] = []
  for (let i = 0; i < 2; i++) {
    const polled = during(consumer.poll())
    await polled.then(
      (records) => void outcomes.push(...valuesOf(records).map((value) => `1: ${value}`)),
      (thrown: Error) => void outcomes.push(thrown.message),
    )
  }
  const damage = 't-0 at offset 0: a batch of length 0 at byte 0: the bytes are damaged'
  assert.deepEqual(outcomes.sort(), ['1: a', damage])
  assert.deepEqual(consumer.bufferedBytes, 0)
  isDamaged = false
  assert.deepEqual(valuesOf(await take(1)), ['a'])
  await during(consumer.close())
})

test('a topic that is deleted and made again is read from its beginning', async () => {
  const { broker, consumer, during, take } = await consumerScene({ fetchMaxWaitMs: 20 })
  broker.make('t')
  broker.append('t', 0, ['old 0', 'old 1', 'old 2'])
  consumer.assign(both.slice(0, 1))
  assert.equal((await take(3)).length, 3)
  broker.make('t')
  const values = [0, 1, 2, 3, 4].map((i) => `new ${i}`)
  broker.append('t', 0, values)
  assert.deepEqual(valuesOf(await take(2)), values)
  await during(consumer.close())
})

test('what a program keeps of records stays as it is when the memory of their answers is used again', async () => {
  const kept: Uint8Array[] = []
  const keep = (bytes: Uint8Array | null) => String(kept.push(bytes!))
  const { broker, consumer, during, take } = await consumerScene({ fetchMaxWaitMs: 20, valueDeserializer: { deserialize: keep } })
  broker.make('t')
  consumer.assign(both.slice(0, 1))
  const values = Array.from({ length: 5 }, (_, i) => String(i).repeat(20_000))
  for (const value of values) {
    broker.append('t', 0, [value])
    await take(1)
  }
  assert.deepEqual(
    kept.map((bytes) => Buffer.from(bytes).toString()),
    values,
  )
  await during(consumer.close())
})
