// Several brokers of `odradek/testing`.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { suiteKafka } from '../../src/testing/index.ts'

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
  const fetches = kafka().faults.dropNextRequest('Fetch', { times: Number.POSITIVE_INFINITY })
  const produces = kafka().faults.answerNext('Produce', 'REQUEST_TIMED_OUT', { broker: 2, times: 2 })
  await kafka().produce(
    topic,
    [0, 1, 2].map((partition) => ({ partition, value: `${partition}` })),
  )
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
