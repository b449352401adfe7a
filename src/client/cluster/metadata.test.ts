import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader, ByteWriter, MalformedBytes } from '../../base/bytes.ts'
import { errorCode } from '../../protocol/errors.ts'
import { MetadataResponse } from '../../protocol/messages/metadata.ts'
import { codec, type Input } from '../../protocol/schema.ts'
import { Metadata } from './metadata.ts'

const ID = 'Zm9vYmFyMTIzNDU2Nzg5MA'
const OTHER = 'Zm9vYmFyMTIzNDU2Nzg5MQ'
const brokers = [
  { nodeId: 1, host: 'one', port: 9092 },
  { nodeId: 2, host: 'two', port: 9092 },
]

/** As it would be read from the wire. */
function answer(topics: Input<MetadataResponse>['topics']): MetadataResponse {
  const to = new ByteWriter()
  codec(MetadataResponse, 13).write(to, { brokers, clusterId: 'c', controllerId: 1, topics })
  return codec(MetadataResponse, 13).read(new ByteReader(Buffer.concat(to.chunks())))
}

const topic = (name: string, leaderId: number, leaderEpoch: number, topicId = ID) => ({
  name,
  topicId,
  partitions: [{ partitionIndex: 0, leaderId, leaderEpoch, replicaNodes: [1, 2], isrNodes: [1, 2] }],
})
const none = () => false
const all = () => true

test('an older epoch does not take the leader back, and a topic that was made again begins anew', () => {
  const first = Metadata.none.answered(answer([topic('t', 2, 7)]), none)
  assert.equal(first.answered(answer([topic('t', 1, 6)]), none).partition('t', 0)!.leaderId, 2)
  assert.equal(first.answered(answer([topic('t', 1, 8)]), none).partition('t', 0)!.leaderId, 1)
  const again = first.answered(answer([topic('t', 1, 0, OTHER)]), none)
  assert.deepEqual([again.partition('t', 0)!.leaderId, again.topicById(OTHER)?.name, again.topicById(ID)], [1, 't', undefined])
})

test('a hint of the former leader counts where it is newer and says where the new one is', () => {
  const first = Metadata.none.answered(answer([topic('t', 1, 7)]), none)
  const third = { id: 3, host: 'three', port: 1, rack: null }
  assert.equal(first.withLeader('t', 0, { leaderId: 3, leaderEpoch: 8 }, []), first, 'nobody knows where 3 is')
  const next = first.withLeader('t', 0, { leaderId: 3, leaderEpoch: 8 }, [third])
  assert.deepEqual([next.partition('t', 0)!.leaderId, next.brokers.get(3)], [3, third])
  assert.equal(first.withLeader('t', 0, { leaderId: 2, leaderEpoch: 7 }, []), first)
})

test('topics that were not asked for stay, and one that is refused is known to be', () => {
  const first = Metadata.none.answered(answer([topic('t', 1, 7)]), none)
  const gone = { name: 'gone', errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION') }
  const next = first.answered(answer([gone]), all)
  assert.deepEqual([next.topics.has('t'), next.topics.has('gone'), next.refused.get('gone')], [true, false, 3])
  assert.equal(first.answered(answer([]), none).topics.size, 0)
})

test('a partition without a leader has none, whatever the answer calls it', () => {
  const known = Metadata.none.answered(answer([topic('t', -1, 7)]), none)
  assert.equal(known.partition('t', 0)!.leaderId, null)
})

test('a partition whose number no partition has is refused: a number costs no memory', () => {
  const garbage = { ...topic('t', 1, 0), partitions: [{ ...topic('t', 1, 0).partitions[0]!, partitionIndex: 2_000_000_000 }] }
  assert.throws(() => Metadata.none.answered(answer([garbage]), none), MalformedBytes)
})

test('an answer is news where a leader, a topic or a broker is another', () => {
  const before = Metadata.none.answered(answer([topic('t', 1, 3)]), none)
  assert.equal(before.isAs(Metadata.none), false)
  assert.equal(before.answered(answer([topic('t', 1, 3)]), none).isAs(before), true)
  for (const other of [
    [topic('t', 2, 4)],
    [topic('t', -1, 3)],
    [topic('t', 1, 3), topic('u', 1, 0, OTHER)],
    [topic('t', 1, 3, OTHER)],
    [],
  ])
    assert.equal(before.answered(answer(other), none).isAs(before), false, JSON.stringify(other))
})
