// The encodings by hand against the codecs that come out of Kafka's own schemas: two ways, one answer.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { ByteReader, ByteWriter, MalformedBytes } from '../base/bytes.ts'
import { ConsumerProtocolAssignment, ConsumerProtocolSubscription } from '../protocol/messages/records/control.ts'
import { codec } from '../protocol/schema.ts'
import { readAssignment, readSubscription, type Subscription, writeAssignment, writeSubscription } from './consumer-protocol.ts'

const bytes = fc.option(fc.uint8Array({ maxLength: 20 }).map((each) => Buffer.from(each)))
const topic = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' })
const partitions = fc
  .dictionary(topic, fc.uniqueArray(fc.nat(100), { minLength: 1, maxLength: 5 }), { maxKeys: 4 })
  .map((byTopic) =>
    Object.entries(byTopic).flatMap(([name, numbers]) => numbers.map((partition) => ({ topic: name, partition }))),
  )
const subscriptions = fc.record({
  topics: fc.array(topic, { maxLength: 5 }),
  userData: bytes,
  ownedPartitions: partitions,
  generationId: fc.integer({ min: -1, max: 1000 }),
  rackId: fc.option(topic),
})

test("a subscription is written and read in every version as Kafka's schema says", () => {
  fc.assert(
    fc.property(subscriptions, fc.integer({ min: 0, max: 3 }), (subscription, version) => {
      const written = writeSubscription(subscription, version)
      const from = new ByteReader(written)
      assert.equal(from.int16(), version)
      const read = codec(ConsumerProtocolSubscription, version).read(from)
      assert.equal(from.left, 0)
      assert.deepEqual(read.topics, subscription.topics)
      assert.deepEqual(flat(read.ownedPartitions), version >= 1 ? subscription.ownedPartitions : [])
      assert.equal(read.generationId, version >= 2 ? subscription.generationId : -1)
      assert.equal(read.rackId, version >= 3 ? subscription.rackId : null)
      const to = new ByteWriter()
      to.int16(version)
      codec(ConsumerProtocolSubscription, version).write(to, read)
      assert.deepEqual(readSubscription(to.toBytes()), { ...asRead(subscription, version) })
    }),
    { numRuns: 200 },
  )
})

function asRead(subscription: Subscription, version: number): Subscription {
  return {
    ...subscription,
    ownedPartitions: version >= 1 ? subscription.ownedPartitions : [],
    generationId: version >= 2 ? subscription.generationId : -1,
    rackId: version >= 3 ? subscription.rackId : null,
  }
}

function flat(topics: readonly { topic: string; partitions: number[] }[]) {
  return topics.flatMap(({ topic: name, partitions: numbers }) => numbers.map((partition) => ({ topic: name, partition })))
}

test("an assignment is written and read as Kafka's schema says", () => {
  fc.assert(
    fc.property(partitions, bytes, (assigned, userData) => {
      const written = writeAssignment({ partitions: assigned, userData })
      const read = codec(ConsumerProtocolAssignment, 3).read(new ByteReader(written, 2))
      assert.deepEqual(flat(read.assignedPartitions), assigned)
      assert.deepEqual(readAssignment(written), { partitions: assigned, userData })
    }),
    { numRuns: 100 },
  )
})

test('a newer version is read as the newest we know, an empty assignment is none, and half of anything is refused', () => {
  const newer = writeSubscription({ topics: ['t'], userData: null, ownedPartitions: [], generationId: 7, rackId: 'r' })
  const future = Buffer.concat([newer, Buffer.from('more')])
  future.writeInt16BE(9)
  assert.equal(readSubscription(future).rackId, 'r')
  assert.deepEqual(readAssignment(new Uint8Array(0)).partitions, [])
  for (let end = 1; end < newer.length; end++) assert.throws(() => readSubscription(newer.subarray(0, end)), MalformedBytes)
  const hostile = Buffer.alloc(6)
  hostile.writeInt32BE(0x7fffffff, 2)
  assert.throws(() => readSubscription(hostile), MalformedBytes)
})
