// The event log of an online shop: what happens is written once, and everybody reads it at their own pace. The stock is what the log says, so whoever needs it
// builds it by reading from the beginning; a shop assistant who comes later reads only what is new. Run with: node examples/online-shop.mjs
import assert from 'node:assert/strict'
import { startBroker } from 'odradek'
import { Admin, Consumer, Producer, serdes } from 'odradek/client'

const events = [
  { sku: 'tea', kind: 'delivered', count: 10 },
  { sku: 'cup', kind: 'delivered', count: 4 },
  { sku: 'tea', kind: 'sold', count: 3 },
  { sku: 'cup', kind: 'sold', count: 1 },
  { sku: 'tea', kind: 'sold', count: 2 },
]

const broker = await startBroker({ inMemory: true })
const bootstrapServers = broker.bootstrapServers
try {
  const admin = new Admin({ bootstrapServers })
  await admin.createTopics([{ name: 'shop-events', partitions: 3 }])
  admin.close()

  await write(events)
  assert.deepEqual(await stock(), { tea: 5, cup: 3 })

  // Whoever has read before goes on where they were.
  assert.equal((await read('assistant', events.length)).length, 5)
  await write([{ sku: 'tea', kind: 'sold', count: 5 }])
  assert.deepEqual(await read('assistant', 1), [{ sku: 'tea', kind: 'sold', count: 5 }])
  assert.deepEqual(await stock(6), { tea: 0, cup: 3 })
  console.log('the stock is what the log says: no tea, three cups')
} finally {
  await broker.close()
}

/** All events of an article go to one partition, where they stay in order. */
async function write(some) {
  const producer = new Producer({ bootstrapServers, valueSerializer: serdes.json() })
  for (const event of some) await producer.send({ topic: 'shop-events', key: event.sku, value: event })
  await producer.close()
}

/** So many events for a group, from where it stopped. */
async function read(groupId, count) {
  const consumer = new Consumer({ bootstrapServers, groupId, autoOffsetReset: 'earliest', valueDeserializer: serdes.json() })
  const found = []
  try {
    consumer.subscribe('shop-events')
    for await (const { value } of consumer) {
      found.push(value)
      if (found.length === count) break
    }
    await consumer.commit()
  } finally {
    await consumer.close()
  }
  return found
}

/** The stock out of the whole log; no group, so nobody's place changes. */
async function stock(count = events.length) {
  const consumer = new Consumer({ bootstrapServers, valueDeserializer: serdes.json() })
  const found = {}
  try {
    const partitions = [0, 1, 2].map((partition) => ({ topic: 'shop-events', partition }))
    consumer.assign(partitions)
    consumer.seekToBeginning()
    let seen = 0
    for await (const { value } of consumer) {
      found[value.sku] = (found[value.sku] ?? 0) + (value.kind === 'sold' ? -value.count : value.count)
      if (++seen === count) return found
    }
  } finally {
    await consumer.close()
  }
}
