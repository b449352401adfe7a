import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/support/fast-check.ts'
import type { Deed } from '../../../test/support/pretend-leader.ts'
import { SMALL, producerScene as scene } from '../../../test/support/producer-scene.ts'
import type { ClientError } from '../errors/index.ts'
import type { Producer } from './producer.ts'

const sent = (producer: Producer, count: number, partition = 0, from = 0) =>
  Promise.allSettled(Array.from({ length: count }, (_, i) => producer.send({ topic: 't', partition, value: `v${from + i}` })))
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`)

test('five requests are on their way at once, and records stay in order', async () => {
  const { leader, producer, during } = scene(SMALL)
  await during(leader.open())
  const outcomes = await during(sent(producer, 40))
  assert.deepEqual(leader.log[0], numbered(40))
  assert.equal(leader.mostAtOnce, 5)
  assert.deepEqual(
    outcomes.map((outcome) => outcome.status === 'fulfilled' && outcome.value.offset),
    numbered(40).map((_, i) => i),
  )
  await during(producer.close())
})

const FAULTS: readonly Deed[] = [
  'append and hang up',
  'hang up',
  'append and be silent',
  { error: 'NOT_ENOUGH_REPLICAS' },
  { error: 'NOT_LEADER_OR_FOLLOWER' },
  { error: 'KAFKA_STORAGE_ERROR' },
]

test('whatever happens to requests, each record is there once, in order, and where its answer says', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1e6),
      fc.array(
        fc.oneof({ weight: 3, arbitrary: fc.constant('append' as Deed) }, { weight: 1, arbitrary: fc.constantFrom(...FAULTS) }),
        {
          minLength: 5,
          maxLength: 40,
        },
      ),
      async (seed, deeds) => {
        const { leader, producer, during } = scene(SMALL, { seed })
        await during(leader.open())
        const left = [...deeds]
        leader.onBatch = () => left.shift() ?? 'append'
        const outcomes = await during(sent(producer, 20))
        assert.deepEqual(leader.log[0], numbered(20))
        assert.deepEqual(
          outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.offset : outcome.reason)),
          numbered(20).map((_, i) => i),
        )
        await during(producer.close())
      },
    ),
    { numRuns: 40 },
  )
})

test('a refused batch does not hold up those behind it, and they stay in order', async () => {
  const { leader, producer, during } = scene(SMALL)
  await during(leader.open())
  let count = 0
  leader.onBatch = () => (count++ === 2 ? { error: 'MESSAGE_TOO_LARGE' } : 'append')
  const outcomes = await during(sent(producer, 10))
  assert.deepEqual(
    leader.log[0],
    numbered(10).filter((value) => value !== 'v2'),
  )
  const [failed, ...others] = outcomes
    .filter((outcome) => outcome.status === 'rejected')
    .map(({ reason }) => reason as ClientError)
  assert.equal(failed?.code, 'MESSAGE_TOO_LARGE')
  assert.equal(others.length, 0)
  await during(producer.close())
})

test('a batch that a leader has appended and refused is not written over by the next one', async () => {
  const { leader, producer, during } = scene({ ...SMALL, retries: 1 })
  await during(leader.open())
  await during(sent(producer, 1))
  leader.onBatch = () => ({ error: 'NOT_LEADER_OR_FOLLOWER', isAppended: true })
  const [failed] = await during(sent(producer, 1))
  assert.equal((failed as PromiseRejectedResult).reason.code, 'NOT_LEADER_OR_FOLLOWER')
  leader.onBatch = () => 'append'
  const next = await during(producer.send({ topic: 't', value: 'next' }))
  assert.deepEqual([next.offset, leader.log[0]], [2, ['v0', 'v0', 'next']])
  await during(producer.close())
})

test('what may be in the log is asked for once more before numbering begins anew', async () => {
  const { leader, producer, during } = scene(SMALL)
  await during(leader.open())
  const deeds: Deed[] = [
    'append',
    { error: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', isAppended: true },
    { error: 'MESSAGE_TOO_LARGE' },
  ]
  leader.onBatch = () => deeds.shift() ?? 'append'
  const outcomes = await during(sent(producer, 5))
  assert.deepEqual(leader.log[0], ['v0', 'v1', 'v3', 'v4'])
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.offset : outcome.reason.code)),
    [0, 1, 'MESSAGE_TOO_LARGE', 2, 3],
  )
  await during(producer.close())
})

const REFUSALS: readonly Deed[] = [
  ...FAULTS,
  { error: 'MESSAGE_TOO_LARGE' },
  { error: 'NOT_LEADER_OR_FOLLOWER', isAppended: true },
  { error: 'KAFKA_STORAGE_ERROR', isAppended: true },
  { error: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', isAppended: true },
  { error: 'UNKNOWN_TOPIC_OR_PARTITION', isAppended: true },
]

test('with refusals and few retries: what is acknowledged is where its answer says, nothing is there twice, and all is in order', async () => {
  const deed = fc.oneof(
    { weight: 3, arbitrary: fc.constant('append' as Deed) },
    { weight: 2, arbitrary: fc.constantFrom(...REFUSALS) },
  )
  await fc.assert(
    fc.asyncProperty(fc.nat(1e6), fc.array(deed, { minLength: 5, maxLength: 60 }), async (seed, deeds) => {
      const { leader, producer, during } = scene({ ...SMALL, retries: 2 }, { seed })
      await during(leader.open())
      const left = [...deeds]
      leader.onBatch = () => left.shift() ?? 'append'
      const outcomes = [...(await during(sent(producer, 15))), ...(await during(sent(producer, 5, 0, 15)))]
      await during(producer.close())
      const log = leader.log[0]!
      const order = log.map((value) => Number(value.slice(1)))
      assert.deepEqual(
        order,
        [...new Set(order)].sort((a, b) => a - b),
        String(log),
      )
      outcomes.forEach((outcome, i) => {
        if (outcome.status === 'fulfilled') assert.equal(log[outcome.value.offset], `v${i}`)
      })
    }),
    { numRuns: 60 },
  )
})

test('where the broker has lost records, the producer goes on under another epoch', async () => {
  const { leader, producer, during } = scene(SMALL)
  await during(leader.open())
  await during(sent(producer, 5))
  leader.lose(0, 2)
  await during(sent(producer, 3))
  assert.deepEqual(leader.log[0], ['v0', 'v1', 'v2', 'v0', 'v1', 'v2'])
  await during(producer.close())
})

test('a record that nobody acknowledges fails when deliveryTimeoutMs is over, and says why', async () => {
  const { leader, producer, during, world } = scene({ ...SMALL, deliveryTimeoutMs: 5000, requestTimeoutMs: 1000 })
  await during(leader.open())
  leader.onBatch = () => ({ error: 'NOT_ENOUGH_REPLICAS' })
  const began = world.events.now
  const [outcome] = await during(sent(producer, 1))
  assert.equal(outcome!.status, 'rejected')
  const why = (outcome as PromiseRejectedResult).reason as ClientError
  assert.equal(why.code, 'DELIVERY_TIMED_OUT')
  assert.match(why.message, /^1 records of t-0 were not acknowledged within deliveryTimeoutMs=5000; they were sent \d+ times/)
  assert.ok(world.events.now - began >= 5000 && world.events.now - began < 5200)
  leader.onBatch = () => 'append'
  await during(sent(producer, 3))
  assert.deepEqual(leader.log[0], numbered(3))
  await during(producer.close())
})

test('a record whose time was over while its program stood still is told which time that was', async () => {
  const { leader, process, producer, during, world } = scene({ ...SMALL, deliveryTimeoutMs: 5000, requestTimeoutMs: 1000 })
  await during(leader.open())
  leader.onBatch = () => {
    process.pausedUntil = world.events.now + 9000
    return 'append and be silent'
  }
  const [outcome] = await during(sent(producer, 1))
  const { code, message, cause } = (outcome as PromiseRejectedResult).reason as ClientError
  assert.equal(code, 'DELIVERY_TIMED_OUT')
  assert.match(
    message,
    /within deliveryTimeoutMs=5000; they were sent 1 times; the last thing that went wrong: .*no answer of leader:9092/,
  )
  assert.equal((cause as ClientError).code, 'TIMED_OUT')
  leader.onBatch = () => 'append'
  await during(producer.close())
})

test('what may be in the log when it was given up is not there twice, and those behind it come', async () => {
  const { leader, producer, during } = scene({ ...SMALL, deliveryTimeoutMs: 2500, requestTimeoutMs: 1000 })
  await during(leader.open())
  let isDown = true
  leader.onBatch = () => (isDown ? 'append and be silent' : 'append')
  const [first] = await during(sent(producer, 1))
  assert.equal(first!.status, 'rejected')
  isDown = false
  await during(sent(producer, 3))
  assert.deepEqual(leader.log[0], ['v0', ...numbered(3)])
  await during(producer.close())
})

test('nobody there: the record fails in maxBlockMs, and close ends at once', async () => {
  const { producer, during, world } = scene({ maxBlockMs: 3000 })
  const [outcome] = await during(sent(producer, 1))
  const why = (outcome as PromiseRejectedResult).reason as ClientError
  assert.equal(why.code, 'TIMED_OUT')
  assert.match(
    why.message,
    /^taking in a record of t took longer than 3000 ms; the last thing that went wrong: Metadata to leader:9092/,
  )
  const before = world.events.now
  await during(producer.close())
  assert.ok(world.events.now - before < 100)
})

test('why there was no producer id is not told to records that come later', async () => {
  const { leader, coordinator, producer, during, pass } = scene(
    { ...SMALL, transactionalId: null, requestTimeoutMs: 1000, deliveryTimeoutMs: 1500 },
    { level: 2 },
  )
  await during(leader.open())
  coordinator.onCall = () => 'be silent'
  const [first] = await during(sent(producer, 1))
  assert.equal((first as PromiseRejectedResult).reason.code, 'DELIVERY_TIMED_OUT')
  coordinator.onCall = () => 'CLUSTER_AUTHORIZATION_FAILED'
  await pass(5000)
  coordinator.onCall = () => null
  const [later] = await during(sent(producer, 1))
  assert.equal(later!.status, 'fulfilled')
  await during(producer.close())
})

test('a topic that was not used for long is forgotten, and its numbers are not given again', async () => {
  const { leader, producer, during, pass } = scene(
    { ...SMALL, metadataMaxIdleMs: 5000, metadataMaxAgeMs: 1000 },
    { partitions: 2 },
  )
  await during(leader.open())
  const epochs: number[] = []
  leader.onBatch = ({ producerEpoch }) => {
    epochs.push(producerEpoch)
    return 'append'
  }
  await during(producer.send({ topic: 'a', partition: 0, value: 'a0' }))
  for (let i = 0; i < 10; i++) {
    await during(producer.send({ topic: 'b', partition: 1, value: `b${i}` }))
    await pass(1000)
  }
  await during(producer.send({ topic: 'a', partition: 0, value: 'a1' }))
  assert.deepEqual(leader.log, [['a0', 'a1'], numbered(10).map((value) => value.replace('v', 'b'))])
  assert.deepEqual([epochs[0], epochs[1], epochs.at(-1)], [0, 0, 1])
  await during(producer.close())
})
