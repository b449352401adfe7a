// Handlers of a share consumer: what they do, and fail to do, is what becomes of their records.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explicit, shareScene as scene } from '../../../test/support/share-scene.ts'

test('run: several handlers at once; who ends accepts, who throws gives back, who says so rejects', async () => {
  const values = Array.from({ length: 12 }, (_, i) => `v${i}`)
  const { broker, consumer, during, world } = await scene({}, { values })
  const { clock } = world.machine('other').start().platform
  let working = 0
  let most = 0
  const stop = new AbortController()
  const troubles: unknown[] = []
  let handled = 0
  const running = consumer.run({
    concurrency: 4,
    signal: stop.signal,
    onHandlerError: (error, records) => {
      troubles.push([error, records.map(({ value }) => value)])
      return 'release'
    },
    eachRecord: async ({ value, deliveryCount }, { acknowledge, isStale }) => {
      most = Math.max(most, ++working)
      await new Promise<void>((resume) => void clock.after(10, resume))
      working--
      assert.equal(isStale(), false)
      if (value === 'v3') acknowledge('reject')
      if (value === 'v5' && deliveryCount === 1) throw new Error('no')
      if (++handled === 12) stop.abort()
    },
  })
  await during(running)
  await during(consumer.close())
  assert.equal(most, 4)
  assert.deepEqual(troubles, [[new Error('no'), ['v5']]])
  const expected = values.map((value) => (value === 'v3' ? 'rejected 1' : value === 'v5' ? 'accepted 2' : 'accepted 1'))
  assert.equal(broker.states(), expected.join(', '))
})

test('run without onHandlerError ends with the first error, whose record goes back', async () => {
  const { broker, consumer, during, pass } = await scene()
  const failing = consumer.run({
    eachRecord: ({ value }) => {
      if (value === 'b') throw new Error('no')
    },
  })
  await assert.rejects(during(failing), /^Error: no$/)
  await pass(1000)
  assert.equal(broker.states(), 'accepted 1, available 1, acquired 1')
  await during(consumer.close())
})

test('run with batches accepts all of a batch, but what its handler said otherwise; explicitly a handler has to say it', async () => {
  const first = await scene()
  const stop = new AbortController()
  await first.during(
    first.consumer.run({
      signal: stop.signal,
      eachBatch: ({ records, topic, partition }) => {
        assert.deepEqual([records.length, topic, partition], [3, 't', 0])
        stop.abort()
      },
    }),
  )
  await first.during(first.consumer.close())
  assert.equal(first.broker.states(), 'accepted 1, accepted 1, accepted 1')

  const second = await scene(explicit)
  const forgetful = second.consumer.run({ eachBatch: ({ records }) => second.consumer.acknowledge(records[0]!) })
  await assert.rejects(second.during(forgetful), { code: 'INVALID_STATE', message: /2 records were not acknowledged/ })
  await second.during(second.consumer.close())
})

test('the signal of a handler is aborted when its lock is over, later where it was renewed', async () => {
  const { consumer, during, world } = await scene({}, { values: ['a'] })
  const { clock } = world.machine('other').start().platform
  let abortedAt = 0
  const startedAt = clock.monotonic()
  const stop = new AbortController()
  await during(
    consumer.run({
      signal: stop.signal,
      eachRecord: async (_, { signal, acknowledge, isStale }) => {
        await new Promise<void>((resume) => void clock.after(20_000, resume))
        acknowledge('renew')
        await new Promise((resume) => signal.addEventListener('abort', resume))
        abortedAt = clock.monotonic()
        assert.ok(isStale())
        stop.abort()
      },
    }),
  )
  assert.ok(abortedAt - startedAt >= 50_000 && abortedAt - startedAt < 52_000, `${abortedAt - startedAt}`)
  await during(consumer.close())
})

test('renewLocks: a handler keeps its record as long as it works, and nobody else gets it', async () => {
  const { broker, consumer, make, during, pass, world } = await scene({}, { values: ['a', 'b'] })
  const { clock } = world.machine('other').start().platform
  const stop = new AbortController()
  const running = consumer.run({
    renewLocks: true,
    concurrency: 2,
    signal: stop.signal,
    eachRecord: async ({ value }, { isStale }) => {
      await new Promise<void>((resume) => void clock.after(value === 'a' ? 100_000 : 40_000, resume))
      assert.equal(isStale(), false)
      if (value === 'a') stop.abort()
    },
  })
  await pass(2000)
  const other = make('second')
  assert.deepEqual(await during(other.poll({ timeoutMs: 90_000 })), [])
  await during(running)
  await during(Promise.all([consumer.close(), other.close()]))
  assert.equal(broker.states(), 'accepted 1, accepted 1')
})

test('close waits for handlers at work, and what they did counts', async () => {
  const { broker, consumer, during, world, pass } = await scene({}, { values: ['a'] })
  const { clock } = world.machine('other').start().platform
  let isAtWork = false
  const running = consumer.run({
    eachRecord: async () => {
      isAtWork = true
      await new Promise<void>((resume) => void clock.after(5000, resume))
    },
  })
  await pass(2000)
  assert.ok(isAtWork)
  await during(consumer.close())
  await during(running)
  assert.equal(broker.states(), 'accepted 1')
})
