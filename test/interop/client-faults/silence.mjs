/** Connections that are open and say nothing: what waits ends in its time, and names it. */
import assert from 'node:assert/strict'
import { failure, strikeNext } from './world.mjs'

const PRODUCE = 0
const FETCH = 1
const OFFSET_COMMIT = 8

export async function silence({ test, producerOf, consumerOf, adminOf, topic, read, proxy, client }) {
  const swallow = () => 'swallow'

  await test('a connection that falls silent under a producer is given up, and each record is there once', async () => {
    const name = await topic()
    const producer = producerOf({ requestTimeoutMs: 500 })
    try {
      for (const [i, kind] of ['request', 'answer', 'request', 'answer'].entries()) {
        const { strokes } = proxy
        strikeNext(proxy, kind, PRODUCE, swallow)
        assert.equal((await producer.send({ topic: name, value: `${i}` })).offset, i)
        assert.equal(proxy.strokes, strokes + 1)
      }
    } finally {
      await producer.close({ timeoutMs: 5000 })
    }
    assert.deepEqual(await read(name, 4), ['0', '1', '2', '3'])
  })

  await test('a connection that falls silent under a consumer is given up, and it reads and commits on', async () => {
    const name = await topic()
    const producer = producerOf()
    const consumer = consumerOf({ groupId: 'silence', requestTimeoutMs: 600, enableAutoCommit: false })
    const seen = []
    const readUpTo = async (count) => {
      while (seen.length < count) for (const { value } of await consumer.poll({ timeoutMs: 5000 })) seen.push(value)
    }
    try {
      consumer.subscribe(name)
      for (const [i, [kind, key]] of [
        ['request', FETCH],
        ['answer', FETCH],
        ['request', OFFSET_COMMIT],
        ['answer', OFFSET_COMMIT],
      ].entries()) {
        const { strokes } = proxy
        strikeNext(proxy, kind, key, swallow)
        await producer.send({ topic: name, value: `${i}` })
        await readUpTo(i + 1)
        await consumer.commit()
        assert.equal(proxy.strokes, strokes + 1)
        assert.equal((await consumer.committed([{ topic: name, partition: 0 }]))[0]?.offset, i + 1)
      }
      assert.deepEqual(seen, ['0', '1', '2', '3'])
    } finally {
      await consumer.close({ timeoutMs: 3000 })
      await producer.close({ timeoutMs: 5000 })
    }
  })

  await test('nobody answers any more: every call ends in its time and names it, close ends, and all goes on afterwards', async () => {
    const name = await topic()
    const time = { requestTimeoutMs: 500, defaultApiTimeoutMs: 1500 }
    const producer = producerOf({ requestTimeoutMs: 500, deliveryTimeoutMs: 1500, lingerMs: 0, maxBlockMs: 1500 })
    const consumer = consumerOf({ groupId: 'silent', sessionTimeoutMs: 20_000, ...time })
    const lone = consumerOf({ groupId: 'silent.lone', ...time })
    const admin = adminOf(time)
    const place = { topic: name, partition: 0 }
    const names = async (promise, code, what) => {
      const why = await failure(client, promise)
      assert.equal(why.code, code, `${why.message}`)
      assert.match(why.message, what)
    }
    try {
      await producer.send({ topic: name, value: 'before' })
      consumer.subscribe(name)
      assert.equal((await consumer.poll({ timeoutMs: 10_000 })).length, 1)
      await admin.describeTopics([name])
      lone.assign([place])
      proxy.isSilent = true
      await Promise.all([
        names(producer.send({ topic: name, value: 'lost' }), 'DELIVERY_TIMED_OUT', /deliveryTimeoutMs=1500/),
        names(producer.partitionsFor('another'), 'TIMED_OUT', /the partitions of another took longer than 1500 ms/),
        names(consumer.commit(), 'TIMED_OUT', /commit took longer than 1500 ms/),
        names(consumer.committed([place]), 'TIMED_OUT', /committed took longer than 1500 ms/),
        names(lone.position(place), 'TIMED_OUT', /the position in \S+ took longer than 1500 ms/),
        names(lone.endOffsets([place]), 'TIMED_OUT', /took longer than 1500 ms/),
        names(admin.listTopics(), 'TIMED_OUT', /took longer than 1500 ms/),
        names(admin.describeTopics(['another']), 'TIMED_OUT', /took longer than 1500 ms/),
      ])
      const beganAt = performance.now()
      await lone.close({ timeoutMs: 1000 })
      assert.ok(performance.now() - beganAt < 3000, 'close took longer than it was given')
      proxy.isSilent = false
      assert.equal((await producer.send({ topic: name, value: 'after' })).partition, 0)
      const found = []
      while (!found.includes('after')) found.push(...(await consumer.poll({ timeoutMs: 10_000 })).map(({ value }) => value))
      await consumer.commit()
      assert.ok((await admin.listTopics()).some((each) => each.name === name))
    } finally {
      proxy.isSilent = false
      await Promise.all([producer.close({ timeoutMs: 3000 }), consumer.close({ timeoutMs: 3000 }), lone.close(), admin.close()])
    }
  })
}
