import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controlledShutdown, fenceBroker } from '../../../test/support/broker-commands.ts'
import { TestController } from '../../../test/support/test-controller.ts'
import { errorName, KafkaError } from '../../protocol/errors.ts'
import { type AlteredPartition, alterPartition, type ProposedIsr } from './alter-partition.ts'
import { alterReassignments } from './reassignments.ts'

/** Three brokers and a topic with two partitions; 1 leads the first of them. */
function house(
  replicas: readonly (readonly number[])[] = [
    [1, 2, 3],
    [2, 3, 1],
  ],
  configs: Record<string, string> = { 'min.insync.replicas': '2' },
) {
  const controller = TestController.withBrokers(1, 2, 3)
  controller.topic('t', replicas, configs)
  return controller
}

function proposal(house: TestController, isr: readonly number[], fields: Partial<ProposedIsr> = {}): ProposedIsr {
  const { leaderEpoch, partitionEpoch } = house.partition('t', fields.partitionIndex ?? 0)
  const newIsrWithEpochs = isr.map((brokerId) => ({
    brokerId,
    brokerEpoch: house.controller.image.brokers.get(brokerId)?.epoch ?? -1,
  }))
  return { partitionIndex: 0, leaderEpoch, newIsr: [], newIsrWithEpochs, leaderRecoveryState: 0, partitionEpoch, ...fields }
}

function alter(house: TestController, proposed: ProposedIsr | readonly ProposedIsr[], brokerId = 1): AlteredPartition[] {
  const topicId = house.controller.image.topic('t')!.id
  const partitions = [proposed].flat() as ProposedIsr[]
  const request = { brokerId, brokerEpoch: house.epochOf(brokerId), topics: [{ topicId, partitions }] }
  return house.run((controller) => alterPartition(controller, request)).topics[0]!.partitions
}

const errorOf = (...args: Parameters<typeof alter>) => errorName(alter(...args)[0]!.errorCode)

test('a leader that proposes an ISR is answered with what the partition has from then on', () => {
  const it = house()
  const before = it.partition('t')
  const [answer] = alter(it, proposal(it, [1]))
  assert.deepEqual(answer, {
    partitionIndex: 0,
    errorCode: 0,
    leaderId: 1,
    leaderEpoch: 0,
    isr: [1],
    leaderRecoveryState: 0,
    partitionEpoch: before.partitionEpoch + 1,
  })
  assert.deepEqual(it.partition('t').elr, [2, 3])
  assert.equal(alter(it, proposal(it, [1]))[0]!.partitionEpoch, before.partitionEpoch + 1, 'the same again changes nothing')
  alter(it, proposal(it, [1, 3]))
  assert.deepEqual([it.partition('t').isr, it.partition('t').elr], [[1, 3], []])
})

test('version 2 names brokers without their epochs', () => {
  const it = house()
  const answer = alter(it, proposal(it, [], { newIsr: [1, 2] }))
  assert.deepEqual(answer[0]!.isr, [1, 2])
})

test('epochs decide: an old leader is fenced, an old view refused, and who knows more must look for a newer controller', () => {
  const it = house()
  alter(it, proposal(it, [1, 2]))
  const { leaderEpoch, partitionEpoch } = it.partition('t')
  assert.equal(errorOf(it, proposal(it, [1], { leaderEpoch: leaderEpoch - 1 })), 'FENCED_LEADER_EPOCH')
  assert.equal(errorOf(it, proposal(it, [1], { partitionEpoch: partitionEpoch - 1 })), 'INVALID_UPDATE_VERSION')
  assert.equal(errorOf(it, proposal(it, [1], { leaderEpoch: leaderEpoch + 1 })), 'NOT_CONTROLLER')
  assert.equal(errorOf(it, proposal(it, [1], { partitionEpoch: partitionEpoch + 1 })), 'NOT_CONTROLLER')
  assert.equal(errorOf(it, proposal(it, [2]), 2), 'INVALID_REQUEST', 'it does not lead')
  assert.deepEqual(it.partition('t').isr, [1, 2])
  const first = proposal(it, [1])
  const answers = alter(it, [first, { ...first, newIsrWithEpochs: proposal(it, [1, 2, 3]).newIsrWithEpochs }])
  assert.deepEqual(
    answers.map(({ errorCode }) => errorName(errorCode)),
    ['NONE', 'INVALID_UPDATE_VERSION'],
  )
})

test('who is no such broker any more is told so before anything is looked at', () => {
  const it = house()
  for (const [brokerId, brokerEpoch] of [
    [1, it.epochOf(1) - 1],
    [9, 0],
  ] as const) {
    const request = { brokerId, brokerEpoch, topics: [] }
    const stale = (thrown: unknown) => thrown instanceof KafkaError && thrown.error === 'STALE_BROKER_EPOCH'
    assert.throws(() => it.run((controller) => alterPartition(controller, request)), stale)
  }
})

test('an ISR holds replicas, each once, and the leader, or at least others in sync', () => {
  const it = house([[1, 2]], { 'min.insync.replicas': '1' })
  for (const isr of [[1, 3], [1, 1], [3], []]) assert.equal(errorOf(it, proposal(it, isr)), 'INVALID_REQUEST', `${isr}`)
})

test('a leader that leaves itself out, because its copy is damaged, gives its place to another one in sync', () => {
  const it = house()
  assert.equal(errorOf(it, proposal(it, [2, 3])), 'NEW_LEADER_ELECTED')
  const { leader, leaderEpoch, isr } = it.partition('t')
  assert.deepEqual([leader, leaderEpoch, isr], [2, 1, [2, 3]])
  assert.equal(errorOf(it, proposal(it, [3]), 2), 'NEW_LEADER_ELECTED')
  const { leader: last, elr } = it.partition('t')
  assert.deepEqual([last, elr], [3, []], 'below the minimum it is no eligible leader either')
})

test('a replica that is fenced, leaving, or another process than the leader saw may not join (KIP-903)', () => {
  const it = house()
  alter(it, proposal(it, [1, 3]))
  const restarted = proposal(it, [1, 2, 3])
  const member = (brokerEpoch: number) => ({
    ...restarted,
    newIsrWithEpochs: restarted.newIsrWithEpochs.map((one) => (one.brokerId === 2 ? { ...one, brokerEpoch } : one)),
  })
  assert.equal(errorOf(it, member(it.epochOf(2) - 1)), 'INELIGIBLE_REPLICA')
  const who = (brokerId: number) => ({ brokerId, brokerEpoch: it.epochOf(brokerId) })
  it.run((controller) => controlledShutdown(controller, who(2)))
  assert.equal(errorOf(it, proposal(it, [1, 2, 3])), 'INELIGIBLE_REPLICA')
  it.run((controller) => fenceBroker(controller, who(2)))
  assert.equal(errorOf(it, proposal(it, [1, 2, 3])), 'INELIGIBLE_REPLICA')
  it.forget(2)
  it.start(2, it.epochOf(2))
  assert.equal(errorOf(it, member(-1)), 'NONE', 'minus one asks for no check')
})

test('a leader that recovers is alone until it says that it has recovered, and cannot go back', () => {
  const it = house([[1, 2]], { 'unclean.leader.election.enable': 'true', 'min.insync.replicas': '1' })
  alter(it, proposal(it, [1]))
  it.run((controller) => fenceBroker(controller, { brokerId: 1, brokerEpoch: it.epochOf(1) }))
  assert.deepEqual([it.partition('t').leader, it.partition('t').leaderRecoveryState], [2, 1])
  it.forget(1)
  it.start(1)
  const proposed = (isr: number[], leaderRecoveryState: number) => proposal(it, isr, { leaderRecoveryState })
  assert.equal(errorOf(it, proposed([1, 2], 1), 2), 'INVALID_REQUEST')
  assert.equal(errorOf(it, proposed([2], 7), 2), 'INVALID_REQUEST')
  const [answer] = alter(it, proposed([1, 2], 0), 2)
  assert.deepEqual([answer!.errorCode, answer!.leaderRecoveryState, answer!.isr], [0, 0, [1, 2]])
  assert.equal(errorOf(it, proposed([2], 1), 2), 'INVALID_REQUEST')
})

test('partitions and topics that are not there are told apart', () => {
  const it = house()
  assert.equal(errorOf(it, { ...proposal(it, [1]), partitionIndex: 9 }), 'UNKNOWN_TOPIC_OR_PARTITION')
  const topicId = Buffer.alloc(16, 9).toString('base64url')
  const request = { brokerId: 1, brokerEpoch: it.epochOf(1), topics: [{ topicId, partitions: [proposal(it, [1])] }] }
  const { topics } = it.run((controller) => alterPartition(controller, request))
  assert.equal(errorName(topics[0]!.partitions[0]!.errorCode), 'UNKNOWN_TOPIC_ID')
})

test('a leader whose ISR completes a reassignment away from it is told of the new one, and its change was made', () => {
  const it = house()
  it.start(4)
  const replicas = [4, 1, 2]
  const partitions = [{ partitionIndex: 1, replicas }]
  const move = { allowReplicationFactorChange: true, topics: [{ name: 't', partitions }] }
  // From [2,3,1] led by 2, to [4,1,2]: as the recorded cluster did it, but for who led.
  alter(it, proposal(it, [2, 3, 1], { partitionIndex: 1 }), 2)
  it.run((controller) => alterReassignments(controller, move))
  assert.deepEqual(it.partition('t', 1).replicas, [4, 1, 2, 3])
  const [answer] = alter(it, proposal(it, [1, 2, 3, 4], { partitionIndex: 1 }), 2)
  assert.deepEqual([errorName(answer!.errorCode), answer!.isr], ['NONE', [1, 2, 4]], '2 stays, and leads on')
  const { leader, leaderEpoch, replicas: now, addingReplicas, removingReplicas } = it.partition('t', 1)
  assert.deepEqual([leader, leaderEpoch, now, addingReplicas, removingReplicas], [2, 1, [4, 1, 2], [], []])

  it.run((controller) =>
    alterReassignments(controller, {
      allowReplicationFactorChange: true,
      topics: [{ name: 't', partitions: [{ partitionIndex: 1, replicas: [3, 1, 4] }] }],
    }),
  )
  assert.equal(errorOf(it, proposal(it, [1, 2, 3, 4], { partitionIndex: 1 }), 2), 'NEW_LEADER_ELECTED')
  assert.deepEqual([it.partition('t', 1).leader, it.partition('t', 1).isr], [3, [1, 3, 4]])
})
