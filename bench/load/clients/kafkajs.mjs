/** KafkaJS. */
import { createRequire } from 'node:module'
import { join } from 'node:path'

export function open({ home, bootstrap, topic }) {
  const { Kafka, logLevel } = createRequire(join(home, 'package.json'))('kafkajs')
  const kafka = new Kafka({ brokers: [bootstrap], clientId: 'bench', logLevel: logLevel.ERROR })
  return {
    async producer() {
      const producer = kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 5 })
      await producer.connect()
      const send = (values) => producer.send({ topic, acks: -1, messages: values.map((value) => ({ value })) })
      return { one: (value) => send([value]), many: send, close: () => producer.disconnect() }
    },
    async consume({ isBatch, received }) {
      const consumer = kafka.consumer({ groupId: `bench-${process.pid}` })
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      const eachMessage = async () => received(1)
      const eachBatch = async ({ batch }) => received(batch.messages.length)
      await consumer.run({ autoCommit: false, ...(isBatch ? { eachBatch } : { eachMessage }) })
      return () => consumer.disconnect()
    },
  }
}
