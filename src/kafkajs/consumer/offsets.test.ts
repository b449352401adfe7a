import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicPartitionOffset } from '../../client/consumer/place.ts'
import { asTopics, Offsets } from './offsets.ts'

function scene(limits: { autoCommitInterval?: number; autoCommitThreshold?: number } = {}) {
  const sent: (readonly TopicPartitionOffset[])[] = []
  let now = 0
  const clock = { now: () => now, monotonic: () => now, after: () => ({ cancel() {} }), soon() {} }
  const send = async (offsets: readonly TopicPartitionOffset[]) => void sent.push(offsets)
  const offsets = new Offsets({ clock, send, autoCommitInterval: null, autoCommitThreshold: null, ...limits })
  return { offsets, sent, pass: (ms: number) => void (now += ms) }
}

const a = { topic: 'a', partition: 0 }
const b = { topic: 'b', partition: 2 }

test('what is done and not committed is committed once', async () => {
  const { offsets, sent } = scene()
  offsets.begin(a, 5)
  assert.deepEqual(offsets.uncommitted(), [])
  offsets.resolve(a, 7)
  offsets.resolve(b, 1)
  assert.deepEqual(asTopics(offsets.uncommitted()), [
    { topic: 'a', partitions: [{ partition: 0, offset: '7' }] },
    { topic: 'b', partitions: [{ partition: 2, offset: '1' }] },
  ])
  assert.deepEqual(offsets.uncommitted([b]), [{ ...b, offset: 1 }])
  await offsets.commit()
  await offsets.commit()
  assert.deepEqual(sent, [
    [
      { ...a, offset: 7 },
      { ...b, offset: 1 },
    ],
  ])
})

test('it is time for a commit by the clock, or by the number of messages', async () => {
  const timed = scene({ autoCommitInterval: 100 })
  timed.pass(99)
  assert.equal(timed.offsets.isDue, false)
  timed.pass(1)
  assert.equal(timed.offsets.isDue, true)
  await timed.offsets.commit()
  assert.equal(timed.offsets.isDue, false)
  const { offsets } = scene({ autoCommitThreshold: 3 })
  offsets.begin(a, 10)
  offsets.resolve(a, 12)
  assert.equal(offsets.isDue, false)
  offsets.begin(b, 0)
  offsets.resolve(b, 1)
  assert.equal(offsets.isDue, true)
})

test('where the program went is committed with what is done next; what is gone is forgotten', () => {
  const { offsets } = scene()
  offsets.moveTo(a, 3)
  assert.deepEqual(offsets.uncommitted(), [{ ...a, offset: 3 }])
  offsets.forget([a])
  assert.deepEqual([offsets.uncommitted(), offsets.resolvedOf(a)], [[], undefined])
})

test('a batch before what is done begins anew, and what others have committed counts', async () => {
  const { offsets, sent } = scene()
  offsets.begin(a, 0)
  offsets.resolve(a, 9)
  offsets.committed([{ ...a, offset: 9 }])
  assert.deepEqual(offsets.uncommitted(), [])
  // The topic was made again.
  offsets.begin(a, 2)
  assert.equal(offsets.resolvedOf(a), 2)
  await offsets.commit()
  assert.deepEqual(sent, [[{ ...a, offset: 2 }]])
})
