// Commits: in their order, partition by partition, and never for what others may have by now.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerScene } from '../../../test/support/consumer-scene.ts'
import { refusedCommit } from '../../../test/support/pretend-broker.ts'
import { errorCode } from '../../protocol/errors.ts'
import { OptionError } from '../index.ts'

const t0 = { topic: 't', partition: 0 }
const MANUAL = { groupId: 'g', enableAutoCommit: false }

/** Refuses commits until the member was lost and has joined again. */
async function lostWhileCommitting(config: object) {
  const scene = await consumerScene({ ...MANUAL, maxPollRecords: 1, ...config })
  const { broker, consumer, take } = scene
  broker.make('t')
  broker.append('t', 0, ['a', 'b', 'c'])
  consumer.subscribe('t')
  await take(2)
  broker.on.commit = (body, asUsual) =>
    broker.generation === 1 ? refusedCommit(body, 'COORDINATOR_LOAD_IN_PROGRESS') : asUsual()
  broker.on.heartbeat = (_, asUsual) => {
    const isLost = broker.generation === 1 && broker.of('commit').length > 0
    return isLost ? { errorCode: errorCode('UNKNOWN_MEMBER_ID') } : asUsual()
  }
  return scene
}

test('a commit that is tried again when its partition was taken away is refused, and takes nobody back', async () => {
  const { broker, consumer, during } = await lostWhileCommitting({})
  await assert.rejects(during(consumer.commit([{ ...t0, offset: 2 }])), { code: 'ILLEGAL_GENERATION' })
  assert.equal(broker.committed.get('t-0'), undefined)
  await assert.rejects(during(consumer.commit([{ ...t0, offset: Number.NaN }])), OptionError)
  await during(consumer.close())
})

test('an automatic commit leaves out what was taken away meanwhile', async () => {
  const { broker, consumer, during, pass } = await lostWhileCommitting({ enableAutoCommit: true, autoCommitIntervalMs: 1000 })
  await pass(60_000)
  assert.equal(broker.generation, 2)
  const offsetsOf = (generation: number) => {
    const own = broker.of('commit').filter((each) => each.generationIdOrMemberEpoch === generation)
    return new Set(own.map(({ topics }) => Number(topics[0]!.partitions[0]!.committedOffset)))
  }
  // In the second generation it begins anew.
  assert.deepEqual([offsetsOf(1), offsetsOf(2)], [new Set([1]), new Set([0])])
  await during(consumer.close())
})

test('a commit that is tried again does not come behind a newer one', async () => {
  const { broker, consumer, during } = await consumerScene(MANUAL)
  broker.make('t')
  consumer.assign([t0])
  broker.on.commit = (body, asUsual) =>
    broker.of('commit').length === 1 ? refusedCommit(body, 'COORDINATOR_LOAD_IN_PROGRESS') : asUsual()
  await during(Promise.all([1, 2].map((offset) => consumer.commit([{ ...t0, offset }]))))
  const offsets = broker.of('commit').map(({ topics }) => Number(topics[0]!.partitions[0]!.committedOffset))
  assert.deepEqual(offsets, [1, 1, 2])
  await during(consumer.close())
})

test('a topic that was deleted holds up neither the others nor the end', async () => {
  const { broker, consumer, during, take, now } = await consumerScene({ groupId: 'g' })
  for (const topic of ['t', 'gone']) {
    broker.make(topic)
    broker.append(topic, 0, ['a'])
  }
  consumer.subscribe(['t', 'gone'])
  await take(2)
  void consumer.poll({ timeoutMs: 10_000 }) // what it got before is done
  broker.on.commit = async (_, asUsual) => {
    const { topics } = await asUsual()
    const partitions = [{ partitionIndex: 0, errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION') }]
    return { topics: topics!.map((each) => (each.name === 'gone' ? { name: 'gone', partitions } : each)) }
  }
  const before = now()
  await during(consumer.close())
  assert.ok(now() - before < 1000, `${now() - before} ms`)
  assert.equal(broker.committed.get('t-0'), 1)
  assert.equal(broker.of('commit').length, 1)
})

test('what no offset can be is refused where it is named, and closing goes on', async () => {
  const { broker, consumer, during } = await consumerScene({ groupId: 'g' })
  broker.make('t')
  broker.append('t', 0, ['a', 'b'])
  consumer.subscribe('t')
  await assert.rejects(
    during(consumer.run({ eachBatch: (_, { resolve }) => resolve(Number.NaN) })),
    (thrown) => thrown instanceof OptionError && thrown.option === 'offset',
  )
  await during(consumer.close())
})

test('what is done is committed before the program assigns itself others, or none', async () => {
  const { broker, consumer, during, take, work, until } = await consumerScene({ groupId: 'g', maxPollRecords: 1 })
  broker.make('t', 2)
  for (const partition of [0, 1]) broker.append('t', partition, ['a', 'b'])
  consumer.assign([t0])
  await take(2)
  consumer.assign([{ topic: 't', partition: 1 }])
  await until('the commit', () => broker.committed.get('t-0') === 1)
  let seen = 0
  const running = consumer.run({
    eachRecord: () => {
      seen++
      return work(1000)
    },
  })
  await until('a handler at work', () => seen === 1)
  await during(consumer.unsubscribe())
  assert.deepEqual([seen, broker.committed.get('t-1')], [1, 1])
  assert.deepEqual(consumer.assignment(), [])
  await during(Promise.all([consumer.close(), running]))
})

test('a loop that reads on while the program unsubscribes does not join again', async () => {
  const { broker, consumer, during, take, pass } = await consumerScene({ groupId: 'g' })
  broker.make('t')
  broker.append('t', 0, ['a'])
  consumer.subscribe('t')
  await take(1)
  let isOver = false
  const reading = (async () => {
    while (!isOver) await consumer.poll({ timeoutMs: 1 }).catch(() => {})
  })()
  await during(consumer.unsubscribe())
  await pass(1000)
  isOver = true
  await during(reading)
  assert.equal(broker.of('join').length, 1)
  await during(consumer.close())
})

test('a run goes on with the next subscription', async () => {
  const { broker, consumer, during, until } = await consumerScene({ groupId: 'g' })
  broker.make('t')
  broker.append('t', 0, ['a'])
  consumer.subscribe('t')
  const seen: (string | null)[] = []
  const running = consumer.run({ eachRecord: ({ value }) => void seen.push(value) })
  await until('the first record', () => seen.length === 1)
  await during(consumer.unsubscribe())
  broker.append('t', 0, ['b'])
  consumer.subscribe('t')
  await until('the second record', () => seen.includes('b'))
  await during(Promise.all([consumer.close(), running]))
})
