// Transactions, as the documentation tells of them.
const assert = require('node:assert/strict')
const { consumed, end, kafkaOf, step, topicOf, until } = require('./lib.cjs')

async function main() {
  const kafka = kafkaOf()
  const producerOf = async (name) => {
    const producer = kafka.producer({ transactionalId: `${name}-${Date.now()}`, maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    return producer
  }

  await step('a transaction is committed, another one aborted', async () => {
    const topic = await topicOf(kafka, 'transaction')
    const producer = await producerOf('transaction')
    const aborted = await producer.transaction()
    await aborted.send({ topic, messages: [{ value: 'aborted' }] })
    assert.equal(aborted.isActive(), true)
    await aborted.abort()
    assert.equal(aborted.isActive(), false)
    await assert.rejects(aborted.send({ topic, messages: [{ value: 'x' }] }), { name: 'KafkaJSNonRetriableError' })
    const committed = await producer.transaction()
    await committed.send({ topic, messages: [{ key: 'k', value: 'committed' }] })
    await committed.sendBatch({ topicMessages: [{ topic, messages: [{ value: 'as well' }] }] })
    await assert.rejects(producer.transaction(), /already an ongoing transaction/)
    await committed.commit()
    await producer.disconnect()
    const found = await consumed(kafka, topic, ({ length }) => length >= 2)
    assert.deepEqual(
      found.map(({ value }) => value.toString()),
      ['committed', 'as well'],
    )
    const all = await consumed(kafka, topic, ({ length }) => length >= 3, { config: { readUncommitted: true } })
    assert.deepEqual(
      all.map(({ value }) => value.toString()),
      ['aborted', 'committed', 'as well'],
    )
  })

  await step('offsets are sent with a transaction', async () => {
    const [from, to] = [await topicOf(kafka, 'from', { messages: 5 }), await topicOf(kafka, 'to')]
    const producer = await producerOf('consume-transform-produce')
    const groupId = `transform-${Date.now()}`
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
    let count = 0
    await consumer.connect()
    await consumer.subscribe({ topics: [from], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      eachBatch: async ({ batch, resolveOffset, uncommittedOffsets }) => {
        const transaction = await producer.transaction()
        for (const { value, offset } of batch.messages) {
          await transaction.send({ topic: to, messages: [{ value: `${value} doubled ${value * 2}` }] })
          resolveOffset(offset)
        }
        await transaction.sendOffsets({ consumerGroupId: groupId, ...uncommittedOffsets() })
        assert.deepEqual(uncommittedOffsets().topics, [])
        await transaction.commit()
        count += batch.messages.length
      },
    })
    await until(
      () => count === 5,
      () => `${count}`,
    )
    await consumer.disconnect()
    await producer.disconnect()
    const admin = kafka.admin()
    await admin.connect()
    assert.equal((await admin.fetchOffsets({ groupId, topics: [from] }))[0].partitions[0].offset, '5')
    await admin.disconnect()
    assert.equal((await consumed(kafka, to, ({ length }) => length === 5))[4].value.toString(), '4 doubled 8')
  })
  end()
}

main()
