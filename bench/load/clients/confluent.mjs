/** @confluentinc/kafka-javascript, which is librdkafka, by the names of KafkaJS. */
import { createRequire } from 'node:module'
import { join } from 'node:path'

export function open({ home, bootstrap, topic }) {
  const { KafkaJS } = createRequire(join(home, 'package.json'))('@confluentinc/kafka-javascript')
  const { Kafka, logLevel } = KafkaJS
  const kafka = new Kafka({ kafkaJS: { brokers: [bootstrap], clientId: 'bench', logLevel: logLevel.ERROR } })
  return {
    async producer({ lingers }) {
      const producer = kafka.producer({ 'linger.ms': lingers ? 5 : 0, kafkaJS: { acks: -1 } })
      await producer.connect()
      const send = (values) => producer.send({ topic, messages: values.map((value) => ({ value })) })
      return { one: (value) => send([value]), many: send, close: () => producer.disconnect() }
    },
    async consume({ isBatch, received }) {
      const group = { groupId: `bench-${process.pid}`, fromBeginning: true, autoCommit: false }
      // 32 records a batch are its default; ours, and Java, give 500.
      const consumer = kafka.consumer({ kafkaJS: group, 'js.consumer.max.batch.size': 500 })
      await consumer.connect()
      await consumer.subscribe({ topic })
      const eachMessage = async () => received(1)
      const eachBatch = async ({ batch }) => received(batch.messages.length)
      await consumer.run(isBatch ? { eachBatch } : { eachMessage })
      return () => consumer.disconnect()
    },
  }
}
