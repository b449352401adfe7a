/** A broker that is killed, and comes back, under every kind of client at once. */
import assert from 'node:assert/strict'
import { eventually } from '../lib/report.mjs'
import { sleep } from './world.mjs'

const BEFORE = 50
const AFTER = 50

export async function restart({ test, producerOf, consumerOf, adminOf, topic, read, protocols, killBroker }) {
  await test(
    `kill -9 under a producer, an admin client and members (${protocols.join(', ')}): each record is there once, all are read, and all are committed`,
    async () => {
      const name = await topic()
      const place = { topic: name, partition: 0 }
      const producer = producerOf()
      const admin = adminOf({ defaultApiTimeoutMs: 60_000 })
      const members = protocols.map((groupProtocol) => {
        const consumer = consumerOf({ groupProtocol, groupId: `restart.${groupProtocol}`, autoCommitIntervalMs: 100 })
        const seen = []
        consumer.subscribe(name)
        const running = consumer.run({ eachRecord: ({ value }) => void seen.push(Number(value)) })
        return { groupProtocol, consumer, seen, running }
      })
      let acknowledged = 0
      let isOver = false
      const sending = (async () => {
        while (!isOver) {
          const { offset } = await producer.send({ topic: name, value: `${acknowledged}` })
          assert.equal(offset, acknowledged++)
          await sleep(5)
        }
      })()
      sending.catch(() => {}) // told below
      try {
        await eventually(() => assert.ok(members.every(({ seen }) => seen.length >= BEFORE)), 30_000)
        const asking = admin.listTopics()
        const killing = killBroker()
        const listed = Promise.all([asking.catch(() => []), admin.listTopics()])
        await killing
        await listed
        const soFar = acknowledged
        await Promise.race([sending, eventually(() => assert.ok(acknowledged >= soFar + AFTER), 30_000)])
        isOver = true
        await sending
        for (const { groupProtocol, consumer, seen, running } of members) {
          const ended = running.then(
            () => assert.fail('it has ended'),
            (why) => why,
          )
          const all = eventually(() => assert.equal(new Set(seen).size, acknowledged, groupProtocol), 30_000)
          const trouble = await Promise.race([ended, all])
          assert.ok(!(trouble instanceof Error), trouble?.stack)
          for (const [i, number] of seen.entries())
            assert.ok(i === 0 || number <= seen[i - 1] + 1, `${number} comes after ${seen[i - 1]}`)
          await eventually(async () => assert.equal((await consumer.committed([place]))[0]?.offset, acknowledged), 20_000)
        }
      } finally {
        isOver = true
        await Promise.all([
          producer.close({ timeoutMs: 5000 }),
          admin.close(),
          ...members.map(({ consumer }) => consumer.close()),
        ])
      }
      assert.deepEqual(
        await read(name, acknowledged),
        Array.from({ length: acknowledged }, (_, i) => `${i}`),
      )
    },
    { timeoutMs: 180_000 },
  )
}
