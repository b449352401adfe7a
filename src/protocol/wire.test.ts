import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
import { type Codec, codec } from './codec.ts'
import { FetchRequest } from './messages/fetch.ts'
import { MetadataRequest, MetadataResponse } from './messages/metadata.ts'
import { readAtOnce, readBoundedSteps, writeAtOnce } from './wire.ts'

const metadata = codec(MetadataRequest, 12)
const fetch = codec(FetchRequest, 11)

function askingFor(topics: number): ByteReader {
  const to = new ByteWriter()
  metadata.write(to, { topics: Array.from({ length: topics }, () => ({ name: 'a' })) })
  return new ByteReader(to.toBytes())
}

function readBounded<T>(from: ByteReader, messages: Codec<T>): { value: T; steps: number } {
  const reading = readBoundedSteps(from, messages)
  for (let steps = 1; ; steps++) {
    const { done, value } = reading.next()
    if (done) return { value: value as T, steps }
  }
}

test('a request may ask for 50,000 partitions, each in a topic of its own, and no more than 100,000 structs in all', () => {
  const to = new ByteWriter()
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 }]
  const topics = Array.from({ length: 50_000 }, () => ({ topic: 'a', partitions }))
  fetch.write(to, { maxWaitMs: 1, minBytes: 1, topics })
  const { value, steps } = readBounded(new ByteReader(to.toBytes()), fetch)
  assert.equal(value.topics.length, 50_000)
  assert.ok(steps > 100, `${steps} steps`)
  assert.equal(readBounded(askingFor(100_000), metadata).value.topics?.length, 100_000)
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

test('what is too long for one turn of the event loop is not read or written at once', () => {
  assert.equal(readAtOnce(askingFor(4096), metadata)?.topics?.length, 4096)
  assert.equal(readAtOnce(askingFor(4097), metadata), null)
  assert.equal(metadata.read(askingFor(4097)).topics?.length, 4097)
  const topics = (count: number) => ({ topics: Array.from({ length: count }, () => ({ name: 'a' })) })
  assert.equal(writeAtOnce(new ByteWriter(), metadata, topics(4096)), true)
  assert.equal(writeAtOnce(new ByteWriter(), metadata, topics(4097)), false)
  metadata.write(new ByteWriter(), topics(4097))
})

test('a long list that is written in steps is the same bytes', () => {
  const value = { topics: Array.from({ length: 5000 }, (_, i) => ({ name: `n${i}` })) }
  const [once, inSteps] = [new ByteWriter(), new ByteWriter()]
  metadata.write(once, value)
  const steps = [...metadata.writeSteps(inSteps, value)].length
  assert.ok(steps > 10, `${steps} steps`)
  assert.deepEqual(Buffer.from(inSteps.toBytes()), Buffer.from(once.toBytes()))
})

test('long texts weigh by their length', () => {
  const asking = (count: number) => {
    const to = new ByteWriter()
    metadata.write(to, { topics: Array.from({ length: count }, () => ({ name: 'a'.repeat(0x7fff) })) })
    return new ByteReader(to.toBytes())
  }
  assert.equal(readAtOnce(asking(40), metadata), null)
  assert.equal(readBounded(asking(700), metadata).value.topics?.length, 700)
  assert.throws(() => readBounded(asking(800), metadata), MalformedBytes)
})

test('two messages that are read in turns are bounded each by itself', () => {
  const readings = [askingFor(100_000), askingFor(100_000)].map((from) => readBoundedSteps(from, metadata))
  for (let left = readings; left.length > 0; ) left = left.filter((reading) => !reading.next().done)
})
