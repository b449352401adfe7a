// Loops and handlers that end, or are overtaken, while something is on its way to them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consumerScene } from '../../../test/support/consumer-scene.ts'
import { nodeClock } from '../../platform/node/clock.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { AssignedPartition } from './assigned-partition.ts'
import { Assignment } from './assignment.ts'
import { Poller } from './batch-reader.ts'
import { Deliveries } from './deliveries.ts'
import { Engine } from './engine.ts'
import type { Feed } from './feed.ts'
import { RecordIterator } from './record-iterator.ts'

const t0 = { topic: 't', partition: 0 }

/** With a deserializer during whose first call the program seeks to the last of four records. */
async function seekingMeanwhile() {
  let hasBegun = false
  const deserialize = async (bytes: Uint8Array | null) => {
    if (!hasBegun) {
      hasBegun = true
      await scene.work(100)
      scene.consumer.seek(t0, 3)
    }
    return String(bytes)
  }
  const scene = await consumerScene({ fetchMaxWaitMs: 20, valueDeserializer: { deserialize } })
  scene.broker.make('t')
  scene.broker.append('t', 0, ['a', 'b', 'c', 'd'])
  scene.consumer.assign([t0])
  return scene
}

test('a handler does not get what the program has left meanwhile', async () => {
  for (const kind of ['eachRecord', 'eachBatch']) {
    const { consumer, during } = await seekingMeanwhile()
    const stop = new AbortController()
    const seen: unknown[] = []
    const note = (what: { offset?: number; firstOffset?: number }) => {
      seen.push(what.offset ?? what.firstOffset)
      stop.abort()
    }
    await during(consumer.run({ [kind]: note, signal: stop.signal }))
    assert.deepEqual(seen, [3], kind)
    await during(consumer.close())
  }
})

test('a loop does not get what the program has left meanwhile', async () => {
  const one = await seekingMeanwhile()
  assert.equal((await one.during(one.consumer.records().next())).value.offset, 3)
  const many = await seekingMeanwhile()
  const { value } = await many.during(many.consumer.batches().next())
  assert.ok(value)
  assert.equal(value.firstOffset, 3)
  await many.during(Promise.all([one, many].map(({ consumer }) => consumer.close())))
})

test('what a run has not handed to its handler when it ends is handed to the next one', async () => {
  const stop = new AbortController()
  let hasBegun = false
  const deserialize = async (bytes: Uint8Array | null) => {
    hasBegun = true
    await scene.work(100)
    return String(bytes)
  }
  const scene = await consumerScene({ fetchMaxWaitMs: 20, valueDeserializer: { deserialize } })
  const { broker, consumer, during, until } = scene
  broker.make('t')
  broker.append('t', 0, ['a'])
  consumer.assign([t0])
  const first = consumer.run({ eachRecord: () => assert.fail('it has ended'), signal: stop.signal })
  await until('it is being read', () => hasBegun)
  stop.abort()
  await during(first)
  const again = new AbortController()
  const seen: unknown[] = []
  const eachRecord = ({ value }: { value: unknown }) => {
    seen.push(value)
    again.abort()
  }
  await during(consumer.run({ eachRecord, signal: again.signal }))
  assert.deepEqual(seen, ['a'])
  await during(consumer.close())
})

test('leaving a loop ends its wait for the next record', async () => {
  const { broker, consumer, during } = await consumerScene({})
  broker.make('t')
  consumer.assign([t0])
  const loop = consumer.records()
  const waiting = loop.next()
  await loop.return!()
  assert.deepEqual(await during(waiting), { done: true, value: undefined })
  await during(consumer.close())
})

test('nothing is kept of loops that were ended by an error', async () => {
  const deliveries = new Deliveries(nodeClock())
  const feed = {
    next() {
      throw new Error('no')
    },
  }
  const engine = { deliveries, feed, isClosing: false, isSliceOver: false, begin() {}, check() {} }
  for (let i = 0; i < 3; i++) {
    const loop = new RecordIterator(engine as unknown as Engine<unknown, unknown>, undefined)
    await assert.rejects(loop.next(), /^Error: no$/)
  }
  assert.equal(deliveries.size, 0)
})

test('a poll does not miss what comes in the moment between its look and its wait', async () => {
  const clock = nodeClock()
  let isThere = false
  const feed = {
    from: new AssignedPartition(t0),
    next() {
      if (isThere) return { value: 'a' }
      // Nobody has a turn of the event loop in between; other promises have.
      queueMicrotask(() => {
        isThere = true
        engine.bell.ring()
      })
      return null
    },
  }
  const engine = new Engine<string, string>({
    cluster: { platform: { clock } } as unknown as Cluster,
    assignment: new Assignment(),
    deliveries: new Deliveries(clock),
    feed: feed as unknown as Feed<string, string>,
    maxRecords: 1,
    onRead() {},
  })
  let records: readonly unknown[] = []
  void new Poller(engine).poll({}).then((found) => (records = found))
  await new Promise(setImmediate)
  assert.deepEqual(records, [{ value: 'a' }])
})
