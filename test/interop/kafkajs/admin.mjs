// An administrator's first program: makes the topic that the README's example uses.
import { Kafka } from 'kafkajs'

const kafka = new Kafka({ clientId: 'my-app', brokers: [process.argv[2]] })
const admin = kafka.admin()
await admin.connect()
const created = await admin.createTopics({ waitForLeaders: true, topics: [{ topic: 'test-topic', numPartitions: 3 }] })
console.log('created', created)
console.log('listed', (await admin.listTopics()).includes('test-topic'))
const { topics } = await admin.fetchTopicMetadata({ topics: ['test-topic'] })
console.log('partitions', topics[0].partitions.length)
await admin.disconnect()
