// How a consumer ends: within its time, whatever the program or the coordinator does.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerScene } from '../../../test/support/consumer-scene.ts'
import type { RebalanceListener } from './index.ts'

/** A member that has one record, and is done with it. */
async function member(listener: RebalanceListener = {}) {
  const scene = await consumerScene({ groupId: 'g' })
  const { broker, consumer, take } = scene
  broker.make('t')
  broker.append('t', 0, ['a'])
  consumer.subscribe('t', listener)
  await take(1)
  void consumer.poll({ timeoutMs: 60_000 })
  return scene
}

test('closing takes no longer than it may where the coordinator says nothing', async () => {
  const { broker, consumer, during, now } = await member()
  broker.on.commit = () => 'silence'
  const before = now()
  await during(consumer.close({ timeoutMs: 2000 }))
  assert.equal(now() - before, 2000)
  assert.deepEqual(consumer.assignment(), [])
})

test('closing does not wait for a listener that never ends, and says goodbye all the same', async () => {
  const told: string[] = []
  const onRevoked = () => {
    told.push('revoked')
    return new Promise<void>(() => {})
  }
  const { broker, consumer, during, now } = await member({ onRevoked })
  const before = now()
  await during(consumer.close({ timeoutMs: 1000 }))
  assert.ok(now() - before < 1000, `${now() - before} ms`)
  assert.deepEqual(told, ['revoked'])
  assert.equal(broker.committed.get('t-0'), 1)
  assert.equal(broker.of('leave').length, 1)
})

test('closing does not wait for a handler that never ends, and commits what others have done', async () => {
  const { broker, consumer, during, until, now } = await consumerScene({ groupId: 'g' })
  broker.make('t', 2)
  for (const partition of [0, 1]) broker.append('t', partition, ['a'])
  consumer.subscribe('t')
  const seen: number[] = []
  void consumer.run({
    concurrency: 2,
    eachRecord: ({ partition }) => {
      seen.push(partition)
      return partition === 0 ? new Promise(() => {}) : undefined
    },
  })
  await until('both', () => seen.length === 2)
  const before = now()
  await during(consumer.close({ timeoutMs: 1000 }))
  assert.ok(now() - before < 1000, `${now() - before} ms`)
  assert.deepEqual([...broker.committed].sort(), [
    ['t-0', 0],
    ['t-1', 1],
  ])
})

test('closing ends the fetch session, also while a Fetch waits at the broker', async () => {
  const { broker, consumer, during, now, until } = await consumerScene({ fetchMaxWaitMs: 10_000 })
  broker.make('t')
  broker.on.fetch = async (_, asUsual) => ({ ...(await asUsual()), sessionId: 7 })
  broker.append('t', 0, ['a'])
  consumer.assign([{ topic: 't', partition: 0 }])
  await during(consumer.poll())
  await until('the next one waits', () => broker.of('fetch').length === 2)
  const before = now()
  await during(consumer.close())
  assert.ok(now() - before < 1000, `${now() - before} ms`)
  const { sessionId, sessionEpoch } = broker.of('fetch').at(-1)!
  assert.deepEqual([sessionId, sessionEpoch], [7, -1])
})
