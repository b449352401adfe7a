// A producer and a group of one, for any Kafka: here for a broker in memory. Run with: node examples/client.mjs
import assert from 'node:assert/strict'
import { startBroker } from 'odradek'
import { Consumer, Producer, serdes } from 'odradek/client'

const broker = await startBroker({ inMemory: true })
const { bootstrapServers } = broker
const producer = new Producer({ bootstrapServers, valueSerializer: serdes.json() })
const consumer = new Consumer({
  bootstrapServers,
  groupId: 'shop',
  autoOffsetReset: 'earliest',
  valueDeserializer: serdes.json(),
})
try {
  for (const [key, total] of [
    ['anna', 12],
    ['ben', 30],
  ])
    await producer.send({ topic: 'orders', key, value: { total } })

  consumer.subscribe('orders')
  let sum = 0
  for await (const { value } of consumer) {
    sum += value.total
    if (sum === 42) break
  }
  assert.equal(sum, 42)
  console.log('two orders, 42 in all')
} finally {
  await Promise.all([producer.close(), consumer.close()])
  await broker.close()
}
