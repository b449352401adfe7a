// A broker for the length of a test: in memory, on a port of its own, gone afterwards. Run with: node examples/in-a-test.mjs
import assert from 'node:assert/strict'
import { Kafka, logLevel } from 'kafkajs'
import { startBroker } from 'odradek'

const broker = await startBroker({ inMemory: true })
try {
  const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.ERROR })
  assert.deepEqual(await roundTrip(kafka, ['one', 'two', 'three']), ['one', 'two', 'three'])
  console.log('three messages went through a consumer group')
} finally {
  await broker.close()
}

/** Sends messages to a topic that is made on the way, and reads them in a group. */
async function roundTrip(kafka, values) {
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  await producer.send({ topic: 'greetings', messages: values.map((value) => ({ key: 'same partition', value })) })
  await producer.disconnect()

  const consumer = kafka.consumer({ groupId: 'readers' })
  await consumer.connect()
  await consumer.subscribe({ topic: 'greetings', fromBeginning: true })
  const received = []
  await new Promise((resolve, reject) => {
    const eachMessage = async ({ message }) => {
      received.push(message.value.toString())
      if (received.length === values.length) resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.disconnect()
  return received
}
