// Brokers of `odradek/testing`, one and several, come and go, and leave nothing behind.

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Producer } from '../../src/client/index.ts'
import { ConfigError } from '../../src/config/error.ts'
import { suiteKafka, testCluster, testKafka } from '../../src/testing/index.ts'
import { faults } from './cases/faults.ts'
import { helpers } from './cases/helpers.ts'
import { listens } from './cases/listens.ts'

/** What keeps this process alive, but for what the test runner has. What was closed is gone a turn or two later. */
async function alive(): Promise<string[]> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve))
  return process.getActiveResourcesInfo().filter((name) => !/^(Pipe|TTY|Immediate)/.test(name))
}

// All in one process: to load the whole house takes as long as most of these tests.
describe('helpers', helpers)
describe('faults', faults)

describe('a cluster', () => {
  /** What was worth a warning. */
  const lines: string[] = []
  const note = (message: string) => void lines.push(message)
  const kafka = suiteKafka({ before, after }, { brokers: 3, logger: { debug() {}, info() {}, warn: note, error: note } })

  const valuesOf = async (topic: string) => (await kafka().readAll(topic)).map(({ value }) => value)

  test('days pass over a cluster: retention works, everybody is in sync, and nobody was held for dead', async () => {
    const topic = await kafka().topic('logs', { partitions: 3, configs: { 'retention.ms': 3_600_000 } })
    await kafka().produce(topic, ['a', 'b', 'c'])
    const before = (await kafka().admin.describeTopics([topic])).get(topic)!.partitions
    await kafka().time.advance('3d')
    const after = (await kafka().admin.describeTopics([topic])).get(topic)!.partitions
    assert.deepEqual(after, before)
    assert.deepEqual(await kafka().readAll(topic), [])
    await kafka().produce(topic, ['d'])
    assert.equal((await kafka().readAll(topic)).length, 1)
    assert.deepEqual(lines, [], 'nothing was worth a warning')
  })

  test('in a cluster a fault may be one broker alone, and is never met by other brokers', async () => {
    const topic = await kafka().topic('orders', { partitions: 3 })
    await using producer = new Producer({ ...kafka().client, retryBackoffMs: 1, retryBackoffMaxMs: 1 })
    const fetches = kafka().faults.dropNextRequest('Fetch', { times: Number.POSITIVE_INFINITY })
    const produces = kafka().faults.answerNext('Produce', 'REQUEST_TIMED_OUT', { broker: 2, times: 2 })
    await producer.sendAll([0, 1, 2].map((partition) => ({ topic, partition, value: `${partition}` })))
    assert.equal(produces.count, 2)
    assert.equal(fetches.count, 0, 'followers fetched all the while')
    fetches.undo()
    assert.deepEqual(await valuesOf(topic), ['0', '1', '2'])
    assert.throws(() => kafka().faults.slowDisk('1s', { broker: 9 }), /there is no broker 9 here; allowed: 1, 2, 3/)
  })

  test('a cluster goes on without a broker that is killed, and has it back when it is started', async () => {
    assert.deepEqual(kafka().ids, [1, 2, 3])
    assert.throws(() => kafka().kill(), /which broker\? allowed: 1, 2, 3/)
    assert.throws(() => kafka().kill(4), /there is no broker 4/)
    const topic = await kafka().topic('orders', { partitions: 3 })
    await kafka().produce(topic, ['one', 'two', 'three'])
    kafka().kill(2)
    await kafka().produce(topic, ['four', 'five', 'six'])
    await kafka().start(2)
    await kafka().produce(topic, ['seven'])
    const values = await valuesOf(topic)
    assert.deepEqual(values.sort(), ['five', 'four', 'one', 'seven', 'six', 'three', 'two'])
  })
})

test('nothing is left of brokers that were closed, whatever was under way', async () => {
  assert.deepEqual(await alive(), [], 'of the cluster')
  const kafka = await testKafka()
  const topic = await kafka.topic('t', { partitions: 2 })
  await kafka.produce(topic, ['x'.repeat(100_000), 'y'])
  assert.equal((await kafka.readAll(topic)).length, 2)
  kafka.faults.dropNextAnswer('Produce', { connection: 'silent' })
  const unanswered = kafka.produce(topic, ['z']).catch(() => {})
  await kafka.time.advance('1m')
  const slow = kafka.faults.slowDisk('1h')
  const late = kafka.produce(topic, ['late']).catch(() => {})
  await slow.happened()
  await kafka.close()
  await kafka.close()
  await Promise.all([unanswered, late])
  assert.equal(await listens(kafka.bootstrapServers), false)
  assert.deepEqual(await alive(), [])
})

test('what cannot be is said, and nothing is left open', async () => {
  await assert.rejects(testKafka({ config: { 'num.partitions': 0 } }), ConfigError)
  await assert.rejects(testCluster({ config: { 'num.partitions': 0 } }), ConfigError)
  await assert.rejects(testCluster({ brokers: 0 }), /brokers=0 is not valid/)
  const kafka = await testKafka()
  await kafka.close()
  await assert.rejects(kafka.start(), /closed/)
  await assert.rejects(kafka.time.advance('1s'), /closed/)
})

test('a suite has one Kafka from before its first test until after its last', async () => {
  const hooks: (() => Promise<void>)[] = []
  const kafka = suiteKafka({ before: (run) => hooks.push(run), after: (run) => hooks.push(run) }, { brokers: 1 })
  assert.throws(kafka, /before the first test/)
  const [before, after] = hooks
  await before!()
  assert.equal(kafka(), kafka())
  assert.equal(await listens(kafka().bootstrapServers), true)
  await after!()
  assert.equal(await listens(kafka().bootstrapServers), false)
})
