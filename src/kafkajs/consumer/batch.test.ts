import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchedBatch } from './batch.ts'

const record = (headers: { key: string; value: Uint8Array | null }[]) => ({
  topic: 't',
  partition: 0,
  offset: 4,
  timestamp: 1000,
  timestampType: 'CreateTime' as const,
  key: null,
  value: Buffer.from('v'),
  headers,
  leaderEpoch: 0,
})

test('headers have any name, and a list where a name stands several times', () => {
  const value = Buffer.from('x')
  const records = [
    record([
      { key: '__proto__', value },
      { key: 'toString', value },
      { key: 'many', value },
      { key: 'many', value: null },
      { key: 'many', value },
    ]),
  ]
  const batch = new FetchedBatch({
    topic: 't',
    partition: 0,
    records,
    firstOffset: 4,
    lastOffset: 4,
    highWatermark: 5,
    lag: 0,
    nextOffset: 5,
  })
  const { headers } = batch.messages[0]!
  assert.deepEqual(Object.entries(headers!), [
    ['__proto__', value],
    ['toString', value],
    ['many', [value, null, value]],
  ])
  assert.equal(Object.getPrototypeOf(headers), Object.prototype)
})
