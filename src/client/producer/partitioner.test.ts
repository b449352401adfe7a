import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeededRandom } from '../../platform/sim/random.ts'
import type { TopicInfo } from '../cluster/metadata.ts'
import { byKey, ignoringKeys, roundRobin, StickySpread } from './partitioner.ts'

/** Partitions with a leader, or without one. */
function topicOf(...leaders: (number | null)[]): TopicInfo {
  const partitions = leaders.map((leaderId, index) => ({
    index,
    leaderId,
    leaderEpoch: 0,
    replicas: [],
    isr: [],
    offlineReplicas: [],
  }))
  return { name: 't', id: null, isInternal: false, partitions }
}
const record = (key: string | null) => ({ topic: 't', key: key === null ? null : Buffer.from(key), value: null })

test('keys have their partition, whether it has a leader or not; who has none is spread', () => {
  assert.equal(byKey(record('foobar'), topicOf(null, null, null)), byKey(record('foobar'), topicOf(1, 1, 1)))
  assert.equal(byKey(record(null), topicOf(1, 1)), null)
  assert.equal(ignoringKeys(record('foobar'), topicOf(1, 1)), null)
})

test('round robin leaves out partitions without a leader while others have one', () => {
  const next = roundRobin()
  assert.deepEqual(
    Array.from({ length: 4 }, () => next(record('x'), topicOf(1, null, 1))),
    [0, 2, 0, 2],
  )
  assert.equal(next(record('x'), topicOf(null)), 0)
})

test('a batch is filled before the next partition has its turn, and over time all get the same', () => {
  const spread = new StickySpread(new SeededRandom(5), 1000)
  const topic = topicOf(1, 1, 1, 1)
  const bytes = [0, 0, 0, 0]
  let turns = 0
  for (let i = 0, last = -1; i < 40_000; i++) {
    const partition = spread.partition(topic)
    if (partition !== last) turns++
    last = partition
    bytes[partition]! += 100
    spread.appended(topic, partition, 100, i % 10 === 9)
  }
  assert.ok(turns > 2000 && turns <= 4000, String(turns))
  for (const each of bytes) assert.ok(Math.abs(each - 1_000_000) < 120_000, String(bytes))
})

test('a partition that has lost its leader is not chosen again while another one has one', () => {
  const spread = new StickySpread(new SeededRandom(5), 10)
  const seen = new Set<number>()
  for (let i = 0; i < 50; i++) {
    const topic = topicOf(1, null, 1)
    const partition = spread.partition(topic)
    seen.add(partition)
    spread.appended(topic, partition, 100, true)
  }
  assert.deepEqual([...seen].sort(), [0, 2])
})

test('a topic that was not seen among ten thousand others begins anew, and takes no memory', () => {
  const next = roundRobin()
  const info = topicOf(1, 1)
  const of = (topic: string) => next({ ...record('x'), topic }, info)
  assert.equal(of('first'), 0)
  for (let i = 0; i < 10_000; i++) of(`t${i}`)
  assert.equal(of('first'), 0)
  assert.equal(of('t9999'), 1)
})
