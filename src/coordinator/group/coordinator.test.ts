import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settings } from '../../../test/support/group-world.ts'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { MemoryLog } from '../../../test/support/memory-log.ts'
import { silentLogger } from '../../platform/logger.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { batches } from '../../protocol/records/batch.ts'
import { buildBatch } from '../../protocol/records/builder.ts'
import { GroupCoordinator } from './coordinator.ts'
import { randomMemberId } from './member-id.ts'

const ASKER = { version: 3, clientId: 'client', clientHost: '/127.0.0.1' }

function coordinatorOn(log: MemoryLog | null, partitionCount: number | null = 1, maxBatchBytes = 10_000) {
  const clock = new ManualClock()
  let ids = 0
  const groups = new GroupCoordinator({
    settings,
    clock,
    logger: silentLogger,
    newId: () => `${++ids}`,
    partitionCount: () => partitionCount,
    maxBatchBytes: () => maxBatchBytes,
  })
  if (log) groups.onElected(0, log, 0)
  return { groups, clock }
}

const joining = (groupId = 'g') => ({
  groupId,
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
  memberId: '',
  groupInstanceId: null,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.from('m') }],
})

const committing = (metadata = '', count = 1) => ({
  groupId: 'g',
  generationIdOrMemberEpoch: -1,
  memberId: '',
  groupInstanceId: null,
  retentionTimeMs: -1,
  topics: [
    {
      name: 't',
      topicId: 'AAAAAAAAAAAAAAAAAAAAAA',
      partitions: Array.from({ length: count }, (_, partitionIndex) => ({
        partitionIndex,
        committedOffset: 7n,
        committedLeaderEpoch: -1,
        committedMetadata: metadata,
      })),
    },
  ],
})

const fetching = { groupId: 'g', topics: [{ name: 't', partitions: [0] }], requireStable: false }

const named = (error: string) => (thrown: unknown) => thrown instanceof KafkaError && thrown.error === error

test('a group belongs to whoever leads its partition', async () => {
  const { groups } = coordinatorOn(null, null)
  await assert.rejects(groups.describe('g'), named('NOT_COORDINATOR'))
  const { groups: other } = coordinatorOn(null, 50)
  await assert.rejects(other.join(joining(), ASKER), named('NOT_COORDINATOR'))
  assert.deepEqual(await other.list({ statesFilter: [], typesFilter: [] }), [])
})

test('while the log is read everyone is asked to wait, the list of groups too', async () => {
  const { groups } = coordinatorOn(new MemoryLog())
  const early = [groups.fetchOffsets(fetching), groups.list({ statesFilter: [], typesFilter: [] })]
  await Promise.all(early.map((asked) => assert.rejects(asked, named('COORDINATOR_LOAD_IN_PROGRESS'))))
  await groups.whenLoaded()
  assert.deepEqual(await groups.list({ statesFilter: [], typesFilter: [] }), [])
})

test('a commit is answered once it is committed, and a fetch does not see more than that', async () => {
  const log = new MemoryLog('whenTold')
  const { groups } = coordinatorOn(log)
  await groups.whenLoaded()
  const order: string[] = []
  const commit = groups.commitOffsets(committing(), 9).then(() => order.push('committed'))
  const fetch = groups.fetchOffsets(fetching).then(() => order.push('fetched'))
  await new Promise(setImmediate)
  assert.deepEqual(order, [])
  log.commit()
  await Promise.all([commit, fetch])
  assert.deepEqual(order, ['committed', 'fetched'])
})

test('who waits is sent away when another broker takes over, and everything written is there for the next leader', async () => {
  const log = new MemoryLog()
  const { groups } = coordinatorOn(log)
  await groups.whenLoaded()
  const { memberId, generationId } = await groups.join(joining(), ASKER)
  const protocol = { protocolType: null, protocolName: null, groupInstanceId: null }
  await groups.sync({
    groupId: 'g',
    generationId,
    memberId,
    ...protocol,
    assignments: [{ memberId, assignment: Buffer.from('all') }],
  })
  await groups.commitOffsets({ ...committing(), generationIdOrMemberEpoch: generationId, memberId }, 9)
  const waiting = groups.join(joining(), ASKER)
  groups.onResigned(0)
  await assert.rejects(waiting, named('NOT_COORDINATOR'))
  await assert.rejects(groups.describe('g'), named('NOT_COORDINATOR'))

  const { groups: next } = coordinatorOn(log)
  await next.whenLoaded()
  assert.equal(await next.heartbeat({ groupId: 'g', generationId, memberId, groupInstanceId: null }), 'NONE')
  assert.equal((await next.fetchOffsets(fetching))[0]!.partitions[0]!.committedOffset, 7n)
  assert.equal((await next.describe('g'))!.groupState, 'Stable')
})

test('a second word of the same election does not disturb who waits; one of the next epoch reads anew', async () => {
  const log = new MemoryLog()
  const { groups } = coordinatorOn(log)
  await groups.whenLoaded()
  await groups.join(joining(), ASKER)
  const waiting = groups.join(joining(), ASKER)
  groups.onElected(0, log, 0)
  assert.equal((await groups.describe('g'))!.members.length, 2)
  groups.onElected(0, log, 1)
  await assert.rejects(waiting, named('COORDINATOR_LOAD_IN_PROGRESS'))
})

test('what the log refuses is told in words that clients of a coordinator know', async () => {
  const log = new MemoryLog()
  const { groups } = coordinatorOn(log)
  await groups.whenLoaded()
  for (const [refusal, told] of [
    ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
    ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
  ] as const) {
    log.refusal = new KafkaError(refusal)
    await assert.rejects(groups.commitOffsets(committing(), 9), named(told))
  }
  log.refusal = null
  await assert.rejects(groups.commitOffsets(committing('m'.repeat(4000), 3), 9), named('INVALID_COMMIT_OFFSET_SIZE'))
  assert.equal((await groups.commitOffsets(committing(), 9)).error, 'NONE')
})

test('that a group is empty is written again and again until the log takes it', async () => {
  const log = new MemoryLog()
  const { groups, clock } = coordinatorOn(log)
  await groups.whenLoaded()
  const { memberId, generationId } = await groups.join(joining(), ASKER)
  await groups.sync({
    groupId: 'g',
    generationId,
    memberId,
    groupInstanceId: null,
    protocolType: null,
    protocolName: null,
    assignments: [],
  })
  log.refusal = new KafkaError('NOT_ENOUGH_REPLICAS')
  await clock.advance(15_000)
  assert.equal((await groups.describe('g'))!.groupState, 'Empty')
  const before = log.endOffset
  log.refusal = null
  await clock.advance(2000)
  assert.equal(log.endOffset, before + 1)
})

test('deleted topics are forgotten once the log is read', async () => {
  const { groups } = coordinatorOn(new MemoryLog())
  await groups.whenLoaded()
  await groups.commitOffsets(committing(), 9)
  await groups.onTopicsDeleted(new Set(['t']))
  assert.equal((await groups.fetchOffsets(fetching))[0]!.partitions[0]!.committedOffset, -1n)
})

test('records that nobody here understands, or that are damaged, do not keep groups from being read', async () => {
  const log = new MemoryLog()
  const { groups } = coordinatorOn(log)
  await groups.whenLoaded()
  await groups.commitOffsets(committing(), 9)
  const strange = [
    { key: Buffer.from('000300026731', 'hex'), value: Buffer.from('0000', 'hex') },
    { key: Buffer.from('0002', 'hex'), value: Buffer.from('00', 'hex') },
  ]
  log.append(buildBatch({ records: strange.map((record) => ({ ...record, timestamp: 0 })) }))
  const { groups: next } = coordinatorOn(log)
  await next.whenLoaded()
  assert.equal((await next.fetchOffsets(fetching))[0]!.partitions[0]!.committedOffset, 7n)
})

test('a coordinator that stops fails who waits and serves nobody', async () => {
  const log = new MemoryLog()
  const { groups } = coordinatorOn(log)
  await groups.whenLoaded()
  await groups.join(joining(), ASKER)
  const waiting = groups.join(joining(), ASKER)
  groups.stop()
  await assert.rejects(waiting, named('COORDINATOR_NOT_AVAILABLE'))
  groups.onElected(0, log, 5)
  await assert.rejects(groups.describe('g'), named('COORDINATOR_NOT_AVAILABLE'))
})

test('member ids are UUIDs in their usual form', () => {
  assert.equal(
    randomMemberId((length) => Buffer.alloc(length, 0xff)),
    'ffffffff-ffff-4fff-bfff-ffffffffffff',
  )
})

test('a partition whose log is over is led by nobody here, whatever the metadata says next; the list of groups goes on without it', async () => {
  const log = new MemoryLog('whenTold')
  const { groups } = coordinatorOn(log)
  await groups.whenLoaded()
  const waiting = groups.commitOffsets(committing(), 9)
  const forgetting = groups.onTopicsDeleted(new Set(['t']))
  log.retire(new KafkaError('KAFKA_STORAGE_ERROR'))
  await assert.rejects(waiting, named('NOT_COORDINATOR'))
  await forgetting
  groups.onElected(0, log, 7)
  await groups.whenLoaded()
  assert.deepEqual(await groups.list({ statesFilter: [], typesFilter: [] }), [])
  await assert.rejects(groups.describe('g'), named('NOT_COORDINATOR'))
})

test('members that leave while the log refuses have left: who waits of them is answered, and that the group is empty is written later', async () => {
  const log = new MemoryLog()
  const { groups, clock } = coordinatorOn(log)
  await groups.whenLoaded()
  const first = await groups.join(joining(), ASKER)
  const waiting = groups.join(joining(), ASKER)
  const { members } = (await groups.describe('g'))!
  assert.equal(members.length, 2)
  const before = log.endOffset
  log.refusal = new KafkaError('NOT_ENOUGH_REPLICAS')
  const leaving = members.map(({ memberId }) => ({ memberId, groupInstanceId: null }))
  const { error, members: left } = await groups.leave({ groupId: 'g', members: leaving })
  assert.deepEqual([error, ...left.map((one) => one.error)], ['NONE', 'NONE', 'NONE'])
  assert.equal((await waiting).error, 'UNKNOWN_MEMBER_ID')
  const heartbeat = { groupId: 'g', generationId: first.generationId, memberId: first.memberId, groupInstanceId: null }
  assert.equal(await groups.heartbeat(heartbeat), 'UNKNOWN_MEMBER_ID')
  await clock.advance(1000)
  assert.equal(log.endOffset, before)
  log.refusal = null
  await clock.advance(1000)
  assert.equal(log.endOffset, before + 1)
})

test('thousands of partitions are committed, fetched and deleted in several commands; a commit may still not be larger than a batch', async () => {
  const log = new MemoryLog()
  const { groups } = coordinatorOn(log, 1, 1_000_000)
  await groups.whenLoaded()
  const topic = (count: number) => committing('', count)
  const { topics } = await groups.commitOffsets(topic(2500), 9)
  assert.deepEqual(topics, [Array.from({ length: 2500 }, () => 'NONE')])
  assert.equal((await log.read(0, 1 << 20)).flatMap((bytes) => [...batches(bytes)]).length, 3)
  const wanted = { groupId: 'g', topics: [{ name: 't', partitions: [2499, ...Array(2500).keys()] }], requireStable: false }
  const [found] = await groups.fetchOffsets(wanted)
  assert.deepEqual(
    found!.partitions.map(({ partitionIndex, committedOffset }) => [partitionIndex, committedOffset]),
    wanted.topics[0]!.partitions.map((partition) => [partition, 7n]),
  )
  const gone = await groups.deleteOffsets({ groupId: 'g', topics: [{ name: 'u', partitions: [] }, ...wanted.topics] })
  assert.deepEqual(gone, { error: 'NONE', topics: ['NONE', 'NONE'] })
  const [after] = await groups.fetchOffsets(wanted)
  assert.ok(after!.partitions.every(({ committedOffset }) => committedOffset === -1n))
  const before = log.endOffset
  await assert.rejects(groups.commitOffsets(topic(15_000), 9), named('INVALID_COMMIT_OFFSET_SIZE'))
  assert.equal(log.endOffset, before)
})
