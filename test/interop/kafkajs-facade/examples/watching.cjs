// Instrumentation events, loggers, and errors, as the documentation tells of them.
const { execFile } = require('node:child_process')
const { promisify } = require('node:util')
const assert = require('node:assert/strict')
const { Kafka, KafkaJSConnectionError, KafkaJSError, KafkaJSNumberOfRetriesExceeded, logLevel } = require('kafkajs')
const { bootstrap, end, kafkaOf, step, topicOf, until } = require('./lib.cjs')

async function main() {
  const kafka = kafkaOf()

  await step('instrumentation events of a consumer', async () => {
    const topic = await topicOf(kafka, 'events', { messages: 3 })
    const groupId = `events-${Date.now()}`
    const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100, heartbeatInterval: 100 })
    const seen = new Map()
    for (const name of Object.values(consumer.events)) consumer.on(name, (event) => seen.set(name, event))
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({ eachMessage: async () => {} })
    const wanted = [
      'heartbeat',
      'commit_offsets',
      'group_join',
      'fetch_start',
      'fetch',
      'start_batch_process',
      'end_batch_process',
    ]
    const { HEARTBEAT, COMMIT_OFFSETS, GROUP_JOIN, END_BATCH_PROCESS, REQUEST } = consumer.events
    await until(
      () => wanted.every((name) => seen.has(`consumer.${name}`)),
      () => [...seen.keys()].join(),
    )
    await consumer.disconnect()
    for (const name of ['connect', 'disconnect', 'stop', 'network.request']) assert.ok(seen.has(`consumer.${name}`), name)
    for (const [name, event] of seen) {
      assert.equal(event.type, name)
      assert.deepEqual(Object.keys(event).sort(), ['id', 'payload', 'timestamp', 'type'])
      assert.equal(typeof event.timestamp, 'number')
    }
    const { memberId, ...join } = seen.get(GROUP_JOIN).payload
    assert.equal(join.leaderId, memberId)
    assert.deepEqual(
      [join.groupId, join.isLeader, join.groupProtocol, join.memberAssignment, typeof join.duration],
      [groupId, true, 'RoundRobinAssigner', { [topic]: [0] }, 'number'],
    )
    assert.deepEqual(Object.keys(seen.get(HEARTBEAT).payload).sort(), ['groupGenerationId', 'groupId', 'memberId'])
    const [{ partitions, ...committed }] = seen.get(COMMIT_OFFSETS).payload.topics
    // KafkaJS gives the number as a text where its types say a number.
    assert.deepEqual([committed.topic, Number(partitions[0].partition), partitions[0].offset], [topic, 0, '3'])
    const { duration, ...batch } = seen.get(END_BATCH_PROCESS).payload
    assert.equal(typeof duration, 'number')
    const expected = {
      topic,
      partition: 0,
      highWatermark: '3',
      offsetLag: '0',
      offsetLagLow: '2',
      batchSize: 3,
      firstOffset: '0',
    }
    assert.deepEqual(batch, { ...expected, lastOffset: '2' })
    const request = seen.get(REQUEST).payload
    assert.deepEqual(Object.keys(request).sort(), [
      'apiKey',
      'apiName',
      'apiVersion',
      'broker',
      'clientId',
      'correlationId',
      'createdAt',
      'duration',
      'pendingDuration',
      'sentAt',
      'size',
    ])
    assert.equal(request.clientId, 'my-app')
  })

  await step('a listener is removed, and one that fails hinders nobody', async () => {
    const producer = kafka.producer()
    let count = 0
    const remove = producer.on(producer.events.CONNECT, () => count++)
    producer.on(producer.events.CONNECT, async () => {
      throw new Error('a bad listener')
    })
    await producer.connect()
    await producer.disconnect()
    remove()
    await producer.connect()
    await producer.disconnect()
    assert.equal(count, 1)
    assert.throws(() => producer.on('consumer.stop', () => {}), { name: 'KafkaJSNonRetriableError' })
  })

  await step('a log creator', async () => {
    const entries = []
    const levels = []
    const logCreator = (level) => {
      levels.push(level)
      return ({ namespace, level: own, label, log }) => entries.push({ namespace, own, label, ...log })
    }
    const noisy = new Kafka({ clientId: 'my-app', brokers: [bootstrap], logLevel: logLevel.INFO, logCreator })
    assert.deepEqual(levels, [logLevel.INFO])
    const topic = await topicOf(kafka, 'logs')
    const consumer = noisy.consumer({ groupId: `logs-${Date.now()}` })
    await consumer.connect()
    await consumer.subscribe({ topics: [topic] })
    await consumer.run({ eachMessage: async () => {} })
    await consumer.disconnect()
    const joined = entries.find(({ message }) => message === 'Consumer has joined the group')
    assert.deepEqual([joined.own, joined.label, typeof joined.timestamp], [4, 'INFO', 'string'])
    assert.ok(!entries.some(({ label }) => label === 'DEBUG'))
    noisy.logger().setLogLevel(logLevel.NOTHING)
    const before = entries.length
    noisy.logger().error('nobody hears it')
    assert.equal(entries.length, before)
  })

  await step('a handler that fails is retried, then crashes the consumer, which restarts', async () => {
    const topic = await topicOf(kafka, 'crash', { messages: 1 })
    const quick = kafkaOf({ retry: { initialRetryTime: 50, maxRetryTime: 50, retries: 2 } })
    const asked = []
    const restartOnFailure = async (error) => {
      asked.push(error.name)
      return true
    }
    const consumer = quick.consumer({ groupId: `crash-${Date.now()}`, maxWaitTimeInMs: 100, retry: { restartOnFailure } })
    const crashes = []
    consumer.on(consumer.events.CRASH, ({ payload }) => crashes.push(payload))
    let calls = 0
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      eachMessage: async () => {
        calls++
        if (calls <= 3) throw new Error('it does not work')
      },
    })
    await until(
      () => calls === 4,
      () => `${calls} calls`,
    )
    await consumer.disconnect()
    const [{ error, restart }] = crashes
    assert.deepEqual(
      [error.name, error.retryCount, restart, error.cause.message],
      ['KafkaJSNumberOfRetriesExceeded', 2, true, 'it does not work'],
    )
    assert.deepEqual(asked, ['KafkaJSNumberOfRetriesExceeded'])
  })

  await step('brokers that are not there', async () => {
    const nowhere = new Kafka({
      brokers: ['127.0.0.1:1'],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 10, retries: 2 },
    })
    await assert.rejects(nowhere.admin().connect(), (error) => {
      assert.ok(error instanceof KafkaJSNumberOfRetriesExceeded && error instanceof KafkaJSError)
      assert.equal(error.retryCount, 2)
      assert.ok(error.cause instanceof KafkaJSConnectionError)
      assert.equal(error.cause.code, 'ECONNREFUSED')
      return true
    })
  })

  await step('brokers from a function, and sockets from a factory', async () => {
    const sockets = []
    const socketFactory = ({ host, port, onConnect }) => {
      sockets.push(`${host}:${port}`)
      return require('node:net').connect({ host, port }, onConnect)
    }
    const found = kafkaOf({ brokers: async () => [bootstrap], socketFactory })
    const admin = found.admin()
    await admin.connect()
    assert.ok(Array.isArray(await admin.listTopics()))
    await admin.disconnect()
    assert.ok(sockets.includes(bootstrap))
  })

  await step('a program whose clients have disconnected ends by itself', async () => {
    const topic = await topicOf(kafka, 'ends', { messages: 1 })
    const program = `
      const { kafkaOf, consumed } = require('./lib.cjs')
      const kafka = kafkaOf()
      consumed(kafka, '${topic}', ({ length }) => length === 1).then(() => console.log('disconnected'))`
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', program, 'program', bootstrap], { timeout: 20_000 })
    assert.equal(stdout.trim(), 'disconnected')
  })
  end()
}

main()
