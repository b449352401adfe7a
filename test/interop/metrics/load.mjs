/** Clients that never rest: a producer, and a group that keeps up. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { projectDir } from '../lib/brokers.mjs'

const { Kafka, logLevel } = createRequire(join(projectDir, 'package.json'))('kafkajs')

export const kafkaAt = (bootstrap) =>
  new Kafka({ brokers: [bootstrap], clientId: 'metrics-judge', logLevel: logLevel.NOTHING, retry: { retries: 3 } })

/** Runs until `stop()`. What goes wrong on the way is the business of those who look at the metrics. */
export async function startLoad(bootstrap, topic) {
  const kafka = kafkaAt(bootstrap)
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 4 }], waitForLeaders: true })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  const consumer = kafka.consumer({ groupId: 'keeps-up', sessionTimeout: 10_000 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ autoCommitInterval: 500, eachMessage: async () => {} })
  let isOver = false
  const producing = (async () => {
    while (!isOver) {
      await producer.send({ topic, messages: Array.from({ length: 20 }, (_, i) => ({ value: `value ${i}` })) }).catch(() => {})
      await new Promise((resume) => setTimeout(resume, 50))
    }
  })()
  return {
    async stop() {
      isOver = true
      await producing
      await consumer.disconnect().catch(() => {})
      await producer.disconnect().catch(() => {})
    },
  }
}
