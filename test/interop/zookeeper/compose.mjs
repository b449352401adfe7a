/** What tutorials' compose files say: one ZooKeeper, one broker. Only the broker is another one than they mean. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { kafkaAt, readAll } from '../cluster/clerks.mjs'
import { freePort } from '../lib/brokers.mjs'
import { eventually } from '../lib/report.mjs'
import { EntryPoint } from './environment.mjs'
import { readTree } from './tree.mjs'

/** By the image that a tutorial uses, what its compose file sets. */
const tutorials = {
  'one listener for the host': ({ zookeeper, port }) => ({
    KAFKA_BROKER_ID: '1',
    KAFKA_ZOOKEEPER_CONNECT: zookeeper,
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:${port}`,
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
  }),
  'a listener for containers, one for the host': ({ zookeeper, port, inner }) => ({
    KAFKA_BROKER_ID: '1',
    KAFKA_ZOOKEEPER_CONNECT: zookeeper,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT',
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${inner},PLAINTEXT_HOST://localhost:${port}`,
    KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'true',
    KAFKA_JMX_PORT: '9101',
    KAFKA_JMX_HOSTNAME: 'localhost',
    KAFKA_HEAP_OPTS: '-Xmx512M',
    KAFKA_LOG4J_ROOT_LOGLEVEL: 'INFO',
  }),
  'listeners, map and advertised addresses all set': ({ zookeeper, port, inner }) => ({
    KAFKA_BROKER_ID: '1',
    KAFKA_ZOOKEEPER_CONNECT: zookeeper,
    KAFKA_LISTENERS: `INTERNAL://127.0.0.1:${inner},EXTERNAL://127.0.0.1:${port}`,
    KAFKA_ADVERTISED_LISTENERS: `INTERNAL://127.0.0.1:${inner},EXTERNAL://localhost:${port}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'INTERNAL',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_LOG_DIRS: 'kafka-logs',
    ALLOW_PLAINTEXT_LISTENER: 'yes',
  }),
}

/** A session that ends soon, so that a broker that was killed is not waited for 18 s: not in the tutorials. */
const SHORT = { KAFKA_ZOOKEEPER_SESSION_TIMEOUT_MS: '6000' }

/** `only` is the number of one of them; null: all. */
export async function judgeTutorials({ report, runner, libs, ensemble, workDir, version, only = null }) {
  for (const [at, [name, environmentOf]] of Object.entries(tutorials).entries()) {
    if (only !== null && at !== only) continue
    const [port, inner] = [await freePort(), await freePort()]
    const chroot = `/tutorial-${at}`
    const environment = environmentOf({ zookeeper: `${ensemble.connect}${chroot}`, port, inner })
    const broker = new EntryPoint(join(workDir, `tutorial-${at}`), { ...environment, ...(at === 0 ? {} : SHORT) })
    const tool = (...words) => runner.must(words[0], ['--bootstrap-server', `localhost:${port}`, ...words.slice(1)])
    const type = (...words) =>
      runner.must('kafka-console-producer', ['--bootstrap-server', `localhost:${port}`, ...words.slice(0, -1)], {
        input: words.at(-1),
      })
    const world = { broker, port, tool, type, tree: () => readTree(libs, ensemble.connect + chroot) }
    const test = (what, body) => report.test(`${version}, ${name}: ${what}`, body, { timeoutMs: 120_000 })
    try {
      await test('it starts, and its nodes are those of Kafka 3.9', () => startsWith(world, environment))
      await test("topics, Apache's console tools, KafkaJS and a group", () => works(world))
      await test('stopped and started again, it has everything', () => again(world, () => broker.stop()))
      await test('killed and started again, it has everything', () => again(world, () => broker.kill()))
      await test('SIGTERM ends it cleanly, and takes its nodes away', () => leaves(world))
    } finally {
      await broker.kill()
    }
  }
}

const endpointsOf = (text) => text.split(',').map((each) => each.trim())

async function startsWith({ broker, tree }, environment) {
  await broker.start()
  // A broker's node tells of its addresses, the keys in Kafka's order.
  const map = environment.KAFKA_LISTENER_SECURITY_PROTOCOL_MAP ?? 'PLAINTEXT:PLAINTEXT'
  const protocols = Object.fromEntries(map.split(',').map((entry) => entry.split(':')))
  const endpoints = endpointsOf(environment.KAFKA_ADVERTISED_LISTENERS)
  const [, host, port] = /:\/\/(.*):(\d+)$/.exec(endpoints[0])
  const nodes = await tree()
  const { data, isEphemeral, version } = nodes.get('/brokers/ids/1')
  const timestamp = JSON.parse(data).timestamp
  assert.match(timestamp, /^\d{13}$/)
  const expected = {
    features: {},
    listener_security_protocol_map: protocols,
    endpoints,
    jmx_port: -1,
    port: Number(port),
    host,
    version: 5,
    timestamp,
  }
  assert.equal(data, JSON.stringify(expected))
  assert.deepEqual([isEphemeral, version], [true, 1])
  const controller = nodes.get('/controller')
  assert.match(controller.data, /^\{"version":2,"brokerid":1,"timestamp":"\d{13}","kraftControllerEpoch":-1\}$/)
  assert.ok(controller.isEphemeral)
  assert.match(nodes.get('/controller_epoch').data, /^[1-9]\d*$/)
  assert.match(nodes.get('/cluster/id').data, /^\{"version":"1","id":"[\w-]{22}"\}$/)
  for (const path of [
    '/consumers',
    '/brokers/seqid',
    '/config/changes',
    '/admin/delete_topics',
    '/feature',
    '/isr_change_notification',
  ])
    assert.ok(nodes.has(path), path)
}

async function works({ port, tool, type, tree }) {
  await tool(
    'kafka-topics',
    '--create',
    '--topic',
    'orders',
    '--partitions',
    '3',
    '--replication-factor',
    '1',
    '--config',
    'retention.ms=3600000',
  )
  assert.match(await tool('kafka-topics', '--describe', '--topic', 'orders'), /Partition: 2\s+Leader: 1\s+Replicas: 1\s+Isr: 1/)
  const typed = Array.from({ length: 10 }, (_, i) => `typed ${i}`)
  await type('--topic', 'orders', `${typed.join('\n')}\n`)
  const kafka = kafkaAt(`localhost:${port}`)
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: 90 }, (_, i) => ({ partition: i % 3, value: `order ${i}` }))
  await producer.send({ topic: 'orders', messages })
  await producer.disconnect()
  const printed = await tool(
    'kafka-console-consumer',
    '--topic',
    'orders',
    '--from-beginning',
    '--max-messages',
    '100',
    '--timeout-ms',
    '30000',
  )
  assert.deepEqual(printed.trim().split('\n').sort(), [...typed, ...messages.map(({ value }) => value)].sort())
  const admin = kafka.admin()
  await admin.connect()
  await admin.setOffsets({ groupId: 'clerks', topic: 'orders', partitions: [{ partition: 0, offset: '7' }] })
  await admin.disconnect()
  await eventually(async () => {
    const nodes = await tree()
    const topic = nodes.get('/brokers/topics/orders')
    assert.match(
      topic.data,
      /^\{"partitions":\{"0":\[1\],"1":\[1\],"2":\[1\]\},"topic_id":"[\w-]{22}","adding_replicas":\{\},"removing_replicas":\{\},"version":3\}$/,
    )
    for (const id of [0, 1, 2]) {
      const { data } = nodes.get(`/brokers/topics/orders/partitions/${id}/state`)
      assert.match(data, /^\{"controller_epoch":\d+,"leader":1,"version":1,"leader_epoch":0,"isr":\[1\]\}$/)
    }
    assert.equal(nodes.get('/config/topics/orders').data, '{"version":1,"config":{"retention.ms":"3600000"}}')
    assert.ok(nodes.has('/brokers/topics/__consumer_offsets'))
  })
}

async function again({ broker, port, tool }, end) {
  await end()
  await broker.start()
  const values = [...(await readAll(`localhost:${port}`, 'orders')).values()].flat()
  assert.equal(new Set(values).size, 100)
  assert.match(
    await tool('kafka-configs', '--describe', '--entity-type', 'topics', '--entity-name', 'orders'),
    /retention\.ms=3600000/,
  )
  const admin = kafkaAt(`localhost:${port}`).admin()
  await admin.connect()
  const [{ partitions }] = await admin.fetchOffsets({ groupId: 'clerks', topics: ['orders'] })
  await admin.disconnect()
  assert.equal(partitions.find(({ partition }) => partition === 0).offset, '7')
}

async function leaves({ broker, tree }) {
  const { code, signal } = await broker.stop()
  assert.equal(code, 0, `it ended with ${code ?? signal}: ${broker.output.slice(-300)}`)
  const nodes = await tree()
  assert.ok(!nodes.has('/brokers/ids/1') && !nodes.has('/controller'))
  assert.ok(nodes.has('/brokers/topics/orders'))
}
