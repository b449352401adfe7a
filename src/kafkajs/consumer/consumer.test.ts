// What programs of KafkaJS do with a consumer besides handling messages, against a broker in memory.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filled, offsetsOf, quick, running, scene, until } from '../../../test/support/kafkajs-scene.ts'
import { atEnd } from '../../../test/support/running-broker.ts'
import { KafkaJSConnectionError, KafkaJSNonRetriableError, KafkaJSNumberOfRetriesExceeded } from '../errors/classes.ts'
import type { LogEntry } from '../types/index.ts'

test('a program seeks and pauses in the same breath as it runs', async (t) => {
  const s = await scene(t)
  await filled(s, 't', 8, 2)
  const consumer = s.kafka.consumer({ groupId: 'g', maxWaitTimeInMs: 50 })
  atEnd(t, () => consumer.disconnect())
  await Promise.all([
    consumer.subscribe({ topics: ['t'], fromBeginning: true }),
    consumer.subscribe({ topic: 't', fromBeginning: true }),
  ])
  const seen: string[] = []
  const started = consumer.run({
    eachMessage: async ({ partition, message }) => void seen.push(`${partition}:${message.offset}`),
  })
  consumer.seek({ topic: 't', partition: 0, offset: '2' })
  consumer.pause([{ topic: 't', partitions: [1] }])
  await consumer.run({ eachMessage: async () => assert.fail('it runs already') })
  await started
  await until(() => seen.length === 2)
  assert.deepEqual(consumer.paused(), [{ topic: 't', partitions: [1] }])
  consumer.resume([{ topic: 't' }])
  await until(() => seen.length === 6)
  assert.deepEqual(seen, ['0:2', '0:3', '1:0', '1:1', '1:2', '1:3'])
})

test('a consumer that is stopped before it has joined does not run', async (t) => {
  const s = await scene(t)
  await filled(s, 't', 1)
  const consumer = s.kafka.consumer({ groupId: 'g' })
  await consumer.subscribe({ topics: ['t'], fromBeginning: true })
  const started = consumer.run({ eachMessage: async () => assert.fail('it was stopped') })
  await consumer.disconnect()
  await started
  assert.throws(() => consumer.pause([{ topic: 't' }]), KafkaJSNonRetriableError)
  assert.equal((await s.admin.describeGroups(['g'])).groups[0]?.members.length, 0)
})

test('who subscribes to nothing is a member without partitions', async (t) => {
  const s = await scene(t)
  await filled(s, 't', 1)
  for (const groupId of ['none', 'no match']) {
    const consumer = s.kafka.consumer({ groupId })
    const joins: unknown[] = []
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => joins.push(payload.memberAssignment))
    if (groupId === 'no match') await consumer.subscribe({ topics: [/^nothing is called so$/] })
    await consumer.run({ eachMessage: async () => assert.fail('nothing was asked for') })
    assert.deepEqual(joins, [{}])
    assert.equal((await consumer.describeGroup()).members.length, 1)
    await consumer.disconnect()
  }
})

test('a batch goes on where its handler says, be that in it, before it or behind it', async (t) => {
  const s = await scene(t)
  await filled(s, 't', 10)
  const firsts: string[] = []
  const to = ['4', '1', '6', '8']
  await running(t, s, 't', {
    eachBatchAutoResolve: false,
    async eachBatch({ batch, resolveOffset, commitOffsetsIfNecessary }) {
      firsts.push(batch.firstOffset()!)
      resolveOffset(to[firsts.length - 1] ?? batch.lastOffset())
      await commitOffsetsIfNecessary({} as never)
      assert.equal((await offsetsOf(s, 't'))[0], String(Number(to[firsts.length - 1] ?? '9') + 1))
    },
  })
  await until(() => firsts.length === 5)
  assert.deepEqual(firsts, ['0', '5', '2', '7', '9'])
})

test('numbers of partitions may be texts, as KafkaJS gives them with offsets', async (t) => {
  const s = await scene(t)
  await filled(s, 't', 4, 2)
  let count = 0
  const consumer = await running(t, s, 't', { autoCommit: false, eachMessage: async () => void count++ })
  await until(() => count === 4)
  const [zero, one] = ['0', '1'] as unknown[] as number[]
  await consumer.commitOffsets([{ topic: 't', partition: zero!, offset: '2' }])
  assert.deepEqual(await offsetsOf(s, 't'), ['2', '-1'])
  consumer.pause([{ topic: 't', partitions: [zero!] }])
  assert.deepEqual(consumer.paused(), [{ topic: 't', partitions: [0] }])
  consumer.seek({ topic: 't', partition: one!, offset: '0' })
  await until(() => count === 6)
})

test('the attempts of a consumer are five where it says no other, and only who says how many is warned of them', async (t) => {
  const entries: LogEntry[] = []
  const logCreator = () => (entry: LogEntry) => void entries.push(entry)
  const s = await scene(t, { retry: { ...quick, retries: 0 }, logLevel: 2, logCreator })
  await filled(s, 't', 1)
  let calls = 0
  const consumer = await running(t, s, 't', {
    async eachMessage() {
      if (calls++ < 5) throw new Error('not yet')
    },
  })
  consumer.on(consumer.events.CRASH, () => assert.fail('it was tried too seldom'))
  await until(() => calls === 6)
  const warnings = () => entries.filter(({ log }) => log.message.startsWith('Limiting retries')).length
  assert.throws(() => s.kafka.producer({ idempotent: true }), /must allow retries/)
  s.kafka.producer({ idempotent: true, retry: { retries: 3 } })
  assert.equal(warnings(), 1)
  const { kafka } = await scene(t, { retry: { initialRetryTime: 5 }, logLevel: 2, logCreator })
  kafka.producer({ idempotent: true })
  assert.equal(warnings(), 1)
})

test('a handler that throws what its producer gave up crashes the consumer, which starts again where that may help', async (t) => {
  const s = await scene(t)
  await filled(s, 't', 1)
  const away = Object.assign(new KafkaJSConnectionError('away'), { cause: new Error('ECONNREFUSED') })
  const thrown = [new KafkaJSNumberOfRetriesExceeded(away, { retryCount: 5, retryTime: 1 }), new KafkaJSNonRetriableError('no')]
  const crashes: unknown[] = []
  const consumer = await running(t, s, 't', {
    async eachMessage() {
      const next = thrown.shift()
      if (next) throw next
    },
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => crashes.push([payload.error.name, payload.error.message, payload.restart]))
  await until(() => crashes.length === 2)
  assert.deepEqual(crashes, [
    ['KafkaJSNonRetriableError', 'away', true],
    ['KafkaJSNonRetriableError', 'no', false],
  ])
})
