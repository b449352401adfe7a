/** @platformatic/kafka. It has no call for many records: both ways to consume are its stream. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

export function open({ home, bootstrap, topic }) {
  const file = createRequire(join(home, 'package.json')).resolve('@platformatic/kafka')
  const client = import(pathToFileURL(file).href)
  const common = { clientId: 'bench', bootstrapBrokers: [bootstrap] }
  return {
    async producer() {
      const { Producer } = await client
      const producer = new Producer({ ...common, autocreateTopics: false })
      const send = (values) => producer.send({ acks: -1, messages: values.map((value) => ({ topic, value })) })
      return { one: (value) => send([value]), many: send, close: () => producer.close() }
    },
    async consume({ received }) {
      const { Consumer, MessagesStreamModes } = await client
      const consumer = new Consumer({ ...common, groupId: `bench-${process.pid}`, isolationLevel: 0, maxWaitTime: 500 })
      const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST, autocommit: false })
      stream.on('data', () => received(1))
      return async () => {
        await stream.close()
        await consumer.close()
      }
    },
  }
}
