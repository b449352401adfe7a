/** Transactions: seen, shut out, and ended in one partition. */
import assert from 'node:assert/strict'
import { eventually } from '../lib/report.mjs'
import { errorOf, sorted, topic } from './world.mjs'

const camel = (state) => state.replace(/(?:^|_)([A-Z])([A-Z]*)/g, (_, first, rest) => first + rest.toLowerCase())

export async function transactionSuite(world) {
  const { test, admin, java, client, bootstrap } = world

  /** Runs `use` while a producer has a transaction open, with one record in it. */
  async function withOpen(transactionalId, use) {
    const producer = new client.Producer({ bootstrapServers: bootstrap, transactionalId, maxBlockMs: 20_000 })
    try {
      await producer.initTransactions()
      producer.beginTransaction()
      await producer.send({ topic: 'transacted', partition: 0, value: transactionalId })
      return await use(producer)
    } finally {
      await producer.close({ timeoutMs: 5000 })
    }
  }

  await test('describeTransactions and listTransactions: an open one, as Java has it', async () => {
    await topic(world, 'transacted')
    await withOpen('open', async (producer) => {
      const { partitions, ...ours } = (await admin.describeTransactions(['open'])).get('open')
      const { topicPartitions, transactionStartTimeMs, state, ...said } = await java('describeTransactions', 'open')
      assert.deepEqual(ours, { transactionalId: 'open', ...said, state: camel(state), startTimeMs: transactionStartTimeMs })
      assert.deepEqual([ours.state, partitions], ['Ongoing', [{ topic: 'transacted', partition: 0 }]])
      assert.deepEqual(topicPartitions, ['transacted-0'])
      const line = ({ transactionalId, producerId, state: word }) => `${transactionalId} ${producerId} ${word}`
      assert.deepEqual(
        sorted((await admin.listTransactions()).map(line)),
        sorted((await java('listTransactions')).map((each) => line({ ...each, state: camel(each.state) }))),
      )
      const ids = async (filter) => (await admin.listTransactions(filter)).map(({ transactionalId }) => transactionalId)
      assert.deepEqual(await ids({ states: ['Ongoing'] }), ['open'])
      assert.deepEqual(await ids({ producerIds: [ours.producerId] }), ['open'])
      assert.deepEqual(await ids({ transactionalIdPattern: 'o.*n' }), ['open'])
      assert.deepEqual(await ids({ transactionalIdPattern: 'x.*' }), [])
      assert.deepEqual(await ids({ durationMs: 600_000 }), [])
      assert.equal((await errorOf(admin.listTransactions({ states: ['Odd'] }))).code, 'UNSUPPORTED')
      assert.equal((await errorOf(admin.listTransactions({ transactionalIdPattern: '(' }))).code, 'INVALID_REGULAR_EXPRESSION')
      await producer.commitTransaction()
    })
    const { error } = await java('describeTransactions', 'nobody')
    assert.equal((await errorOf(admin.describeTransactions(['nobody']), 'nobody')).code, error)
  })

  await test('fenceProducers: the producer is shut out, and its transaction aborted', () =>
    withOpen('fenced', async (producer) => {
      const before = (await admin.describeTransactions(['fenced'])).get('fenced')
      const fenced = (await admin.fenceProducers(['fenced'])).get('fenced')
      assert.equal(fenced.producerId, before.producerId)
      assert.ok(fenced.producerEpoch > before.producerEpoch)
      const why = await errorOf(producer.commitTransaction())
      assert.ok(why instanceof client.FencedError || why.code === 'INVALID_PRODUCER_EPOCH', String(why))
      await eventually(async () => assert.deepEqual((await java('describeTransactions', 'fenced')).topicPartitions, []))
    }))

  await test('forceTerminateTransaction: the open transaction is aborted', () =>
    withOpen('terminated', async () => {
      await admin.forceTerminateTransaction('terminated')
      await eventually(async () => {
        const { activeProducers } = await java('describeProducers', 'transacted', 0)
        assert.ok(activeProducers.every(({ currentTransactionStartOffset }) => currentTransactionStartOffset === null))
      })
    }))

  await test('abortTransaction: ended in one partition, and refused with an older epoch, as with Java', () =>
    withOpen('hanging', async () => {
      const partition = { topic: 'transacted', partition: 0 }
      const open = async () => {
        const producers = (await admin.describeProducers([partition])).get('transacted-0')
        return producers.find(({ currentTransactionStartOffset }) => currentTransactionStartOffset !== null)
      }
      const { producerId, producerEpoch, coordinatorEpoch } = await open()
      const hanging = { ...partition, producerId, producerEpoch, coordinatorEpoch: coordinatorEpoch ?? 0 }
      const { error } = await java('abortTransaction', 'transacted', 0, producerId, producerEpoch - 1, coordinatorEpoch ?? 0)
      assert.equal((await errorOf(admin.abortTransaction({ ...hanging, producerEpoch: producerEpoch - 1 }))).code, error)
      await admin.abortTransaction(hanging)
      assert.equal(await open(), undefined)
    }))
}
