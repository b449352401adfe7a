// Two services that know each other by topics alone: orders come in, the payment service takes them and tells what became of them, and whoever ordered is told.
// An answer finds its question by an id in a header. Run with: node examples/two-services.mjs
import assert from 'node:assert/strict'
import { startBroker } from 'odradek'
import { Consumer, Producer, serdes } from 'odradek/client'

const broker = await startBroker({ inMemory: true })
const bootstrapServers = broker.bootstrapServers
const payments = paymentService()
const orders = await orderService()
try {
  const answers = await Promise.all([orders.place({ amount: 20 }), orders.place({ amount: 2000 }), orders.place({ amount: 7 })])
  assert.deepEqual(answers, ['paid', 'refused', 'paid'])
  console.log(`three orders: ${answers.join(', ')}`)
} finally {
  await orders.close()
  await payments.close()
  await broker.close()
}

/** Takes each order, and says on another topic what became of it. Run it twice, and the two share the work. */
function paymentService() {
  const producer = new Producer({ bootstrapServers, valueSerializer: serdes.string })
  const consumer = new Consumer({
    bootstrapServers,
    groupId: 'payments',
    autoOffsetReset: 'earliest',
    valueDeserializer: serdes.json(),
  })
  consumer.subscribe('orders')
  const over = consumer.run({
    eachRecord: async ({ value, headers }) => {
      await producer.send({ topic: 'payments', value: value.amount > 1000 ? 'refused' : 'paid', headers })
    },
  })
  return {
    async close() {
      await consumer.close()
      await over
      await producer.close()
    },
  }
}

/** Places orders, and gives each its own answer. */
async function orderService() {
  const waiting = new Map()
  const producer = new Producer({ bootstrapServers, valueSerializer: serdes.json() })
  const consumer = new Consumer({ bootstrapServers, valueDeserializer: serdes.string })
  // Every order service hears all answers, and takes its own: no group.
  const partitions = (await consumer.partitionsFor('payments')).map(({ index }) => ({ topic: 'payments', partition: index }))
  consumer.assign(partitions)
  consumer.seekToBeginning()
  const over = consumer.run({
    eachRecord: ({ value, headers }) => {
      const { value: id } = headers.find(({ key }) => key === 'order-id')
      waiting.get(Buffer.from(id).toString())?.(value)
    },
  })
  return {
    async place(order) {
      const id = crypto.randomUUID()
      const answer = new Promise((resolve) => waiting.set(id, resolve))
      await producer.send({ topic: 'orders', value: order, headers: { 'order-id': id } })
      return answer.finally(() => waiting.delete(id))
    },
    async close() {
      await consumer.close()
      await over
      await producer.close()
    },
  }
}
