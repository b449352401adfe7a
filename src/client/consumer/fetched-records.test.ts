import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildBatch } from '../../protocol/records/builder.ts'
import { controlRecord } from '../../protocol/records/control.ts'
import { ClientError } from '../errors/index.ts'
import { type AbortedTransaction, FetchedRecords, surveyOf } from './fetched-records.ts'

interface Made {
  readonly at: number
  readonly values?: readonly string[]
  readonly producerId?: number
  readonly marker?: 'abort' | 'commit'
}

/** Batches one after the other: plain, of a transaction where they have a producer, or a marker. */
function bytesOf(...made: readonly Made[]): Buffer {
  return Buffer.concat(
    made.map(({ at, values = [], producerId = -1, marker }) => {
      const timestamp = 1
      const records = marker
        ? [{ ...controlRecord({ kind: marker, coordinatorEpoch: 0 }), timestamp }]
        : values.map((value) => ({ key: null, value: Buffer.from(value), timestamp }))
      const isTransactional = producerId >= 0
      return buildBatch({
        baseOffset: at,
        producerId,
        producerEpoch: isTransactional ? 0 : -1,
        isTransactional,
        isControl: marker !== undefined,
        records,
      })
    }),
  )
}

function read(bytes: Buffer, from: number, aborted: readonly AbortedTransaction[] | null, checksCrcs = true) {
  let releases = 0
  const fetched = new FetchedRecords({
    name: 't-0',
    bytes,
    from,
    aborted,
    checksCrcs,
    release: () => void releases++,
    charge() {},
  })
  const values: string[] = []
  for (let record = fetched.next(); record; record = fetched.next()) values.push(Buffer.from(record.value!).toString())
  return { values, nextOffset: fetched.nextOffset, releases }
}

test('records before the offset are passed over, and half a batch at the end waits for the next answer', () => {
  const bytes = bytesOf({ at: 0, values: ['a', 'b', 'c'] }, { at: 3, values: ['d'] })
  assert.deepEqual(read(bytes, 1, null), { values: ['b', 'c', 'd'], nextOffset: 4, releases: 1 })
  const half = bytes.subarray(0, bytes.length - 1)
  assert.deepEqual(read(half, 1, null), { values: ['b', 'c'], nextOffset: 3, releases: 1 })
  assert.equal(surveyOf(half).endOffset, 3)
  assert.equal(surveyOf(bytes.subarray(0, 40)).endOffset, null)
})

test('a first walk stops at what no batch can be, and keeps what lies before it', () => {
  const whole = bytesOf({ at: 0, values: ['a'] })
  const bytes = Buffer.concat([whole, Buffer.alloc(100)])
  const { endOffset, sizeInBytes, damage } = surveyOf(bytes)
  assert.deepEqual([endOffset, sizeInBytes], [1, whole.length])
  assert.match(damage!.message, /a batch of length 0/)
})

test('read_committed leaves out aborted transactions up to their marker, and only those', () => {
  const bytes = bytesOf(
    { at: 0, values: ['7 aborted'], producerId: 7 },
    { at: 1, values: ['8 committed'], producerId: 8 },
    { at: 2, values: ['plain'] },
    { at: 3, producerId: 7, marker: 'abort' },
    { at: 4, values: ['7 committed'], producerId: 7 },
    { at: 5, producerId: 8, marker: 'commit' },
    { at: 6, values: ['8 aborted'], producerId: 8 },
    { at: 7, producerId: 7, marker: 'commit' },
    { at: 8, producerId: 8, marker: 'abort' },
  )
  // In any order, as a broker may give them.
  const aborted = [
    { producerId: 8, firstOffset: 6 },
    { producerId: 7, firstOffset: 0 },
  ]
  assert.deepEqual(read(bytes, 0, aborted), { values: ['8 committed', 'plain', '7 committed'], nextOffset: 9, releases: 1 })
  assert.deepEqual(read(bytes, 0, null).values, ['7 aborted', '8 committed', 'plain', '7 committed', '8 aborted'])
})

test('a transaction that was aborted twice is left out twice', () => {
  const bytes = bytesOf(
    { at: 0, values: ['one'], producerId: 7 },
    { at: 1, producerId: 7, marker: 'abort' },
    { at: 2, values: ['two'], producerId: 7 },
    { at: 3, producerId: 7, marker: 'abort' },
  )
  const aborted = [0, 2].map((firstOffset) => ({ producerId: 7, firstOffset }))
  assert.deepEqual(read(bytes, 0, aborted), { values: [], nextOffset: 4, releases: 1 })
})

test('a changed byte is told with its place, where checksums are looked at', () => {
  const bytes = bytesOf({ at: 0, values: ['a'] }, { at: 1, values: ['b'] })
  bytes[bytes.length - 2]! ^= 1
  assert.throws(
    () => read(bytes, 0, null),
    (thrown) => thrown instanceof ClientError && thrown.code === 'CORRUPT_MESSAGE' && /^t-0 at offset 1: /.test(thrown.message),
  )
  assert.equal(read(bytes, 0, null, false).values.length, 2)
})

test('a compressed batch is counted while it is open, and no longer', () => {
  const records = ['a', 'b'].map((value) => ({ key: null, value: Buffer.from(value.repeat(1000)), timestamp: 1 }))
  const bytes = Buffer.concat([0, 2].map((baseOffset) => buildBatch({ baseOffset, compression: 'gzip', records })))
  let open = 0
  const options = { name: 't-0', from: 0, aborted: null, checksCrcs: true, release() {} }
  const fetched = new FetchedRecords({ ...options, bytes, charge: (more) => void (open += more) })
  const seen: number[][] = []
  while (fetched.next()) seen.push([Math.floor(open / 1000), fetched.leftInBatch])
  assert.deepEqual(seen, [
    [2, 1],
    [2, 0],
    [2, 1],
    [2, 0],
  ])
  assert.equal(open, 0)
  const left = new FetchedRecords({ ...options, bytes, charge: (more) => void (open += more) })
  left.next()
  left.close()
  assert.equal(open, 0)
})

test('records stay what they are when the memory of their answer is used again, also what a codec could not make smaller', () => {
  let seed = 42
  const value = Buffer.from(Array.from({ length: 100 }, () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 24))
  for (const compression of ['none', 'lz4'] as const) {
    const records = [{ key: null, value, timestamp: 1 }]
    const bytes = buildBatch({ baseOffset: 0, compression, records })
    assert.ok(bytes.includes(value), `${compression} made it smaller`)
    const options = { name: 't-0', from: 0, aborted: null, checksCrcs: true, release() {}, charge() {} }
    const fetched = new FetchedRecords({ ...options, bytes })
    const record = fetched.next()
    bytes.fill(0)
    assert.deepEqual(Buffer.from(record!.value!), value, compression)
  }
})
