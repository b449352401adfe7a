// Transactions and producers as an administrator sees them, against a broker that answers what it is told to.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminScene } from '../../../test/support/admin-scene.ts'
import { errorCode } from '../../protocol/errors.ts'
import { ClientError, UnsupportedError } from '../errors/index.ts'

const isError = (code: string) => (thrown: unknown) => thrown instanceof ClientError && thrown.code === code

test('a coordinator that has moved is looked for again, and each transactional id has its own outcome', async () => {
  const { broker, admin, during } = await adminScene()
  let hasMoved = true
  broker.answers.DescribeTransactions = ({ transactionalIds: [id] }) => {
    const code = id === 'none' ? 'TRANSACTIONAL_ID_NOT_FOUND' : hasMoved ? 'NOT_COORDINATOR' : 'NONE'
    if (id !== 'none') hasMoved = false
    const state = {
      errorCode: errorCode(code),
      transactionalId: id,
      transactionState: 'Ongoing',
      transactionTimeoutMs: 60_000,
      transactionStartTimeMs: 1000,
      producerId: 7,
      producerEpoch: 2,
      topics: [{ topic: 't', partitions: [0, 1] }],
    }
    return { transactionStates: [state] }
  }
  const told = await during(admin.describeTransactions(['a', 'none']))
  assert.deepEqual(told.get('a'), {
    transactionalId: 'a',
    coordinatorId: 1,
    state: 'Ongoing',
    producerId: 7,
    producerEpoch: 2,
    transactionTimeoutMs: 60_000,
    startTimeMs: 1000,
    partitions: [
      { topic: 't', partition: 0 },
      { topic: 't', partition: 1 },
    ],
  })
  assert.throws(() => told.get('none'), isError('TRANSACTIONAL_ID_NOT_FOUND'))
  const finds = broker.asked.filter(({ api }) => api === 'FindCoordinator').map(({ request }) => request)
  assert.ok(finds.length >= 3, 'the coordinator of a is looked for twice')
  assert.deepEqual(new Set(finds.map((find) => (find as { keyType: number }).keyType)), new Set([1]))
})

test('a list of transactions is filtered by the brokers, and what they cannot filter by is refused', async () => {
  const { broker, admin, during } = await adminScene()
  broker.answers.ListTransactions = ({ stateFilters }) => ({
    unknownStateFilters: stateFilters.filter((state: string) => state === 'Odd'),
    transactionStates: ['b', 'a'].map((transactionalId) => ({ transactionalId, producerId: 1, transactionState: 'Empty' })),
  })
  const filter = { states: ['Empty'], producerIds: [1], durationMs: 5, transactionalIdPattern: 'a|b' }
  const listed = await during(admin.listTransactions(filter))
  assert.deepEqual(listed, [
    { transactionalId: 'a', producerId: 1, state: 'Empty', coordinatorId: 1 },
    { transactionalId: 'b', producerId: 1, state: 'Empty', coordinatorId: 1 },
  ])
  assert.deepEqual(broker.asked.at(-1)!.request, {
    stateFilters: ['Empty'],
    producerIdFilters: [1],
    durationFilter: 5,
    transactionalIdPattern: 'a|b',
  })
  await assert.rejects(during(admin.listTransactions({ states: ['Odd'] })), /broker 1 knows no state Odd/)
  const old = await adminScene()
  old.broker.answers.ListTransactions = broker.answers.ListTransactions!
  old.broker.newest.ListTransactions = 0
  assert.equal((await old.during(old.admin.listTransactions())).length, 2)
  await assert.rejects(old.during(old.admin.listTransactions({ durationMs: 5 })), UnsupportedError)
  await assert.rejects(old.during(old.admin.listTransactions({ transactionalIdPattern: 'a' })), UnsupportedError)
})

test('a producer is fenced once the coordinator has ended its transaction', async () => {
  const { broker, admin, during } = await adminScene()
  let left = 2
  broker.answers.InitProducerId = () =>
    left-- > 0 ? { errorCode: errorCode('CONCURRENT_TRANSACTIONS') } : { producerId: 9, producerEpoch: 4 }
  assert.deepEqual((await during(admin.fenceProducers(['a']))).get('a'), { producerId: 9, producerEpoch: 4 })
  const asked = broker.asked.filter(({ api }) => api === 'InitProducerId')
  assert.equal(asked.length, 3)
  const { transactionalId, producerId, producerEpoch, transactionTimeoutMs } = asked[0]!.request as Record<string, unknown>
  assert.deepEqual([transactionalId, producerId, producerEpoch, transactionTimeoutMs], ['a', -1, -1, 2000])
  broker.answers.InitProducerId = () => ({ errorCode: errorCode('TRANSACTIONAL_ID_AUTHORIZATION_FAILED') })
  await assert.rejects(during(admin.forceTerminateTransaction('a')), isError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED'))
})

test('producers are asked of leaders, or of a certain replica, and numbers that stand for nothing are null', async () => {
  const { broker, admin, during } = await adminScene()
  const producer = { producerId: 5, producerEpoch: 1, lastSequence: 3, lastTimestamp: 99, coordinatorEpoch: -1 }
  let isLeader = false
  broker.answers.DescribeProducers = ({ topics }) => {
    const code = isLeader ? 0 : errorCode('NOT_LEADER_OR_FOLLOWER')
    isLeader = true
    return {
      topics: topics.map(({ name, partitionIndexes }: { name: string; partitionIndexes: number[] }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({ partitionIndex, errorCode: code, activeProducers: [producer] })),
      })),
    }
  }
  const partition = { topic: 't', partition: 0 }
  const expected = { ...producer, coordinatorEpoch: null, currentTransactionStartOffset: null }
  assert.deepEqual((await during(admin.describeProducers([partition]))).get('t-0'), [expected])
  isLeader = false
  const ofReplica = await during(admin.describeProducers([partition], { brokerId: 1 }))
  assert.throws(() => ofReplica.get('t-0'), isError('NOT_LEADER_OR_FOLLOWER'), 'no other replica is meant')
})

test('a hanging transaction is ended by a marker that aborts it', async () => {
  const { broker, admin, during } = await adminScene()
  let code = 0
  broker.answers.WriteTxnMarkers = () => ({
    markers: [{ producerId: 5, topics: [{ name: 't', partitions: [{ partitionIndex: 1, errorCode: code }] }] }],
  })
  const hanging = { topic: 't', partition: 1, producerId: 5, producerEpoch: 2, coordinatorEpoch: 3 }
  await during(admin.abortTransaction(hanging))
  const { markers } = broker.asked.at(-1)!.request as { markers: Record<string, unknown>[] }
  const { transactionVersion, ...marker } = markers[0]!
  assert.equal(transactionVersion, 0, 'of no certain version: the epoch that is told is that of the open transaction')
  assert.deepEqual(marker, {
    producerId: 5,
    producerEpoch: 2,
    coordinatorEpoch: 3,
    transactionResult: false,
    topics: [{ name: 't', partitionIndexes: [1] }],
  })
  code = errorCode('TRANSACTION_COORDINATOR_FENCED')
  await assert.rejects(during(admin.abortTransaction(hanging)), isError('TRANSACTION_COORDINATOR_FENCED'))
})
