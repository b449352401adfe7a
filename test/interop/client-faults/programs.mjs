/** Programs that go wrong themselves: handlers that throw, and handlers that never end. */
import assert from 'node:assert/strict'
import { eventually } from '../lib/report.mjs'

export async function programs({ test, producerOf, consumerOf, topic, protocols }) {
  for (const groupProtocol of protocols) {
    await test(`a handler that throws (${groupProtocol}): the run ends with its error, and the next one begins at its record`, async () => {
      const name = await topic()
      const producer = producerOf()
      await producer.sendAll(['0', '1', '2', '3'].map((value) => ({ topic: name, value })))
      await producer.close()
      const options = { groupProtocol, groupId: `throws.${groupProtocol}` }
      const consumer = consumerOf(options)
      const seen = []
      const wrong = new Error('the handler went wrong')
      const run = (isOver) => {
        const ending = new AbortController()
        const eachRecord = ({ value }) => {
          seen.push(value)
          if (value === '2' && seen.length === 3) throw wrong
          if (isOver(value)) ending.abort()
        }
        return consumer.run({ eachRecord, signal: ending.signal })
      }
      consumer.subscribe(name)
      await assert.rejects(
        run(() => false),
        (why) => why === wrong,
      )
      await run((value) => value === '3')
      assert.deepEqual(seen, ['0', '1', '2', '2', '3'])
      await consumer.close()
      const next = consumerOf(options)
      assert.equal((await next.committed([{ topic: name, partition: 0 }]))[0]?.offset, 4)
      await next.close()
    })

    await test(`a handler that never ends (${groupProtocol}): another member goes on with its record, and close ends in its time`, async () => {
      const name = await topic()
      const producer = producerOf()
      await producer.sendAll(['0', '1'].map((value) => ({ topic: name, value })))
      const options = { groupProtocol, groupId: `endless.${groupProtocol}`, maxPollIntervalMs: 1500 }
      const stuck = consumerOf(options)
      const other = consumerOf(options)
      const lost = []
      stuck.subscribe(name, { onLost: (partitions) => lost.push(...partitions) })
      const running = stuck.run({ eachRecord: () => new Promise(() => {}) })
      running.catch(() => {}) // it ends with the consumer, or never
      const seen = []
      try {
        await eventually(() => assert.equal(stuck.assignment().length, 1), 15_000)
        other.subscribe(name)
        const reading = other.run({ eachRecord: ({ value }) => void seen.push(value) })
        await eventually(() => assert.deepEqual([seen, lost.length], [['0', '1'], 1]), 20_000)
        const beganAt = performance.now()
        await stuck.close({ timeoutMs: 1000 })
        assert.ok(performance.now() - beganAt < 3000, 'close took longer than it was given')
        await producer.send({ topic: name, value: '2' })
        await eventually(() => assert.deepEqual(seen, ['0', '1', '2']))
        await other.close({ timeoutMs: 5000 })
        await reading
      } finally {
        await Promise.all([producer.close(), stuck.close(), other.close({ timeoutMs: 5000 })])
      }
    })
  }
}
