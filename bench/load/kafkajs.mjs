/** kafkajs as a load: { mode: 'produce' | 'consume', bootstrap, topic, size, seconds, records? }. Consuming ends after `records`. */
import kafkajs from 'kafkajs'
import { sleep } from './latencies.mjs'

const { mode, bootstrap, topic, size, seconds, records } = JSON.parse(process.argv[2])
const kafka = new kafkajs.Kafka({ brokers: [bootstrap], clientId: 'bench', logLevel: kafkajs.logLevel.ERROR })

if (mode === 'produce') await produce()
else await consume()

async function produce() {
  const producer = kafka.producer({ allowAutoTopicCreation: false, maxInFlightRequests: 5 })
  await producer.connect()
  const messages = Array.from({ length: 64 }, (_, i) => ({ value: Buffer.alloc(size, 97 + (i % 26)) }))
  let sent = 0
  let stopping = false
  const sender = async () => {
    for (; !stopping; sent += messages.length) await producer.send({ topic, acks: -1, messages })
  }
  const senders = Array.from({ length: 5 }, sender)
  await sleep(1000) // let it come up to speed
  const before = sent
  const from = performance.now()
  await sleep(seconds * 1000)
  report(sent - before, performance.now() - from, () => sent)
  stopping = true
  await Promise.all(senders)
  await producer.disconnect()
}

async function consume() {
  const consumer = kafka.consumer({ groupId: `bench-${process.pid}` })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  let received = 0
  let from = 0
  const enough = new Promise((resolve) => {
    consumer.run({
      eachBatch: async ({ batch }) => {
        from ||= performance.now()
        received += batch.messages.length
        if (received >= records) resolve()
      },
    })
  })
  await enough
  report(received, performance.now() - from, () => received)
  await consumer.disconnect()
}

function report(count, ms, all) {
  const perSecond = (count / ms) * 1000
  console.log(JSON.stringify({ recordsPerSecond: perSecond, mbPerSecond: (perSecond * size) / 1e6, bytes: all() * size }))
}
