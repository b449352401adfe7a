/**
 * A topic that is deleted and made again under its name, while clients have it in use. Nothing is committed here: commits name topics, and one that comes late
 * counts in the new topic (docs/limits.md).
 */
import assert from 'node:assert/strict'
import { eventually } from '../lib/report.mjs'
import { sleep } from './world.mjs'

export async function topics({ test, producerOf, consumerOf, adminOf, topic, read, protocols }) {
  for (const groupProtocol of protocols) {
    await test(`a topic deleted and made again under a producer and a member (${groupProtocol}): both go on in the new one`, async () => {
      const name = await topic()
      const admin = adminOf()
      const producer = producerOf({ metadataMaxAgeMs: 1000 })
      const consumer = consumerOf({
        groupProtocol,
        groupId: `again.${groupProtocol}`,
        metadataMaxAgeMs: 1000,
        enableAutoCommit: false,
      })
      const seen = []
      let trouble
      consumer.subscribe(name)
      const running = consumer
        .run({ eachRecord: ({ offset, value }) => void seen.push(`${offset} ${value}`) })
        .catch((thrown) => (trouble = thrown))
      try {
        for (let life = 1; life <= 3; life++) {
          for (let i = 0; i < 3; i++) {
            const { offset } = await producer.send({ topic: name, value: `life ${life}` })
            assert.equal(offset, i)
          }
          await eventually(
            () => assert.deepEqual([seen.filter((each) => each.endsWith(`life ${life}`)).length, trouble], [3, undefined]),
            15_000,
          )
          assert.deepEqual(await read(name, 3), Array(3).fill(`life ${life}`))
          if (life === 3) break
          const gone = await admin.deleteTopics([name])
          gone.all()
          await sleep(200)
          await eventually(async () => {
            const made = await admin.createTopics([{ name, partitions: 1, replicationFactor: 1 }])
            made.all()
          })
        }
        assert.deepEqual(
          seen,
          [1, 2, 3].flatMap((life) => [0, 1, 2].map((offset) => `${offset} life ${life}`)),
        )
      } finally {
        await Promise.all([producer.close({ timeoutMs: 3000 }), consumer.close({ timeoutMs: 5000 })])
        await Promise.all([running, admin.close()])
      }
    })
  }
}
