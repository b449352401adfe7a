import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compress } from '../compression/index.ts'
import { BatchAppender, CompressedPayload, roomFor } from './appender.ts'
import { RecordBatch } from './batch.ts'
import { buildBatch } from './builder.ts'

const bytes = (text: string) => Buffer.from(text)
const records = [
  { key: bytes('a'), value: bytes('1'), timestamp: 1000, headers: [{ key: 'h', value: bytes('x') }] },
  { key: null, value: null, timestamp: 900, headers: [] },
  { key: bytes('c'), value: bytes('33'), timestamp: 2000, headers: [] },
]
const fields = { producerId: 7, producerEpoch: 1, baseSequence: 5, isTransactional: true }

test('a batch that was appended record by record is the one that is built at once', () => {
  const appender = new BatchAppender(Buffer.alloc(4096))
  for (const record of records) assert.equal(appender.append(record), true)
  assert.deepEqual(appender.finish(fields), buildBatch({ ...fields, records }))
  assert.deepEqual(appender.finish({ baseSequence: 8 }), buildBatch({ baseSequence: 8, records }))
  const gzipped = new CompressedPayload('gzip', compress('gzip', appender.payload()))
  assert.deepEqual(appender.finish(fields, gzipped), buildBatch({ ...fields, records, compression: 'gzip' }))
})

test('what does not fit is not appended, and changes nothing', () => {
  const large = { key: null, value: Buffer.alloc(100), timestamp: 5, headers: [] }
  const appender = new BatchAppender(Buffer.alloc(roomFor(large)))
  assert.equal(appender.append(large), true)
  const { sizeInBytes } = appender
  assert.equal(appender.append(large), false)
  assert.deepEqual([appender.sizeInBytes, appender.recordCount], [sizeInBytes, 1])
  assert.equal(new RecordBatch(appender.finish({})).checksumMatches(), true)
})
