import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AssignerProtocol } from './assigner-protocol.ts'
import { PartitionAssigners } from './assigners.ts'
import { createLogger } from './logging.ts'
import type { Cluster } from './types/index.ts'

const { MemberMetadata, MemberAssignment } = AssignerProtocol
const logger = createLogger(0, () => () => {})
const none = Buffer.alloc(0)

test('what members tell each other has the bytes that KafkaJS writes', () => {
  const metadata = MemberMetadata.encode({ version: 1, topics: ['topic-a'], userData: none })
  assert.equal(metadata.toString('hex'), '0001000000010007746f7069632d6100000000')
  assert.deepEqual(MemberMetadata.decode(metadata), { version: 1, topics: ['topic-a'], userData: none })
  const assignment = MemberAssignment.encode({ version: 0, assignment: { t: [0, 2] }, userData: Buffer.from('x') })
  assert.equal(assignment.toString('hex'), '0000000000010001740000000200000000000000020000000178')
  assert.deepEqual(MemberAssignment.decode(assignment), { version: 0, assignment: { t: [0, 2] }, userData: Buffer.from('x') })
  assert.equal(MemberAssignment.decode(none), null)
})

/** Who gets what where each member wants these topics. */
async function shared(topics: Readonly<Record<string, number>>, wants: Readonly<Record<string, string[]>>, own: string[]) {
  const cluster = {
    addMultipleTargetTopics: async () => {},
    findTopicPartitionMetadata: (topic: string) =>
      Array.from({ length: topics[topic] ?? 0 }, (_, partitionId) => ({ partitionId })),
  } as unknown as Cluster
  const assigner = PartitionAssigners.roundRobin({ cluster, groupId: 'g', logger })
  const members = Object.entries(wants).map(([memberId, wanted]) => ({
    memberId,
    memberMetadata: assigner.protocol({ topics: wanted }).metadata,
  }))
  const shares = await assigner.assign({ members, topics: own })
  return Object.fromEntries(
    shares.map(({ memberId, memberAssignment }) => [memberId, MemberAssignment.decode(memberAssignment)!.assignment]),
  )
}

test('one partition after the other goes to one member after the other', async () => {
  assert.deepEqual(await shared({ a: 3, b: 2 }, { m2: ['a', 'b'], m1: ['a', 'b'] }, ['a', 'b']), {
    m1: { a: [0, 2], b: [1] },
    m2: { a: [1], b: [0] },
  })
})

test('nobody is given a topic that it does not subscribe to, and no topic is left out', async () => {
  assert.deepEqual(await shared({ a: 2, b: 1 }, { m1: ['a'], m2: ['b'] }, ['a']), { m1: { a: [0, 1] }, m2: { b: [0] } })
})
