import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fenceBroker } from '../../../test/support/broker-commands.ts'
import { TestController } from '../../../test/support/test-controller.ts'
import { errorName, KafkaError } from '../../protocol/errors.ts'
import { balanceLeaders, electLeaders, electUncleanLeaders } from './elect-leaders.ts'
import { CHANGES_AT_ONCE } from './membership.ts'

const [PREFERRED, UNCLEAN] = [0, 1]

/** Broker 1 was away, and everything it led is led by 2; it is back, and in sync where `caughtUp`. */
function afterReturn(replicas: readonly (readonly number[])[], caughtUp: boolean, configs = {}) {
  const it = TestController.withBrokers(1, 2)
  it.topic('t', replicas, configs)
  fence(it, 1)
  it.forget(1)
  it.start(1)
  if (!caughtUp) return it
  for (const partition of it.controller.image.topic('t')!.partitions) {
    const { id: topicId } = it.controller.image.topic('t')!
    const change = { topicId, partitionId: partition.partition, isr: [1, 2] }
    it.controller.image.apply({ kind: 'PartitionChangeRecord', value: { ...UNCHANGED, ...change } })
  }
  return it
}

const UNCHANGED = {
  leader: -2,
  replicas: null,
  removingReplicas: null,
  addingReplicas: null,
  leaderRecoveryState: -1,
  directories: null,
  eligibleLeaderReplicas: null,
  lastKnownElr: null,
}

function fence(it: TestController, brokerId: number): void {
  it.run((controller) => fenceBroker(controller, { brokerId, brokerEpoch: it.epochOf(brokerId) }))
}

function elect(it: TestController, electionType: number, partitions: number[] | null, topic = 't') {
  const topicPartitions = partitions && [{ topic, partitions }]
  const answer = it.run((controller) => electLeaders(controller, { electionType, topicPartitions }))
  return answer.replicaElectionResults.flatMap(({ partitionResult }) =>
    partitionResult.map(({ partitionId, errorCode }) => [partitionId, errorName(errorCode)]),
  )
}

test('a preferred replica that is in sync leads again, with a new leader epoch and nothing else changed', () => {
  const it = afterReturn([[1, 2]], true)
  const { leaderEpoch } = it.partition('t')
  const request = { electionType: PREFERRED, topicPartitions: [{ topic: 't', partitions: [0] }] }
  assert.deepEqual(
    it.changesOf((controller) => electLeaders(controller, request)),
    [{ leader: 1 }],
  )
  assert.equal(it.partition('t').leaderEpoch, leaderEpoch + 1)
  assert.deepEqual(elect(it, PREFERRED, [0]), [[0, 'ELECTION_NOT_NEEDED']])
})

test('who is not in sync does not lead, and what is not there has no leader', () => {
  const it = afterReturn([[1, 2]], false)
  assert.deepEqual(elect(it, PREFERRED, [0, 1, 0]), [
    [0, 'PREFERRED_LEADER_NOT_AVAILABLE'],
    [1, 'UNKNOWN_TOPIC_OR_PARTITION'],
    [0, 'PREFERRED_LEADER_NOT_AVAILABLE'],
  ])
  assert.deepEqual(elect(it, PREFERRED, [0], 'nope'), [[0, 'UNKNOWN_TOPIC_OR_PARTITION']])
  const unknown = (thrown: unknown) => thrown instanceof KafkaError && thrown.error === 'INVALID_REQUEST'
  assert.throws(() => elect(it, 2, [0]), unknown)
})

test('asked for all partitions, those that need nothing are left out', () => {
  const it = afterReturn(
    [
      [1, 2],
      [2, 1],
      [1, 2],
    ],
    true,
  )
  assert.deepEqual(elect(it, PREFERRED, null), [
    [0, 'NONE'],
    [2, 'NONE'],
  ])
  assert.deepEqual(elect(it, PREFERRED, null), [])
})

test('an unclean election that somebody asks for needs no configuration, but a partition without a leader', () => {
  const it = afterReturn([[1, 2]], false)
  assert.deepEqual(elect(it, UNCLEAN, [0]), [[0, 'ELECTION_NOT_NEEDED']])
  fence(it, 2)
  assert.equal(it.partition('t').leader, -1)
  assert.deepEqual(elect(it, UNCLEAN, [0]), [[0, 'NONE']])
  const { leader, isr, elr, leaderRecoveryState } = it.partition('t')
  assert.deepEqual([leader, isr, elr, leaderRecoveryState], [1, [1], [], 1])
  fence(it, 1)
  assert.deepEqual(elect(it, UNCLEAN, [0]), [[0, 'ELIGIBLE_LEADERS_NOT_AVAILABLE']])
})

test('the controller balances leaders by itself, some at a time', () => {
  const it = afterReturn(
    Array.from({ length: 300 }, () => [1, 2]),
    true,
  )
  const balanced = () => it.controller.image.topic('t')!.partitions.filter(({ leader }) => leader === 1).length
  assert.equal(balanced(), 0)
  assert.deepEqual([it.run(balanceLeaders).isDone, balanced()], [false, CHANGES_AT_ONCE])
  assert.deepEqual([it.run(balanceLeaders).isDone, balanced()], [true, 300])
  assert.deepEqual(it.recordsOf(balanceLeaders), [])
})

test('partitions whose topics came to allow it get an unclean leader at the next look, others wait', () => {
  const it = afterReturn([[1, 2]], false)
  it.topic('careful', [[2]])
  fence(it, 2)
  assert.deepEqual(it.recordsOf(electUncleanLeaders), [])
  const allow = { resourceType: 2, resourceName: 't', name: 'unclean.leader.election.enable', value: 'true' }
  it.controller.image.apply({ kind: 'ConfigRecord', value: allow })
  assert.deepEqual(it.changesOf(electUncleanLeaders), [
    { isr: [1], leader: 1, leaderRecoveryState: 1, eligibleLeaderReplicas: [], lastKnownElr: [] },
  ])
  assert.equal(it.partition('careful').leader, -1)
})
