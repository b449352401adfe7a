import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fenceBroker } from '../../../test/support/broker-commands.ts'
import { directory, TestController } from '../../../test/support/test-controller.ts'
import { errorName, KafkaError } from '../../protocol/errors.ts'
import { alterPartition } from './alter-partition.ts'
import { alterReassignments, ongoingReassignments } from './reassignments.ts'

function house(replicas: readonly (readonly number[])[] = [[2, 3, 1]], configs = {}) {
  const controller = TestController.withBrokers(1, 2, 3, 4, 5)
  controller.topic('t', replicas, configs)
  return controller
}

const wanted = (replicas: readonly number[] | null, partitionIndex = 0, name = 't') => ({
  name,
  partitions: [{ partitionIndex, replicas }],
})

function move(
  it: TestController,
  replicas: readonly number[] | null,
  fields: { partitionIndex?: number; name?: string; fixed?: boolean } = {},
) {
  const topics = [wanted(replicas, fields.partitionIndex, fields.name)]
  const { responses } = it.run((controller) =>
    alterReassignments(controller, { allowReplicationFactorChange: !fields.fixed, topics }),
  )
  return errorName(responses[0]!.partitions[0]!.errorCode)
}

/** The leader says who is in sync. */
function inSync(it: TestController, isr: readonly number[]) {
  const { leader, leaderEpoch, partitionEpoch, leaderRecoveryState } = it.partition('t')
  const newIsrWithEpochs = isr.map((brokerId) => ({ brokerId, brokerEpoch: it.epochOf(brokerId) }))
  const proposed = { partitionIndex: 0, leaderEpoch, newIsr: [], newIsrWithEpochs, leaderRecoveryState, partitionEpoch }
  const topics = [{ topicId: it.controller.image.topic('t')!.id, partitions: [proposed] }]
  return it.changesOf((controller) => alterPartition(controller, { brokerId: leader, brokerEpoch: it.epochOf(leader), topics }))
}

const ongoing = (it: TestController) =>
  ongoingReassignments(it.controller.image, null).flatMap(({ partitions }) =>
    partitions.map(({ addingReplicas, removingReplicas }) => [addingReplicas, removingReplicas]),
  )

test('new replicas come first, those that go stay behind them until the new ones are in sync', () => {
  const it = house()
  const begin = it.changesOf((controller) =>
    alterReassignments(controller, { allowReplicationFactorChange: true, topics: [wanted([4, 1, 2])] }),
  )
  assert.deepEqual(begin, [
    { replicas: [4, 1, 2, 3], removingReplicas: [3], addingReplicas: [4], directories: [4, 1, 2, 3].map(directory) },
  ])
  assert.deepEqual(ongoing(it), [[[4], [3]]])
  assert.equal(it.partition('t').leaderEpoch, 0, 'nobody went yet')
  assert.deepEqual(inSync(it, [1, 2, 3, 4]), [
    {
      isr: [1, 2, 4],
      leader: 2,
      replicas: [4, 1, 2],
      removingReplicas: [],
      addingReplicas: [],
      directories: [4, 1, 2].map(directory),
    },
  ])
  assert.deepEqual(ongoing(it), [])
})

test('where nobody has to catch up a reassignment ends as it begins', () => {
  const it = house([[1, 2, 3]])
  assert.equal(move(it, [3, 2, 1]), 'NONE')
  const { replicas, leader, leaderEpoch } = it.partition('t')
  assert.deepEqual([replicas, leader, leaderEpoch], [[3, 2, 1], 1, 0], 'an order is no reason to change the leader')
  assert.equal(move(it, [2, 3]), 'NONE')
  const shrunk = it.partition('t')
  assert.deepEqual([shrunk.replicas, shrunk.isr, shrunk.leader, shrunk.removingReplicas], [[2, 3], [2, 3], 2, []])
})

test('replicas that are being removed stay while none of those that stay is in sync', () => {
  const it = house([[1, 2]])
  move(it, [3, 4])
  assert.deepEqual(ongoing(it), [
    [
      [3, 4],
      [1, 2],
    ],
  ])
  inSync(it, [1, 2, 3])
  assert.deepEqual([ongoing(it).length, it.partition('t').leader], [1, 1])
  inSync(it, [1, 2, 3, 4])
  const { replicas, isr, leader, elr } = it.partition('t')
  assert.deepEqual([replicas, isr, leader, elr], [[3, 4], [3, 4], 3, []])
})

test('a cancelled reassignment goes back to where it began, also after it was changed on the way', () => {
  const it = house([[1, 2, 3]])
  assert.equal(move(it, null), 'NO_REASSIGNMENT_IN_PROGRESS')
  move(it, [4, 2, 3])
  move(it, [5, 2, 3])
  assert.deepEqual(ongoing(it), [
    [
      [4, 5],
      [1, 4],
    ],
  ])
  inSync(it, [1, 2, 3, 4])
  assert.equal(move(it, null), 'NONE')
  const { replicas, isr, leader, directories } = it.partition('t')
  assert.deepEqual([replicas.toSorted(), isr, leader], [[1, 2, 3], [1, 2, 3], 1])
  assert.deepEqual(directories, replicas.map(directory))
  assert.deepEqual(ongoing(it), [])
})

test('a cancellation that would lose what was committed needs an unclean election to be allowed', () => {
  const stuck = (configs: Record<string, string>) => {
    const it = house([[1]], configs)
    move(it, [2, 3])
    inSync(it, [1, 2])
    it.run((controller) => fenceBroker(controller, { brokerId: 1, brokerEpoch: it.epochOf(1) }))
    assert.deepEqual([it.partition('t').isr, it.partition('t').leader], [[2], 2])
    return it
  }
  assert.equal(move(stuck({}), null), 'INVALID_REPLICA_ASSIGNMENT')
  const it = stuck({ 'unclean.leader.election.enable': 'true' })
  assert.equal(move(it, null), 'NONE')
  const { replicas, leader, isr, leaderRecoveryState } = it.partition('t')
  assert.deepEqual([replicas, leader, isr, leaderRecoveryState], [[1], -1, [1], 1], 'the old one leads when it is back')
})

/** Of the replicas 1 and 2 only 1 is eligible, and 3, which is being added, leads. */
function houseLedByNew() {
  const it = house([[1, 2]], { 'min.insync.replicas': '2' })
  const fence = (brokerId: number) =>
    it.run((controller) => fenceBroker(controller, { brokerId, brokerEpoch: it.epochOf(brokerId) }))
  move(it, [3, 4])
  inSync(it, [1, 2, 3])
  fence(2)
  fence(1)
  assert.deepEqual([it.partition('t').isr, it.partition('t').elr], [[3], [1]])
  return { it, fence }
}

test('who leads and has everything is not given up for an eligible replica that is away', () => {
  const { it } = houseLedByNew()
  assert.equal(move(it, null), 'INVALID_REPLICA_ASSIGNMENT', 'only 3 is there, and its log would be put aside')
  assert.deepEqual([it.partition('t').isr, it.partition('t').leader], [[3], 3])
})

test('where an old replica is eligible and there, a cancellation is clean though none of them is in sync', () => {
  const { it } = houseLedByNew()
  it.forget(1)
  it.start(1, it.epochOf(1))
  assert.deepEqual([it.partition('t').isr, it.partition('t').elr], [[3], [1]])
  assert.equal(move(it, null), 'NONE')
  const { replicas, isr, leader, leaderRecoveryState } = it.partition('t')
  assert.deepEqual([replicas, isr, leader, leaderRecoveryState], [[1, 2], [1], 1, 0])
})

test('who led last is forgotten when it is no replica any more: it would lead with an empty log', () => {
  const { it, fence } = houseLedByNew()
  fence(3)
  assert.deepEqual([it.partition('t').elr, it.partition('t').lastKnownElr], [[1, 3], [3]])
  assert.equal(move(it, null), 'NONE', 'one that has everything stays, and is waited for')
  assert.deepEqual([it.partition('t').elr, it.partition('t').lastKnownElr], [[1], [1]])
})

test('what cannot be is refused, partition by partition', () => {
  const it = house()
  assert.equal(move(it, [1], { name: 'nope' }), 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.equal(move(it, [1], { partitionIndex: 7 }), 'UNKNOWN_TOPIC_OR_PARTITION')
  for (const replicas of [[], [1, 1], [9]]) assert.equal(move(it, replicas), 'INVALID_REPLICA_ASSIGNMENT')
  assert.equal(move(it, [1, 2], { fixed: true }), 'INVALID_REPLICATION_FACTOR')
  assert.equal(move(it, [1, 2, 4], { fixed: true }), 'NONE')
  assert.equal(move(it, [1, 2, 5], { fixed: true }), 'NONE', 'while it moves, those that come count and those that go do not')
  const twice = { allowReplicationFactorChange: true, topics: [wanted([1]), wanted([2])] }
  const { responses } = it.run((controller) => alterReassignments(controller, twice))
  assert.deepEqual(
    responses.map(({ partitions }) => errorName(partitions[0]!.errorCode)),
    ['NONE', 'INVALID_REQUEST'],
  )
  const many = { name: 't', partitions: Array.from({ length: 10_001 }, () => ({ partitionIndex: 0, replicas: [1] })) }
  const excessive = (thrown: unknown) => thrown instanceof KafkaError && thrown.error === 'POLICY_VIOLATION'
  assert.throws(
    () => it.run((controller) => alterReassignments(controller, { allowReplicationFactorChange: true, topics: [many] })),
    excessive,
  )
})

test('what is under way is listed for all topics, or for those that are asked for', () => {
  const it = house([
    [1, 2],
    [2, 3],
  ])
  move(it, [1, 4], { partitionIndex: 1 })
  const found = { partitionIndex: 1, replicas: [1, 4, 2, 3], addingReplicas: [1, 4], removingReplicas: [2, 3] }
  assert.deepEqual(ongoingReassignments(it.controller.image, null), [{ name: 't', partitions: [found] }])
  const asked = [
    { name: 't', partitionIndexes: [0, 1, 2] },
    { name: 'nope', partitionIndexes: [0] },
  ]
  assert.deepEqual(ongoingReassignments(it.controller.image, asked), [{ name: 't', partitions: [found] }])
  assert.deepEqual(ongoingReassignments(it.controller.image, [{ name: 't', partitionIndexes: [0] }]), [])
})
