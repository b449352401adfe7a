/** Our own client, as it is built. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export function open({ home, bootstrap, topic }) {
  const client = import(pathToFileURL(join(home, 'dist/client/index.js')).href)
  const common = { bootstrapServers: bootstrap, clientId: 'bench' }
  return {
    async producer({ lingers }) {
      const { Producer } = await client
      const producer = new Producer({ ...common, lingerMs: lingers ? 5 : 0 })
      return {
        one: (value) => producer.send({ topic, value }),
        enqueue: (value) => producer.enqueue({ topic, value }),
        flush: () => producer.flush(),
        close: () => producer.close(),
      }
    },
    async consume({ isBatch, received }) {
      const { Consumer } = await client
      const group = { groupId: `bench-${process.pid}`, enableAutoCommit: false, autoOffsetReset: 'earliest' }
      const consumer = new Consumer({ ...common, ...group })
      consumer.subscribe(topic)
      const eachRecord = () => received(1)
      const eachBatch = ({ records }) => received(records.length)
      const running = consumer.run(isBatch ? { eachBatch } : { eachRecord })
      return () => Promise.all([consumer.close(), running])
    },
  }
}
