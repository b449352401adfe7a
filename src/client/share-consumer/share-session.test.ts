// The member's end of a share session: what is told, what is not told again, and how the epochs go.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Acknowledgement } from './acknowledgements.ts'
import { type SharePartition, SharePartitions } from './share-partition.ts'
import { ShareSession } from './share-session.ts'

const known = new SharePartitions()
const [a0, a1, b0] = [known.get('A', 'a', 0), known.get('A', 'a', 1), known.get('B', 'b', 0)]
const accept = (partition: SharePartition, offset: number): Acknowledgement => {
  return { partition, offset, type: 'accept', turn: 0, lockedUntil: 0, onSettled: null }
}
const of = (topicId: string, ...partitions: number[]) => ({
  topicId,
  partitions: partitions.map((partitionIndex) => ({ partitionIndex, acknowledgementBatches: [] as unknown[] })),
})

test('the first request names all partitions, the next ones what has changed', () => {
  const session = new ShareSession()
  assert.equal(session.isOpen, false)
  assert.deepEqual(session.fetch([a0, a1], []), { shareSessionEpoch: 0, topics: [of('A', 0, 1)], forgottenTopicsData: [] })
  session.answered()
  assert.ok(session.isOpen && session.has(a0) && !session.has(b0))
  assert.deepEqual(session.fetch([a0, a1], []), { shareSessionEpoch: 1, topics: [], forgottenTopicsData: [] })
  session.answered()
  assert.deepEqual(session.fetch([b0, a1], []), {
    shareSessionEpoch: 2,
    topics: [of('B', 0)],
    forgottenTopicsData: [{ topicId: 'A', partitions: [0] }],
  })
})

test('acknowledgements go along with a question, or alone, and count the session on in either way', () => {
  const session = new ShareSession()
  session.fetch([a0, a1], [])
  session.answered()
  const batch = { firstOffset: 4, lastOffset: 5, acknowledgeTypes: [1] }
  assert.deepEqual(session.fetch([a0, a1], [accept(a1, 5), accept(a1, 4)]).topics, [
    { topicId: 'A', partitions: [{ partitionIndex: 1, acknowledgementBatches: [batch] }] },
  ])
  session.answered()
  assert.deepEqual(session.acknowledge([accept(b0, 4), accept(b0, 5)]), {
    shareSessionEpoch: 2,
    topics: [{ topicId: 'B', partitions: [{ partitionIndex: 0, acknowledgementBatches: [batch] }] }],
  })
  session.answered()
  assert.deepEqual(session.close([]), { shareSessionEpoch: -1, topics: [] })
})

test('after the largest epoch comes 1: 0 would begin another session', () => {
  const late = new ShareSession(0x7fffffff)
  assert.equal(late.acknowledge([]).shareSessionEpoch, 0x7fffffff)
  late.answered()
  assert.equal(late.acknowledge([]).shareSessionEpoch, 1)
})
