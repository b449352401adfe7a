import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from '../../../test/support/fast-check.ts'
import { anyRecords, defaultRules } from '../../../test/support/records.ts'
import { ByteReader, MalformedBytes } from '../../base/bytes.ts'
import { type Compression, ready } from '../compression/index.ts'
import type { ErrorName } from '../errors.ts'
import { AT, HEADER_SIZE, RecordBatch } from './batch.ts'
import { buildBatch, type NewBatch, writeChecksum } from './builder.ts'
import { readRecord } from './record.ts'
import { type BatchRules, InvalidBatch, validateBatch } from './validate.ts'
import { MAX_WRONG, walkRecords } from './walk.ts'

before(ready)

const NOW = 1_700_000_000_000
const anyTime: Partial<BatchRules> = { timestampAfterMaxMs: 2 ** 63 }

function validate(bytes: Uint8Array, rules: Partial<BatchRules> = {}) {
  return validateBatch(bytes, { ...defaultRules, ...rules }, NOW)
}

function batchOf(texts: readonly string[], batch: Partial<NewBatch> = {}): Buffer {
  return buildBatch({
    records: texts.map((text, i) => ({ key: Buffer.from(text), value: Buffer.from(text), timestamp: NOW + i })),
    ...batch,
  })
}

function refused(act: () => unknown, error: ErrorName, message?: RegExp): void {
  assert.throws(act, (thrown) => {
    assert.ok(thrown instanceof InvalidBatch, String(thrown))
    assert.equal(thrown.error, error)
    if (message) assert.match(thrown.message, message)
    return true
  })
}

test('a batch that follows the rules is the same bytes, untouched', () => {
  const bytes = batchOf(['a', 'b', 'c'])
  const before = Buffer.from(bytes)
  const valid = validate(bytes)
  assert.equal(valid.batch.bytes, bytes)
  assert.deepEqual(bytes, before)
  assert.equal(valid.maxTimestamp, NOW + 2)
  assert.equal(valid.offsetOfMaxTimestamp, 2)
  assert.equal(valid.recordCount, 3)
  assert.equal(valid.logAppendTimeMs, -1)
  assert.equal(valid.decompressedBytes, 0)
})

test('walking in place and reading records accept the same payloads', () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 })
  fc.assert(
    fc.property(anyRecords, damage, fc.nat(3), (records, changes, more) => {
      const bytes = buildBatch({ records })
      for (const [at, byte] of changes)
        if (bytes.length > HEADER_SIZE) bytes[HEADER_SIZE + (at % (bytes.length - HEADER_SIZE))] = byte
      const count = records.length + (more === 3 ? 1 : 0)
      const rules = {
        baseTimestamp: records[0]!.timestamp,
        logAppendTime: null,
        earliest: -Infinity,
        latest: Infinity,
        needsKey: false,
      }
      const walked = attempt(() => walkRecords(bytes, HEADER_SIZE, bytes.length, count, rules))
      const read = attempt(() => {
        const reader = new ByteReader(bytes, HEADER_SIZE)
        const found = Array.from({ length: count }, () => readRecord(reader, 0, rules.baseTimestamp, null))
        if (reader.left > 0) throw new MalformedBytes('left over')
        return found
      })
      assert.equal(walked === null, read === null)
      if (!walked || !read) return
      const largest = Math.max(-1, ...read.map(({ timestamp }) => timestamp))
      assert.equal(walked.maxTimestamp, largest)
      assert.equal(walked.indexOfMaxTimestamp, largest === -1 ? -1 : read.findIndex(({ timestamp }) => timestamp === largest))
      assert.equal(
        walked.isInOrder,
        read.every(({ offset }, i) => offset === i),
      )
    }),
    { numRuns: 500 },
  )
})

test('random bytes are refused as an InvalidBatch, never otherwise', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 100 }),
      fc.array(fc.tuple(fc.nat(120), fc.nat(255)), { maxLength: 4 }),
      (noise, changes) => {
        const bytes = batchOf(['a', 'b'], { compression: noise.length % 2 ? 'gzip' : 'none' })
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        if (noise.length % 3) writeChecksum(bytes)
        for (const input of [noise, bytes])
          try {
            validate(Buffer.from(input))
          } catch (thrown) {
            assert.ok(thrown instanceof InvalidBatch, String(thrown))
          }
      },
    ),
    { numRuns: 1000 },
  )
})

test('LogAppendTime puts the broker’s time and a new checksum into the batch', () => {
  for (const compression of ['none', 'zstd'] as const) {
    const valid = validate(batchOf(['a', 'b'], { compression, isTransactional: true, producerId: 1, baseSequence: 0 }), {
      timestampType: 'LogAppendTime',
    })
    assert.ok(valid.batch.checksumMatches())
    assert.equal(valid.batch.timestampType, 'LogAppendTime')
    assert.equal(valid.batch.isTransactional, true)
    assert.equal(valid.batch.compression, compression)
    assert.equal(valid.logAppendTimeMs, NOW)
    assert.equal(valid.offsetOfMaxTimestamp, 0)
    assert.deepEqual(
      [...valid.batch.records()].map(({ timestamp }) => timestamp),
      [NOW, NOW],
    )
  }
})

test('a wrong largest timestamp in the header is put right', () => {
  const { batch } = validate(batchOf(['a', 'b'], { maxTimestamp: 5 }))
  assert.equal(batch.maxTimestamp, NOW + 1)
  assert.ok(batch.checksumMatches())
})

test('a topic’s own codec replaces the producer’s, whatever it was', () => {
  const codecs: Compression[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
  const text = 'x'.repeat(500)
  for (const from of codecs)
    for (const to of codecs) {
      const bytes = batchOf([text, text, 'last'], { compression: from, producerId: 8, producerEpoch: 1, baseSequence: 2 })
      const valid = validate(bytes, { compressionType: to === 'none' ? 'uncompressed' : to })
      assert.equal(valid.batch.compression, to)
      assert.equal(valid.wasRecompressed, from !== to)
      assert.equal(valid.decompressedBytes > 0, from !== 'none')
      assert.ok(valid.batch.checksumMatches())
      assert.deepEqual([valid.batch.producerId, valid.batch.producerEpoch, valid.batch.baseSequence], [8, 1, 2])
      assert.deepEqual(
        [...valid.batch.records()].map(({ offset, value }) => [offset, value?.length]),
        [
          [0, 500],
          [1, 500],
          [2, 4],
        ],
      )
    }
})

test('offset deltas that a client counted otherwise are renumbered where the batch is written anew', () => {
  const records = [1, 0].map((offsetDelta) => ({ key: null, value: Buffer.from(`${offsetDelta}`), timestamp: NOW, offsetDelta }))
  const bytes = buildBatch({ records, lastOffsetDelta: 1 })
  const { batch } = validate(bytes, { compressionType: 'gzip' })
  assert.deepEqual(
    [...batch.records()].map(({ offset, value }) => [offset, String(value)]),
    [
      [0, '1'],
      [1, '0'],
    ],
  )
})

test('limits of size are measured on the batch as it is stored', () => {
  const bytes = batchOf(['a'.repeat(2000)])
  refused(() => validate(bytes, { maxMessageBytes: bytes.length - 1 }), 'MESSAGE_TOO_LARGE', /max.message.bytes/)
  refused(() => validate(bytes, { segmentBytes: bytes.length - 1 }), 'RECORD_LIST_TOO_LARGE')
  validate(bytes, { maxMessageBytes: bytes.length })
  const packed = batchOf(['a'.repeat(2000)], { compression: 'gzip' })
  refused(() => validate(packed, { maxMessageBytes: packed.length, compressionType: 'uncompressed' }), 'MESSAGE_TOO_LARGE')
  refused(() => validate(packed, { maxDecompressedBytes: 1000 }), 'MESSAGE_TOO_LARGE', /after decompression/)
})

test('a producer id beyond 2^53 is refused', () => {
  const bytes = batchOf(['a'], { baseSequence: 0, producerId: 1 })
  bytes.writeBigInt64BE(2n ** 53n, AT.producerId)
  writeChecksum(bytes)
  refused(() => validate(bytes), 'INVALID_RECORD', /2\^53/)
})

test('of very many wrong records only the first are listed', () => {
  const records = Array.from({ length: MAX_WRONG + 5 }, () => ({ key: null, value: null, timestamp: NOW }))
  assert.throws(
    () => validate(buildBatch({ records }), { compacted: true }),
    (thrown) => thrown instanceof InvalidBatch && thrown.recordErrors.length === MAX_WRONG && thrown.error === 'INVALID_RECORD',
  )
})

test('whatever the builder makes is valid', () => {
  fc.assert(
    fc.property(anyRecords, (records) => {
      const { batch } = validate(buildBatch({ records }), anyTime)
      assert.ok(new RecordBatch(batch.bytes).checksumMatches())
    }),
  )
})

function attempt<T>(act: () => T): T | null {
  try {
    return act()
  } catch (thrown) {
    if (thrown instanceof MalformedBytes) return null
    throw thrown
  }
}

test('a producer that claims LogAppendTime is judged by the times that readers will see', () => {
  const records = [{ key: null, value: Buffer.from('v'), timestamp: NOW + 7_200_000, headers: [] }]
  const bytes = buildBatch({ records })
  bytes[AT.attributes + 1] = 8 // and the header's largest time is a good one
  bytes.writeBigInt64BE(BigInt(NOW), AT.maxTimestamp)
  writeChecksum(bytes)
  const rules = { ...defaultRules, timestampAfterMaxMs: 3_600_000 }
  assert.throws(() => validateBatch(bytes, rules, NOW), /INVALID_TIMESTAMP|timestamp .* is not between/)
})
