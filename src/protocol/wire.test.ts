import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
import { codec } from './codec.ts'
import { FetchRequest } from './messages/fetch.ts'
import { MetadataRequest, MetadataResponse } from './messages/metadata.ts'
import { readBounded, weightRead } from './wire.ts'

const metadata = codec(MetadataRequest, 12)
const fetch = codec(FetchRequest, 11)

function askingFor(topics: number): ByteReader {
  const to = new ByteWriter()
  metadata.write(to, { topics: Array.from({ length: topics }, () => ({ name: 'a' })) })
  return new ByteReader(to.toBytes())
}

test('a request may ask for 50,000 partitions, each in a topic of its own, and no more than 100,000 structs in all', () => {
  const to = new ByteWriter()
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }]
  const topics = Array.from({ length: 50_000 }, () => ({ topic: 'a', partitions }))
  fetch.write(to, { maxWaitMs: 1, minBytes: 1, topics })
  const read = readBounded(new ByteReader(to.toBytes()), fetch)
  assert.equal(read.topics.length, 50_000)
  assert.equal(weightRead(), 400_000)
  assert.equal(readBounded(askingFor(100_000), metadata).topics?.length, 100_000)
  assert.throws(() => readBounded(askingFor(100_001), metadata), MalformedBytes)
})

test('the bound holds for what is read as a request alone, also after one was refused', () => {
  assert.throws(() => readBounded(askingFor(100_001), metadata), MalformedBytes)
  assert.equal(metadata.read(askingFor(150_000)).topics?.length, 150_000)
  const answers = codec(MetadataResponse, 12)
  const to = new ByteWriter()
  answers.write(to, {
    brokers: [],
    clusterId: 'c',
    controllerId: 1,
    topics: Array.from({ length: 150_000 }, () => ({ errorCode: 3, name: 'a', partitions: [] })),
  })
  assert.equal(answers.read(new ByteReader(to.toBytes())).topics.length, 150_000)
})
