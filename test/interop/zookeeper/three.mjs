/** Three brokers on an ensemble of three, every topic with three replicas, under KafkaJS: a broker, the controller and the ensemble's leader are killed. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Clerks, readAll } from '../cluster/clerks.mjs'
import { freePorts } from '../lib/clusters.mjs'
import { eventually } from '../lib/report.mjs'
import { EntryPoint } from './environment.mjs'
import { readTree } from './tree.mjs'

const IDS = [1, 2, 3]
/** The ensemble ends a session after this time without a word; Kafka's default is 18 s. */
const SESSION_MS = '6000'

/** Three brokers as three containers' entry points, on `connect`. */
export async function threeBrokers({ connect, workDir }) {
  const first = await freePorts(3)
  const brokers = IDS.map((id) => {
    const address = `127.0.0.1:${first + id - 1}`
    const broker = new EntryPoint(join(workDir, `broker-${id}`), {
      KAFKA_BROKER_ID: String(id),
      KAFKA_ZOOKEEPER_CONNECT: connect,
      KAFKA_ZOOKEEPER_SESSION_TIMEOUT_MS: SESSION_MS,
      KAFKA_LISTENERS: `PLAINTEXT://${address}`,
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${address}`,
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '3',
      KAFKA_DEFAULT_REPLICATION_FACTOR: '3',
      KAFKA_MIN_INSYNC_REPLICAS: '2',
      KAFKA_METRICS_PORT: '0',
    })
    return Object.assign(broker, { id, address })
  })
  await Promise.all(brokers.map((broker) => broker.start()))
  return brokers
}

export async function judgeThree({ report, libs, ensemble, workDir, version }) {
  const connect = `${ensemble.connect}/three`
  const test = (what, body) => report.test(`${version}, three brokers: ${what}`, body, { timeoutMs: 180_000 })
  let brokers = []
  let clerks
  try {
    await test('they become one cluster, and KafkaJS works', async () => {
      brokers = await threeBrokers({ connect, workDir })
      clerks = await Clerks.begin(brokers.map(({ address }) => address).join(','), { topic: 'orders' })
      await clerks.untilInSync(3)
      await clerks.goOn()
    })
    if (!clerks) return
    const tree = () => readTree(libs, connect)
    const world = { brokers, clerks, tree, ensemble }
    await test('a leader of partitions is killed: producer and group go on, and it comes back', () =>
      dies(world, clerks.leader()))
    await test('the controller is killed: producer and group go on, and it comes back', () => dies(world, controllerOf(tree)))
    await test("the ensemble's leader is killed: producer and group go on", () => ensembleLoses(world))
    await test("Kafka's nodes say what Metadata says", () => agrees(world))
    await test('nothing that was acknowledged is lost', async () => {
      assert.deepEqual(await clerks.finish(), [])
      const there = new Set([...(await readAll(clerks.bootstrap, 'orders')).values()].flat())
      assert.deepEqual(
        [...clerks.acked].filter((value) => !there.has(value)),
        [],
      )
      console.log(`       ${clerks.acked.size} acknowledged, ${clerks.refused.length} refused`)
    })
    await test('they stop when told', async () => {
      for (const { code, signal } of await Promise.all(brokers.map((broker) => broker.stop())))
        assert.equal(code, 0, `it ended with ${code ?? signal}`)
    })
  } finally {
    await clerks?.close()
    for (const broker of brokers) await broker.kill()
  }
}

export async function controllerOf(tree) {
  return eventually(async () => JSON.parse((await tree()).get('/controller').data).brokerid, 30_000)
}

async function dies({ brokers, clerks, tree }, whom) {
  const id = await whom
  const broker = brokers.find((each) => each.id === id)
  clerks.takeLongestGap()
  await broker.kill()
  await clerks.goOn()
  console.log(`       broker ${id} killed: ${clerks.takeLongestGap()} ms without an acknowledgement`)
  await eventually(async () => {
    const nodes = await tree()
    assert.ok(!nodes.has(`/brokers/ids/${id}`))
    assert.notEqual(JSON.parse(nodes.get('/controller').data).brokerid, id)
  }, 30_000)
  await broker.start()
  await clerks.untilInSync(3)
  await clerks.goOn()
}

async function ensembleLoses({ clerks, ensemble }) {
  const server = await ensemble.leader()
  clerks.takeLongestGap()
  await server.kill()
  await clerks.goOn()
  // What needs the ensemble works, too.
  await clerks.admin.createTopics({
    topics: [{ topic: 'made-without-it', numPartitions: 2 }],
    waitForLeaders: true,
    timeout: 30_000,
  })
  console.log(`       the ensemble's leader killed: ${clerks.takeLongestGap()} ms without an acknowledgement`)
  await server.restart()
  await clerks.goOn()
}

async function agrees({ clerks, tree }) {
  await eventually(async () => {
    const nodes = await tree()
    const { topics } = await clerks.admin.fetchTopicMetadata({ topics: ['orders'] })
    const { partitions } = JSON.parse(nodes.get('/brokers/topics/orders').data)
    for (const { partitionId, leader, isr, replicas } of topics[0].partitions) {
      const state = JSON.parse(nodes.get(`/brokers/topics/orders/partitions/${partitionId}/state`).data)
      assert.deepEqual([state.leader, state.isr.toSorted(), partitions[partitionId]], [leader, isr.toSorted(), replicas])
    }
    assert.deepEqual(
      [...nodes.keys()].filter((path) => /^\/brokers\/ids\/\d/.test(path)).sort(),
      IDS.map((id) => `/brokers/ids/${id}`),
    )
  }, 20_000)
}
