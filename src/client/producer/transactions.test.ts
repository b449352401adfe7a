import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CallDeed } from '../../../test/support/pretend-coordinator.ts'
import type { Deed } from '../../../test/support/pretend-leader.ts'
import { producerScene, SMALL } from '../../../test/support/producer-scene.ts'
import { type ClientError, FencedError } from '../errors/index.ts'

async function scene(level: 1 | 2, options: Parameters<typeof producerScene>[0] = {}) {
  const made = producerScene({ ...SMALL, ...options }, { level })
  const { leader, coordinator, producer, during, world } = made
  await during(leader.open())
  await during(producer.initTransactions())
  coordinator.calls.length = 0
  const send = (value: string) => {
    const sent = producer.send({ topic: 't', value })
    sent.catch(() => {})
    return sent
  }
  const failure = (promise: Promise<unknown>) =>
    during(
      promise.then(
        () => assert.fail('it worked'),
        (why) => why as ClientError,
      ),
    )
  const offsets = (offset: number) => producer.sendOffsets([{ topic: 't', partition: 0, offset }], 'group')
  /** A transaction that nothing happens to. */
  async function commit(...values: string[]) {
    producer.beginTransaction()
    const sent = values.map(send)
    await during(Promise.all(sent))
    await during(producer.commitTransaction())
  }
  /** How long that takes, in virtual milliseconds. */
  async function took(promise: Promise<unknown>): Promise<number> {
    const since = world.events.now
    await during(promise)
    return world.events.now - since
  }
  /** These happen to the next batches, and nothing to those after them. */
  const deeds = (...next: Deed[]) => void (leader.onBatch = () => next.shift() ?? 'append')
  /** These happen to the next requests to the coordinator. */
  const callDeeds = (...next: CallDeed[]) => void (coordinator.onCall = () => next.shift() ?? null)
  return { ...made, send, failure, offsets, commit, took, deeds, callDeeds }
}

for (const level of [1, 2] as const) {
  test(`what is committed is there, and what is aborted is not (transaction.version ${level})`, async () => {
    const { producer, coordinator, during, send, offsets, commit } = await scene(level)
    await commit('a', 'b')
    producer.beginTransaction()
    await during(send('aborted'))
    await during(offsets(7))
    await during(producer.abortTransaction())
    producer.beginTransaction()
    await during(send('c'))
    await during(offsets(9))
    await during(producer.commitTransaction())
    producer.beginTransaction()
    await during(producer.commitTransaction())
    producer.beginTransaction()
    await during(producer.abortTransaction())
    assert.deepEqual([coordinator.committed, coordinator.offsets], [['a', 'b', 'c'], [9]])
    assert.equal(coordinator.producerEpoch, level === 1 ? 0 : 3)
    await during(producer.close())
  })

  test(`a coordinator that has forgotten the producer makes it abort, and go on (transaction.version ${level})`, async () => {
    const { producer, coordinator, during, send, failure, commit } = await scene(level)
    for (const isCommitFirst of [true, false]) {
      producer.beginTransaction()
      await during(send('lost'))
      coordinator.expire()
      if (isCommitFirst) {
        const why = await failure(producer.commitTransaction())
        assert.deepEqual([why.code, why.abortable], ['INVALID_PRODUCER_ID_MAPPING', true])
      }
      await during(producer.abortTransaction())
    }
    await commit('kept')
    assert.deepEqual(coordinator.committed, ['kept'])
    await during(producer.close())
  })

  test(`what was given up in one transaction does not end those behind it (transaction.version ${level})`, async () => {
    const { producer, leader, coordinator, during, send, failure, commit } = await scene(level, {
      deliveryTimeoutMs: 5000,
      requestTimeoutMs: 1000,
    })
    await commit('a')
    producer.beginTransaction()
    leader.onBatch = () => 'append and be silent'
    assert.equal((await failure(send('lost'))).code, 'DELIVERY_TIMED_OUT')
    leader.onBatch = () => 'append'
    await during(producer.abortTransaction())
    await commit('b')
    await commit('c')
    assert.deepEqual(coordinator.committed, ['a', 'b', 'c'])
    await during(producer.close())
  })

  test(`a batch that waits to be sent again does not hold up an abort (transaction.version ${level})`, async () => {
    const { producer, coordinator, during, pass, send, failure, commit, took, deeds } = await scene(level)
    await commit('a')
    producer.beginTransaction()
    deeds('append', { error: 'NOT_ENOUGH_REPLICAS' })
    await during(send('first'))
    const waiting = send('again')
    await pass(20)
    assert.ok((await took(producer.abortTransaction())) < 50)
    assert.equal((await failure(waiting)).code, 'TRANSACTION_ABORTED')
    await commit('b')
    assert.deepEqual(coordinator.committed, ['a', 'b'])
    await during(producer.close())
  })
}

test('what may be in the log is asked for in a failed transaction, and its abort ends', async () => {
  const { producer, coordinator, during, send, failure, commit, took, deeds } = await scene(2)
  producer.beginTransaction()
  await during(send('first'))
  deeds({ error: 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', isAppended: true }, { error: 'MESSAGE_TOO_LARGE' })
  const sent = [send('ambiguous'), send('large')]
  assert.equal((await failure(sent[1]!)).code, 'MESSAGE_TOO_LARGE')
  assert.ok((await took(producer.abortTransaction())) < 2000)
  assert.equal((await during(sent[0]!)).offset, 1)
  await commit('next')
  assert.deepEqual(coordinator.committed, ['next'])
  await during(producer.close())
})

test('a partition that may not be added: the transaction is aborted without a word to the coordinator', async () => {
  const { producer, coordinator, during, send, failure, commit, callDeeds } = await scene(1)
  await commit('a')
  callDeeds('TOPIC_AUTHORIZATION_FAILED')
  producer.beginTransaction()
  const why = await failure(send('b'))
  assert.equal((why.cause as ClientError).code, 'TOPIC_AUTHORIZATION_FAILED')
  await during(producer.abortTransaction())
  assert.equal(coordinator.calls.at(-1), 'AddPartitionsToTxn: TOPIC_AUTHORIZATION_FAILED')
  await commit('c')
  assert.deepEqual(coordinator.committed, ['a', 'c'])
  await during(producer.close())
})

test('an abort does not overtake a partition that is being added, and none is added after it', async () => {
  const { producer, coordinator, during, pass, send, commit, took } = await scene(1)
  await commit('a')
  coordinator.onCall = () => 'CONCURRENT_TRANSACTIONS'
  producer.beginTransaction()
  void send('b')
  await pass(5000)
  coordinator.onCall = () => null
  assert.ok((await took(producer.abortTransaction())) < 10)
  await pass(5000)
  assert.deepEqual(
    [coordinator.state, coordinator.calls.at(-1)],
    ['CompleteCommit', 'AddPartitionsToTxn: CONCURRENT_TRANSACTIONS'],
  )
  await commit('c')
  assert.deepEqual(coordinator.committed, ['a', 'c'])
  await during(producer.close())
})

test('where nobody knows whether a transaction was begun, the abort makes sure that none is open', async () => {
  for (const deed of ['do and be silent', 'be silent'] as const) {
    const { producer, coordinator, during, pass, send, commit, callDeeds } = await scene(1)
    await commit('a')
    callDeeds(deed)
    producer.beginTransaction()
    void send('b')
    await pass(100)
    await during(producer.abortTransaction())
    assert.notEqual(coordinator.state, 'Ongoing')
    await commit('c')
    assert.deepEqual(coordinator.committed, ['a', 'c'])
    await during(producer.close())
  }
})

for (const level of [1, 2] as const) {
  test(`a transaction without offsets that were asked for is not committed (transaction.version ${level})`, async () => {
    const { producer, coordinator, during, failure, offsets, commit } = await scene(level, { maxBlockMs: 3000 })
    await commit('a')
    producer.beginTransaction()
    coordinator.onCall = () => 'be silent'
    assert.equal((await failure(offsets(5))).code, 'TIMED_OUT')
    coordinator.onCall = () => null
    const why = await failure(producer.commitTransaction())
    assert.deepEqual([why.code, why.fatal], ['INVALID_STATE', false])
    const sent = offsets(6)
    await during(producer.commitTransaction())
    await sent
    producer.beginTransaction()
    coordinator.onCall = () => 'be silent'
    await failure(offsets(7))
    coordinator.onCall = () => null
    await during(producer.abortTransaction())
    await commit('b')
    // What was not answered is asked for again, which changes nothing.
    assert.deepEqual([coordinator.committed, new Set(coordinator.offsets)], [['a', 'b'], new Set([6])])
    await during(producer.close())
  })
}

test('a fenced producer fails what it has with that error, and closes at once', async () => {
  const { producer, leader, coordinator, during, pass, send, failure, offsets, took } = await scene(2)
  producer.beginTransaction()
  await during(send('first'))
  leader.onBatch = () => ({ error: 'NOT_LEADER_OR_FOLLOWER' })
  const sent = [send('second'), send('third')]
  await pass(50)
  coordinator.fence()
  assert.ok((await failure(offsets(5))) instanceof FencedError)
  for (const each of sent) {
    const why = await failure(each)
    assert.deepEqual([why.code, why.fatal], ['PRODUCER_FENCED', true])
  }
  assert.throws(() => producer.beginTransaction(), FencedError)
  assert.ok((await took(producer.close())) < 50)
})

test('the coordinator of a group says by the epoch that a producer is fenced', async () => {
  const { producer, during, failure, offsets, callDeeds } = await scene(2)
  producer.beginTransaction()
  callDeeds('INVALID_PRODUCER_EPOCH')
  const why = await failure(offsets(5))
  assert.ok(why instanceof FencedError && why.fatal, String(why))
  await during(producer.close())
})

test('a batch that does not fit the state of its transaction ends the transaction, not the producer', async () => {
  const { producer, coordinator, during, send, failure, commit, deeds } = await scene(2)
  producer.beginTransaction()
  deeds({ error: 'INVALID_TXN_STATE' })
  const why = await failure(send('a'))
  assert.deepEqual([why.code, why.fatal, why.abortable], ['INVALID_TXN_STATE', false, true])
  await during(producer.abortTransaction())
  await commit('b')
  assert.deepEqual(coordinator.committed, ['b'])
  await during(producer.close())
})

test('a transaction without a record that was refused is not committed', async () => {
  const { producer, coordinator, during, send, failure, commit } = await scene(2)
  await commit('a')
  producer.beginTransaction()
  assert.equal((await failure(send('x'.repeat(2_000_000)))).code, 'MESSAGE_TOO_LARGE')
  assert.equal((await failure(producer.commitTransaction())).code, 'MESSAGE_TOO_LARGE')
  await during(producer.abortTransaction())
  await commit('b')
  assert.deepEqual(coordinator.committed, ['a', 'b'])
  await during(producer.close())
})

test('partitions are added in a moment where the coordinator still completes the transaction before', async () => {
  const { producer, during, send, commit, took, callDeeds } = await scene(1)
  await commit('a')
  producer.beginTransaction()
  callDeeds('CONCURRENT_TRANSACTIONS', 'CONCURRENT_TRANSACTIONS')
  assert.ok((await took(send('b'))) < 70)
  await during(producer.close())
})
