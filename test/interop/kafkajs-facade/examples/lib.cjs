// What the examples share: a client of whatever the program calls kafkajs, and steps that print "  pass|fail NAME SECONDSs WHY".
const { Kafka, logLevel } = require('kafkajs')

const [bootstrap, ...flags] = process.argv.slice(2)
let failed = false

exports.hasTransactions = !flags.includes('--without-transactions')
exports.bootstrap = bootstrap
exports.kafkaOf = (more = {}) => new Kafka({ clientId: 'my-app', brokers: [bootstrap], logLevel: logLevel.NOTHING, ...more })

exports.step = async (title, body) => {
  const name = title.replace(/[^\w]+/g, '-')
  const startedAt = Date.now()
  try {
    await body()
    console.log(`  pass ${name} ${(Date.now() - startedAt) / 1000}s`)
  } catch (error) {
    failed = true
    console.log(`  fail ${name} ${(Date.now() - startedAt) / 1000}s ${String(error.stack).replace(/\n/g, ' ')}`)
  }
}

exports.until = async (condition, what, ms = 30_000) => {
  const deadline = Date.now() + ms
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms: ${what()}`)
    await new Promise((resume) => setTimeout(resume, 20))
  }
}

/** A topic of its own; with messages "0" to the last, dealt out to its partitions. */
exports.topicOf = async (kafka, name, { partitions = 1, messages = 0 } = {}) => {
  const topic = `facade-${name}-${Date.now()}`
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: partitions }] })
  await admin.disconnect()
  if (messages > 0) {
    const producer = kafka.producer()
    await producer.connect()
    const list = Array.from({ length: messages }, (_, i) => ({ value: String(i), partition: i % partitions }))
    await producer.send({ topic, messages: list })
    await producer.disconnect()
  }
  return topic
}

/** Runs a consumer from the beginning of the topic until `enough` says so; gives what came. */
exports.consumed = async (kafka, topic, enough, { config = {}, run = {} } = {}) => {
  const consumer = kafka.consumer({ groupId: `${topic}-${Math.random()}`, maxWaitTimeInMs: 100, ...config })
  const found = []
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({ eachMessage: async ({ message, partition }) => void found.push({ ...message, partition }), ...run })
  await exports.until(
    () => enough(found),
    () => `${found.length} came`,
  )
  await consumer.disconnect()
  return found
}

exports.end = () => process.exit(failed ? 1 : 0)
