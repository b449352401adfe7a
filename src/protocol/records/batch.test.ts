import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from '../../../test/support/fast-check.ts'
import { anyRecords } from '../../../test/support/records.ts'
import { MalformedBytes } from '../../base/bytes.ts'
import { type Compression, ready } from '../compression/index.ts'
import { batches, HEADER_SIZE, RecordBatch } from './batch.ts'
import { buildBatch } from './builder.ts'

before(ready)

test('a batch has the bytes that Kafka gives it', () => {
  const records = [
    { key: Buffer.from('k'), value: Buffer.from('v0'), timestamp: 1700000000005, headers: [{ key: 'h', value: null }] },
  ]
  const bytes = buildBatch({ records, baseOffset: 7, partitionLeaderEpoch: 3, producerId: 9, producerEpoch: 1, baseSequence: 4 })
  const expected =
    '0000000000000007' +
    '0000003e' +
    '00000003' +
    '02' +
    checksumOf(bytes) +
    '0000' +
    '00000000' +
    '0000018bcfe56805' +
    '0000018bcfe56805'
  assert.equal(
    bytes.toString('hex'),
    expected +
      '0000000000000009' +
      '0001' +
      '00000004' +
      '00000001' +
      '18' +
      '00' +
      '00' +
      '00' +
      '026b' +
      '047630' +
      '02' +
      '0268' +
      '01',
  )
})

test('what was built is read back, in every codec', () => {
  const codec = fc.constantFrom<Compression>('none', 'gzip', 'snappy', 'lz4', 'zstd')
  fc.assert(
    fc.property(anyRecords, codec, fc.nat(1e12), fc.boolean(), (records, compression, baseOffset, isTransactional) => {
      const batch = new RecordBatch(
        buildBatch({ records, baseOffset, compression, isTransactional, producerId: 5, producerEpoch: 2, baseSequence: 1 }),
      )
      assert.ok(batch.checksumMatches())
      assert.equal(batch.compression, compression)
      assert.equal(batch.isTransactional, isTransactional)
      assert.equal(batch.recordCount, records.length)
      assert.equal(batch.nextOffset, baseOffset + records.length)
      assert.equal(batch.maxTimestamp, Math.max(-1, ...records.map(({ timestamp }) => timestamp)))
      const expected = records.map((record, i) => ({ ...record, headers: [...record.headers], offset: baseOffset + i }))
      const found = [...batch.records()].map(({ key, value, headers, ...rest }) => ({
        ...rest,
        key: copy(key),
        value: copy(value),
        headers: headers.map((header) => ({ key: header.key, value: copy(header.value) })),
      }))
      assert.deepEqual(found, expected)
    }),
  )
})

test('batches come one after the other and stop at half a batch, wherever it is cut', () => {
  const one = buildBatch({ records: [{ key: null, value: Buffer.from('a'), timestamp: 1 }] })
  const bytes = Buffer.concat([one, one, one])
  for (let size = 0; size <= bytes.length; size++) {
    const found = [...batches(bytes.subarray(0, size))]
    assert.deepEqual(
      found.map(({ at }) => at),
      [0, one.length, 2 * one.length].slice(0, Math.floor(size / one.length)),
    )
  }
  const damaged = Buffer.from(bytes)
  damaged.writeInt32BE(13, one.length + 8)
  assert.throws(() => [...batches(damaged)], MalformedBytes)
})

test('a message of an old format is named, not misread', () => {
  const old = Buffer.from('00000000000000050000000f000000000000ffffffff0000000161', 'hex')
  const [message] = batches(Buffer.concat([old, buildBatch({ records: [] })]))
  assert.deepEqual([message?.isLegacy, message?.magic, message?.baseOffset, message?.sizeInBytes], [true, 0, 5, old.length])
  assert.throws(() => [...message!.records()], /message format 0/)
})

test('every flipped bit behind the leader epoch and the format is noticed', () => {
  const bytes = buildBatch({ records: [{ key: Buffer.from('k'), value: Buffer.from('a'), timestamp: 1 }] })
  for (let bit = 17 * 8; bit < bytes.length * 8; bit++) {
    const damaged = Buffer.from(bytes)
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    assert.equal(new RecordBatch(damaged).checksumMatches(), false, `bit ${bit}`)
  }
})

test('assigning an offset and a leader epoch keeps the checksum true', () => {
  const bytes = buildBatch({ records: [{ key: null, value: null, timestamp: -1 }] })
  const batch = new RecordBatch(Buffer.concat([Buffer.alloc(5), bytes]), 5)
  batch.assign(2 ** 40 + 3, 12)
  assert.equal(batch.baseOffset, 2 ** 40 + 3)
  assert.equal(batch.partitionLeaderEpoch, 12)
  assert.ok(batch.checksumMatches())
})

test('sequences wrap to 0 after 2147483647', () => {
  const records = [1, 2, 3].map((timestamp) => ({ key: null, value: null, timestamp }))
  const last = (baseSequence: number) => new RecordBatch(buildBatch({ records, producerId: 1, baseSequence })).lastSequence
  assert.equal(last(5), 7)
  assert.equal(last(2147483645), 2147483647)
  assert.equal(last(2147483646), 0)
  assert.equal(last(-1), -1)
})

test('after compaction a batch may have gaps, a delete horizon, or nothing left inside', () => {
  const records = [
    { key: Buffer.from('a'), value: null, timestamp: 100, offsetDelta: 2 },
    { key: Buffer.from('b'), value: null, timestamp: 90, offsetDelta: 5 },
  ]
  const gaps = new RecordBatch(buildBatch({ records, baseOffset: 10, lastOffsetDelta: 9, deleteHorizonMs: 5000 }))
  assert.equal(gaps.lastOffset, 19)
  assert.equal(gaps.deleteHorizonMs, 5000)
  assert.deepEqual(
    [...gaps.records()].map(({ offset, timestamp }) => [offset, timestamp]),
    [
      [12, 100],
      [15, 90],
    ],
  )
  const empty = new RecordBatch(buildBatch({ records: [], baseOffset: 3, lastOffsetDelta: 4, maxTimestamp: 77, producerId: 6 }))
  assert.equal(empty.sizeInBytes, HEADER_SIZE)
  assert.equal(empty.nextOffset, 8)
  assert.equal(empty.maxTimestamp, 77)
  assert.deepEqual([...empty.records()], [])
})

test('with LogAppendTime every record has the time of the batch', () => {
  const records = [5, 6].map((timestamp) => ({ key: null, value: null, timestamp }))
  const batch = new RecordBatch(buildBatch({ records, timestampType: 'LogAppendTime', maxTimestamp: 1000 }))
  assert.equal(batch.timestampType, 'LogAppendTime')
  assert.deepEqual(
    [...batch.records()].map(({ timestamp }) => timestamp),
    [1000, 1000],
  )
})

function checksumOf(bytes: Buffer): string {
  return new RecordBatch(bytes).checksum.toString(16).padStart(8, '0')
}

function copy(bytes: Uint8Array | null): Uint8Array | null {
  return bytes && new Uint8Array(bytes)
}
