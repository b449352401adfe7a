// What programs on KafkaJS do every day, with a check of what comes back. Prints "  pass|fail NAME SECONDSs WHY" per step.
import assert from 'node:assert/strict'
import kafkajs from 'kafkajs'

const { CompressionTypes, ConfigResourceTypes, Kafka, logLevel } = kafkajs
const kafka = new Kafka({ clientId: 'judge', brokers: [process.argv[2]], logLevel: logLevel.NOTHING })
const admin = kafka.admin()
const producer = kafka.producer()
const topic = 'kafkajs-orders'
let failed = false

async function step(name, body) {
  const startedAt = Date.now()
  try {
    await body()
    console.log(`  pass ${name} ${(Date.now() - startedAt) / 1000}s`)
  } catch (error) {
    failed = true
    console.log(`  fail ${name} ${(Date.now() - startedAt) / 1000}s ${String(error.message).replace(/\n/g, ' ')}`)
  }
}

async function until(condition, what, ms = 30_000) {
  const deadline = Date.now() + ms
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what()}`)
    await new Promise((resume) => setTimeout(resume, 50))
  }
}

/** A consumer in `groupId` that collects what it is given. */
async function consume(groupId, { fromBeginning = true } = {}) {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 200, heartbeatInterval: 500, rebalanceTimeout: 10_000 })
  const found = { consumer, messages: [], partitions: null }
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => (found.partitions = payload.memberAssignment[topic] ?? []))
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning })
  await consumer.run({
    autoCommitInterval: 200,
    eachMessage: async ({ partition, message }) => found.messages.push({ partition, message }),
  })
  return found
}

const text = ({ message }) => message.value.toString()

await admin.connect()
await producer.connect()

await step('create-topic', async () => {
  const configEntries = [{ name: 'retention.ms', value: '86400000' }]
  assert.equal(await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 4, configEntries }] }), true)
  assert.equal(await admin.createTopics({ topics: [{ topic }] }), false)
})

await step('send-acks-all', async () => {
  const messages = Array.from({ length: 200 }, (_, i) => ({
    key: `key-${i}`,
    value: `value-${i}`,
    headers: { number: String(i) },
  }))
  const sent = await producer.send({ topic, acks: -1, messages })
  assert.ok(sent.every(({ errorCode }) => errorCode === 0))
})

await step('send-acks-1-and-0', async () => {
  await producer.send({ topic, acks: 1, messages: [{ key: 'one', value: 'acks-1' }] })
  await producer.send({ topic, acks: 0, messages: [{ key: 'none', value: 'acks-0' }] })
})

await step('send-gzip', () =>
  producer.send({ topic, compression: CompressionTypes.GZIP, messages: [{ key: 'gzip', value: 'squeezed '.repeat(100) }] }),
)

await step('idempotent-producer', async () => {
  const idempotent = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await idempotent.connect()
  for (let i = 0; i < 10; i++) await idempotent.send({ topic, messages: [{ key: 'idem', value: `once-${i}` }] })
  await idempotent.disconnect()
})

await step('consume-in-group', async () => {
  const { consumer, messages } = await consume('kafkajs-group')
  await until(
    () => messages.length >= 213,
    () => `213 messages, ${messages.length} came`,
  )
  await new Promise((resume) => setTimeout(resume, 500))
  await consumer.disconnect()
  assert.equal(messages.length, 213)
  assert.equal(new Set(messages.map(text)).size, 213)
  const seventh = messages.find((each) => text(each) === 'value-7').message
  assert.equal(seventh.key.toString(), 'key-7')
  assert.equal(seventh.headers.number.toString(), '7')
  assert.deepEqual(
    messages.map(text).filter((value) => value.startsWith('once-')),
    Array.from({ length: 10 }, (_, i) => `once-${i}`),
  )
})

await step('resume-where-the-group-stopped', async () => {
  await producer.send({ topic, messages: [{ key: 'late', value: 'after the break' }] })
  const { consumer, messages } = await consume('kafkajs-group')
  await until(
    () => messages.length >= 1,
    () => 'the new message did not come',
  )
  await new Promise((resume) => setTimeout(resume, 500))
  await consumer.disconnect()
  assert.deepEqual(messages.map(text), ['after the break'])
})

await step('rebalance-of-two', async () => {
  const first = await consume('kafkajs-pair')
  await until(
    () => first.partitions?.length === 4,
    () => `first has ${first.partitions}`,
  )
  const second = await consume('kafkajs-pair')
  await until(
    () => first.partitions.length === 2 && second.partitions?.length === 2,
    () => `${first.partitions} | ${second.partitions}`,
  )
  await second.consumer.disconnect()
  await until(
    () => first.partitions.length === 4,
    () => `first has ${first.partitions} again`,
  )
  await first.consumer.disconnect()
})

await step('describe-and-list-groups', async () => {
  const { groups } = await admin.describeGroups(['kafkajs-group'])
  assert.equal(groups[0].state, 'Empty')
  assert.ok((await admin.listGroups()).groups.some(({ groupId }) => groupId === 'kafkajs-group'))
  const [{ partitions }] = await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: [topic] })
  assert.equal(
    partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0),
    214,
  )
})

await step('set-reset-delete-offsets', async () => {
  await admin.setOffsets({ groupId: 'kafkajs-group', topic, partitions: [{ partition: 0, offset: '1' }] })
  const [{ partitions }] = await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: [topic] })
  assert.equal(partitions.find(({ partition }) => partition === 0).offset, '1')
  await admin.resetOffsets({ groupId: 'kafkajs-group', topic, earliest: true })
  await admin.deleteGroups(['kafkajs-group'])
  assert.ok(!(await admin.listGroups()).groups.some(({ groupId }) => groupId === 'kafkajs-group'))
})

await step('topic-offsets-by-time', async () => {
  const stamped = 'kafkajs-stamped'
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: stamped, numPartitions: 1 }] })
  const messages = [1000, 2000, 3000].map((timestamp) => ({ value: String(timestamp), timestamp: String(timestamp) }))
  await producer.send({ topic: stamped, messages })
  assert.equal((await admin.fetchTopicOffsetsByTimestamp(stamped, 1500))[0].offset, '1')
  await admin.deleteTopicRecords({ topic: stamped, partitions: [{ partition: 0, offset: '2' }] })
  assert.deepEqual((await admin.fetchTopicOffsets(stamped))[0], { partition: 0, offset: '3', high: '3', low: '2' })
})

await step('configs-and-partitions', async () => {
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic }
  const configValue = async (name) => {
    const { resources } = await admin.describeConfigs({
      resources: [{ ...resource, configNames: [name] }],
      includeSynonyms: false,
    })
    return resources[0].configEntries[0].configValue
  }
  assert.equal(await configValue('retention.ms'), '86400000')
  await admin.alterConfigs({
    resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '3600000' }] }],
    validateOnly: false,
  })
  await until(
    async () => (await configValue('retention.ms')) === '3600000',
    () => 'retention.ms stays as it was',
  )
  await admin.createPartitions({ topicPartitions: [{ topic, count: 6 }] })
  await until(
    async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0].partitions.length === 6,
    () => 'six partitions',
  )
})

await step('describe-cluster', async () => {
  const { brokers, clusterId, controller } = await admin.describeCluster()
  assert.equal(brokers.length, 1)
  assert.equal(controller, brokers[0].nodeId)
  assert.ok(clusterId)
})

await step('delete-topic', async () => {
  await admin.deleteTopics({ topics: [topic] })
  await until(
    async () => !(await admin.listTopics()).includes(topic),
    () => 'it is still listed',
  )
})

await producer.disconnect()
await admin.disconnect()
process.exit(failed ? 1 : 0)
