import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/support/fast-check.ts'
import { MalformedBytes } from '../../base/bytes.ts'
import { partitionOf } from './partition-of.ts'
import { groupRecords } from './records.ts'
import type { GroupRecord } from './stored.ts'

// Read from the log of an Apache Kafka 4.2.0 broker.
const written: readonly (readonly [name: string, key: string, value: string | null, record: unknown])[] = [
  [
    'a commit by name',
    '0001000470726574000467722d6100000001',
    '0004000000000000000100000007026d000001a1fbfb4e8000',
    {
      kind: 'offsetCommit',
      groupId: 'pret',
      topic: 'gr-a',
      partition: 1,
      value: {
        offset: 1n,
        leaderEpoch: 7,
        metadata: 'm',
        commitTimestamp: 1795228913280,
        expireTimestamp: -1,
        topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      },
    },
  ],
  [
    'a commit by topic id',
    '000100026731000467722d6100000000',
    '00040000000000000006ffffffff01000001a1fbf9f61401001038ef45e267564314a477c720e87179fe',
    {
      kind: 'offsetCommit',
      groupId: 'g1',
      topic: 'gr-a',
      partition: 0,
      value: {
        offset: 6n,
        leaderEpoch: -1,
        metadata: '',
        commitTimestamp: 1795228825108,
        expireTimestamp: -1,
        topicId: 'OO9F4mdWQxSkd8cg6HF5_g',
      },
    },
  ],
  [
    'a commit with a point of expiry, by an old client',
    '0001000470726574000467722d6100000000',
    '0001000000000000000100016d000001a1fbfb4e7c000001a1fbfcd51c',
    {
      kind: 'offsetCommit',
      groupId: 'pret',
      topic: 'gr-a',
      partition: 0,
      value: {
        offset: 1n,
        leaderEpoch: -1,
        metadata: 'm',
        commitTimestamp: 1795228913276,
        expireTimestamp: 1795229013276,
        topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      },
    },
  ],
  [
    'a deleted offset',
    '000100076773696d706c65000467722d6100000000',
    null,
    { kind: 'offsetDelete', groupId: 'gsimple', topic: 'gr-a', partition: 0 },
  ],
  [
    'a settled generation',
    '00020003677374',
    '00030008636f6e73756d657200000001000572616e6765002769312d35633532663930632d663033662d343233612d623334632d613339643761326664383063000001a1fbf9f94800000001002769312d35633532663930632d663033662d343233612d623334632d613339643761326664383063000269310006676f6c64656e000a2f3132372e302e302e31000075300000753000000010000000000001000467722d610000000000000001aa',
    {
      kind: 'groupMetadata',
      groupId: 'gst',
      value: {
        protocolType: 'consumer',
        generation: 1,
        protocol: 'range',
        leader: 'i1-5c52f90c-f03f-423a-b34c-a39d7a2fd80c',
        currentStateTimestamp: 1795228825928,
        members: [
          {
            memberId: 'i1-5c52f90c-f03f-423a-b34c-a39d7a2fd80c',
            groupInstanceId: 'i1',
            clientId: 'golden',
            clientHost: '/127.0.0.1',
            rebalanceTimeout: 30000,
            sessionTimeout: 30000,
            subscription: Uint8Array.from(Buffer.from('000000000001000467722d6100000000', 'hex')),
            assignment: Uint8Array.of(0xaa),
          },
        ],
      },
    },
  ],
  [
    'a group without members',
    '000200026731',
    '00030008636f6e73756d657200000003ffffffff000001a1fbf9f92b00000000',
    {
      kind: 'groupMetadata',
      groupId: 'g1',
      value: {
        protocolType: 'consumer',
        generation: 3,
        protocol: null,
        leader: null,
        currentStateTimestamp: 1795228825899,
        members: [],
      },
    },
  ],
  ['a deleted group', '000200026731', null, { kind: 'groupDelete', groupId: 'g1' }],
]

for (const [name, key, value, record] of written) {
  test(`${name}: read as Apache Kafka meant it, and written with the same bytes`, () => {
    assert.deepEqual(groupRecords.decode(Buffer.from(key, 'hex'), value === null ? null : Buffer.from(value, 'hex')), record)
    const encoded = groupRecords.encode(record as GroupRecord)
    assert.equal(Buffer.from(encoded.key!).toString('hex'), key)
    assert.equal(encoded.value && Buffer.from(encoded.value).toString('hex'), value)
  })
}

test('an offset of the oldest key kind is read as any other', () => {
  const key = Buffer.from('0000000470726574000467722d6100000000', 'hex')
  const value = Buffer.from('0000000000000000000500016d000001a1fbfb4e7c', 'hex')
  const record = groupRecords.decode(key, value)
  assert.ok(record?.kind === 'offsetCommit')
  assert.deepEqual([record.value.offset, record.value.metadata, record.value.expireTimestamp], [5n, 'm', -1])
})

test('all 64 bits of an offset are kept', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (offset) => {
      const value = {
        offset,
        leaderEpoch: -1,
        metadata: '',
        commitTimestamp: 0,
        expireTimestamp: -1,
        topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      }
      const { key, value: bytes } = groupRecords.encode({ kind: 'offsetCommit', groupId: 'g', topic: 't', partition: 0, value })
      const back = groupRecords.decode(key, bytes)
      assert.ok(back?.kind === 'offsetCommit')
      assert.equal(back.value.offset, offset)
    }),
  )
})

test('kinds of other protocols and versions to come are nobody here', () => {
  const ofConsumerGroup = Buffer.from('000300026731', 'hex')
  assert.equal(groupRecords.decode(ofConsumerGroup, Buffer.from('0000', 'hex')), null)
  assert.equal(groupRecords.decode(ofConsumerGroup, null), null)
  assert.equal(groupRecords.decode(Buffer.from('000200026731', 'hex'), Buffer.from('0009ff', 'hex')), null)
  assert.equal(groupRecords.decode(null, Buffer.from('00', 'hex')), null)
})

test('a damaged record of ours is told as such', () => {
  for (const [, key, value] of written) {
    if (value === null) continue
    const bytes = Buffer.from(value, 'hex')
    for (let cut = 2; cut < bytes.length; cut++) {
      assert.throws(() => groupRecords.decode(Buffer.from(key, 'hex'), bytes.subarray(0, cut)), MalformedBytes)
    }
  }
})

test('groups lie where Apache Kafka keeps them', () => {
  const found = ['gv3', 'gsimple', 'g1', 'gcon'].map((group) => partitionOf(group, 4))
  assert.deepEqual(found, [0, 1, 2, 3])
  assert.equal(partitionOf('', 50), 0)
  assert.equal(
    partitionOf('moves-group', 50),
    18,
    'a negative hash counts without its sign: where an Apache 4.2 node keeps this group',
  )
  assert.equal(partitionOf('polygenelubricants', 50), 0, 'its hash is the smallest int, which has no positive counterpart')
})
