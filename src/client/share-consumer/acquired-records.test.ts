// What of an answer's batches is this member's: records in acquired ranges, gaps where a range has none, and nothing else.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildBatch } from '../../protocol/records/builder.ts'
import { controlRecord } from '../../protocol/records/control.ts'
import { FetchedRecords } from '../consumer/fetched-records.ts'
import { type AcquiredRange, AcquiredRecords } from './acquired-records.ts'
import { SharePartitions } from './share-partition.ts'

const partition = new SharePartitions().get('id', 't', 0)
const giver = { turn: 0, lockTimeoutMs: null, acknowledge: () => {} }
const record = (value: string) => ({ key: null, value: Buffer.from(value), timestamp: 1 })
const batch = (baseOffset: number, ...values: string[]) => buildBatch({ baseOffset, records: values.map(record) })

function acquired(bytes: readonly Buffer[], ranges: readonly AcquiredRange[]): AcquiredRecords {
  const fetched = new FetchedRecords({
    name: 't-0',
    bytes: Buffer.concat(bytes),
    from: ranges[0]!.firstOffset,
    aborted: null,
    checksCrcs: true,
    release: () => {},
    charge: () => {},
  })
  return new AcquiredRecords({ partition, giver, turn: 0, lockedUntil: 100, fetched, ranges })
}

function all(records: AcquiredRecords) {
  const seen: string[] = []
  for (let next = records.next(); next; next = records.next()) {
    seen.push(`${next.offset} ${Buffer.from(next.value!).toString()} ${records.deliveryCount}`)
  }
  return seen
}

const range = (firstOffset: number, lastOffset: number, deliveryCount = 1) => ({ firstOffset, lastOffset, deliveryCount })

test('only records in acquired ranges are given, each with the count of its range', () => {
  const records = acquired([batch(10, 'a', 'b', 'c'), batch(13, 'd', 'e')], [range(11, 12), range(14, 14, 3)])
  assert.deepEqual(all(records), ['11 b 1', '12 c 1', '14 e 3'])
  assert.deepEqual(records.takeGaps(), [])
  assert.deepEqual(records.takeRest(), [])
})

test('offsets without a record are gaps: compacted ones, and markers', () => {
  const { key, value } = controlRecord({ kind: 'commit', coordinatorEpoch: 0 })
  const marker = buildBatch({
    baseOffset: 13,
    isControl: true,
    isTransactional: true,
    producerId: 1,
    records: [{ key, value, timestamp: 1 }],
  })
  const compacted = buildBatch({
    baseOffset: 10,
    records: [
      { ...record('a'), offsetDelta: 0 },
      { ...record('c'), offsetDelta: 2 },
    ],
    lastOffsetDelta: 2,
  })
  const records = acquired([compacted, marker, batch(14, 'e')], [range(10, 14)])
  assert.deepEqual(all(records), ['10 a 1', '12 c 1', '14 e 1'])
  assert.deepEqual(records.takeGaps(), [11, 13])
  assert.deepEqual(records.takeGaps(), [])
})

test('what lies behind the last whole batch is no gap: it goes back', () => {
  const records = acquired([batch(10, 'a', 'b'), batch(12, 'c').subarray(0, 40)], [range(10, 12)])
  assert.deepEqual(all(records), ['10 a 1', '11 b 1'])
  assert.deepEqual(records.takeGaps(), [])
  assert.deepEqual(records.takeRest(), [12])
})

test('what was not taken yet is the rest, across ranges', () => {
  const records = acquired([batch(10, 'a', 'b', 'c', 'd', 'e')], [range(10, 11), range(13, 14)])
  assert.equal(records.next()?.offset, 10)
  assert.deepEqual(records.takeRest(), [11, 13, 14])
  assert.equal(records.next(), null)
})
