/** Transactions of our producer, as Java's read_committed sees them. */
import assert from 'node:assert/strict'

export async function transactions({ bootstrap, report, tool, read, client }) {
  const producerOf = (transactionalId, options = {}) =>
    new client.Producer({ bootstrapServers: bootstrap, transactionalId, maxBlockMs: 20_000, ...options })
  const committed = (topic, count) => read(topic, count, '--isolation-level', 'read_committed')
  const using = async (producer, act) => {
    try {
      return await act(producer)
    } finally {
      await producer.close({ timeoutMs: 10_000 })
    }
  }
  const failure = (promise) =>
    promise.then(
      () => assert.fail('it worked'),
      (why) => why,
    )

  await report.test('transactions: what is committed is seen, what is aborted is not', () =>
    using(producerOf('client.tx'), async (producer) => {
      const topic = 'client.tx'
      await producer.initTransactions()
      producer.beginTransaction()
      await producer.sendAll(['a', 'b'].map((value) => ({ topic, value })))
      await producer.commitTransaction()
      producer.beginTransaction()
      await producer.send({ topic, value: 'aborted' })
      await producer.abortTransaction()
      producer.beginTransaction()
      void producer.send({ topic, value: 'c' })
      await producer.commitTransaction()
      assert.deepEqual(await committed(topic, 3), ['a', 'b', 'c'])
      assert.deepEqual(await read(topic, 4), ['a', 'b', 'aborted', 'c'])
    }),
  )

  await report.test('transactions: records that were not sent fail with the abort', () =>
    using(producerOf('client.tx.unsent', { lingerMs: 5000 }), async (producer) => {
      await producer.initTransactions()
      producer.beginTransaction()
      const sent = failure(producer.send({ topic: 'client.tx.unsent', value: 'never' }))
      await producer.partitionsFor('client.tx.unsent')
      await new Promise((resume) => setTimeout(resume, 300))
      await producer.abortTransaction()
      assert.equal((await sent).code, 'TRANSACTION_ABORTED')
    }),
  )

  await report.test('transactions: fifty in a row, each with its records', () =>
    using(producerOf('client.tx.many'), async (producer) => {
      await producer.initTransactions()
      for (let i = 0; i < 50; i++) {
        producer.beginTransaction()
        await producer.sendAll([0, 1].map((j) => ({ topic: 'client.tx.many', value: `${i} ${j}` })))
        if (i % 3 === 2) await producer.abortTransaction()
        else await producer.commitTransaction()
      }
      const expected = Array.from({ length: 50 }, (_, i) => i)
        .filter((i) => i % 3 !== 2)
        .flatMap((i) => [`${i} 0`, `${i} 1`])
      assert.deepEqual(await committed('client.tx.many', expected.length), expected)
    }),
  )

  await report.test('transactions: an empty one may be committed and aborted', () =>
    using(producerOf('client.tx.empty'), async (producer) => {
      await producer.initTransactions()
      producer.beginTransaction()
      await producer.commitTransaction()
      producer.beginTransaction()
      await producer.abortTransaction()
      producer.beginTransaction()
      await producer.send({ topic: 'client.tx.empty', value: 'x' })
      await producer.commitTransaction()
      assert.deepEqual(await committed('client.tx.empty', 1), ['x'])
    }),
  )

  await report.test('transactions: who comes later fences who was there, with a typed error', async () => {
    const first = producerOf('client.tx.fenced')
    const second = producerOf('client.tx.fenced')
    try {
      await first.initTransactions()
      first.beginTransaction()
      await first.send({ topic: 'client.tx.fenced', value: 'zombie' })
      await second.initTransactions()
      second.beginTransaction()
      await second.send({ topic: 'client.tx.fenced', value: 'alive' })
      const why = await failure(first.commitTransaction())
      assert.ok(why instanceof client.FencedError, String(why))
      assert.deepEqual([why.code, why.fatal, why.retriable], ['PRODUCER_FENCED', true, false])
      assert.throws(() => first.beginTransaction(), client.FencedError)
      await second.commitTransaction()
      assert.deepEqual(await committed('client.tx.fenced', 1), ['alive'])
    } finally {
      await first.close({ timeoutMs: 5000 })
      await second.close({ timeoutMs: 5000 })
    }
  })

  await report.test('transactions: offsets are committed with the records, and not with an abort', () =>
    using(producerOf('client.tx.offsets'), async (producer) => {
      const topic = 'client.tx.offsets'
      await producer.initTransactions()
      for (const [offset, isCommit] of [
        [3, true],
        [9, false],
      ]) {
        producer.beginTransaction()
        await producer.send({ topic, value: `up to ${offset}` })
        await producer.sendOffsets([{ topic, partition: 0, offset }], 'client.tx.group')
        if (isCommit) await producer.commitTransaction()
        else await producer.abortTransaction()
      }
      const text = await tool('kafka-consumer-groups', ['--describe', '--group', 'client.tx.group'])
      const line = text.split('\n').find((each) => each.includes(topic))
      assert.equal(line?.trim().split(/\s+/)[3], '3', text)
    }),
  )

  await report.test('transactions: a member that the group does not know makes it abortable', () =>
    using(producerOf('client.tx.member'), async (producer) => {
      await producer.initTransactions()
      producer.beginTransaction()
      await producer.send({ topic: 'client.tx.member', value: 'x' })
      const group = { groupId: 'client.tx.group', generationId: 5, memberId: 'nobody' }
      const why = await failure(producer.sendOffsets([{ topic: 'client.tx.member', partition: 0, offset: 1 }], group))
      assert.deepEqual([why.abortable, why.fatal], [true, false], String(why))
      assert.equal((await failure(producer.commitTransaction())).code, why.code)
      await producer.abortTransaction()
      producer.beginTransaction()
      await producer.send({ topic: 'client.tx.member', value: 'y' })
      await producer.commitTransaction()
      assert.deepEqual(await committed('client.tx.member', 1), ['y'])
    }),
  )

  await report.test('transactions: a timeout that the brokers do not allow is told', () =>
    using(producerOf('client.tx.timeout', { transactionTimeoutMs: 99_000_000 }), async (producer) => {
      const why = await failure(producer.initTransactions())
      assert.deepEqual([why.code, why.fatal], ['INVALID_TRANSACTION_TIMEOUT', true], String(why))
    }),
  )

  await report.test(
    'transactions: of the older kind, whose partitions are added one by one (transaction.version 1)',
    async () => {
      await tool('kafka-features', ['downgrade', '--feature', 'transaction.version=1'])
      await using(producerOf('client.tx.older'), async (producer) => {
        const topic = 'client.tx.older'
        await producer.initTransactions()
        for (let i = 0; i < 20; i++) {
          producer.beginTransaction()
          await producer.sendAll([0, 1].map((j) => ({ topic: j ? topic : `${topic}.other`, value: `${i} ${j}` })))
          await producer.sendOffsets([{ topic, partition: 0, offset: i }], 'client.tx.older.group')
          if (i % 4 === 3) await producer.abortTransaction()
          else await producer.commitTransaction()
        }
        producer.beginTransaction()
        const group = { groupId: 'client.tx.older.group', generationId: 5, memberId: 'nobody' }
        const why = await failure(producer.sendOffsets([{ topic, partition: 0, offset: 99 }], group))
        assert.deepEqual([why.abortable, why.fatal], [true, false], String(why))
        await producer.abortTransaction()
        producer.beginTransaction()
        await producer.send({ topic, value: 'last' })
        await producer.commitTransaction()
        const expected = Array.from({ length: 20 }, (_, i) => i)
          .filter((i) => i % 4 !== 3)
          .map((i) => `${i} 1`)
        assert.deepEqual(await committed(topic, expected.length + 1), [...expected, 'last'])
        const text = await tool('kafka-consumer-groups', ['--describe', '--group', 'client.tx.older.group'])
        assert.equal(
          text
            .split('\n')
            .find((each) => each.includes(topic))
            ?.trim()
            .split(/\s+/)[3],
          '18',
          text,
        )
      })
      await tool('kafka-features', ['upgrade', '--feature', 'transaction.version=2'])
    },
  )
}
