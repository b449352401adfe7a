/** Three nodes that are one cluster: what is wrong while one of them is down, and while two are. */
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../lib/brokers.mjs'
import { kafkaAt } from './load.mjs'
import { startPrometheus } from './prometheus.mjs'

const IDS = [1, 2, 3]

export async function cluster({ report, workDir, startBroker }) {
  const dir = join(workDir, 'cluster')
  mkdirSync(dir, { recursive: true })
  let nodes
  await report.test('three nodes become one cluster', async () => {
    nodes = await threeNodes(startBroker, dir)
  })
  if (!nodes) return
  const prometheus = await startPrometheus({ dir, targets: nodes.map(({ target }) => target) })
  try {
    await makeTopics(nodes)
    await report.test('together the nodes tell of each partition, topic and broker once', () => onceEach(prometheus))
    await oneIsDown({ report, prometheus, nodes })
    await twoAreDown({ report, prometheus, nodes })
  } finally {
    await prometheus.stop()
    for (const { broker } of nodes) await broker.kill()
  }
}

async function threeNodes(startBroker, dir) {
  const ports = await Promise.all(
    IDS.map(async () => ({ client: await freePort(), controller: await freePort(), metrics: await freePort() })),
  )
  const voters = IDS.map((id, i) => `${id}@127.0.0.1:${ports[i].controller}`).join(',')
  const nodes = IDS.map((id, i) => {
    const listeners = `PLAINTEXT://127.0.0.1:${ports[i].client},CONTROLLER://127.0.0.1:${ports[i].controller}`
    const overrides = {
      'node.id': String(id),
      listeners,
      'advertised.listeners': listeners,
      'controller.quorum.voters': voters,
      'controller.quorum.bootstrap.servers': voters.replaceAll(/\d+@/g, ''),
      'metrics.port': String(ports[i].metrics),
      'broker.session.timeout.ms': '3000',
      'broker.heartbeat.interval.ms': '500',
      'offsets.topic.replication.factor': '3',
      'offsets.topic.num.partitions': '2',
      'group.initial.rebalance.delay.ms': '0',
    }
    const node = {
      broker: null,
      target: `127.0.0.1:${ports[i].metrics}`,
      start: async () => {
        node.broker = await startBroker({
          dir: join(dir, `node-${id}`),
          port: ports[i].client,
          overrides,
          env: { ...process.env, CLUSTER_ID: CLUSTER },
        })
      },
    }
    return node
  })
  await Promise.all(nodes.map((node) => node.start()))
  return nodes
}

/** The nodes of one cluster are formatted with one id. */
const CLUSTER = 'b2RyYWRlay1tZXRyaWNzLQ'

/** On every node, on the last one alone, and one that needs all three for acks=all. */
async function makeTopics(nodes) {
  const admin = kafkaAt(nodes[0].broker.bootstrap).admin()
  await admin.connect()
  const assignment = (replicas) => [{ partition: 0, replicas }]
  await admin.createTopics({
    topics: [
      { topic: 'everywhere', numPartitions: 6, replicationFactor: 3 },
      { topic: 'at-three', replicaAssignment: assignment([3]) },
      { topic: 'strict', replicaAssignment: assignment([1, 2, 3]), configEntries: [{ name: 'min.insync.replicas', value: '3' }] },
    ],
    waitForLeaders: true,
  })
  await admin.disconnect()
}

async function onceEach(prometheus) {
  const one = async (expression) => (await prometheus.query(expression))[0]?.value
  const told = async () => ({
    topics: await one('count(kafka_topic_partitions{topic!~"__.*"})'),
    partitions: await one('count(kafka_topic_partition_leader{topic!~"__.*"})'),
    offsets: await one('count(kafka_topic_partition_current_offset{topic!~"__.*"})'),
    leaders: await one('sum(kafka_server_replicamanager_leadercount)'),
    brokers: await one('sum(kafka_brokers)'),
    active: await one('sum(kafka_controller_kafkacontroller_activecontrollercount)'),
  })
  let last
  await prometheus
    .until(
      'each is told of once',
      async () => {
        last = await told()
        return (
          last.topics === 3 &&
          last.partitions === 8 &&
          last.offsets === 8 &&
          last.leaders >= 8 &&
          last.brokers === 3 &&
          last.active === 1
        )
      },
      20_000,
    )
    .catch((error) => {
      throw new Error(`${error.message}: ${JSON.stringify(last)}`)
    })
}

async function oneIsDown({ report, prometheus, nodes }) {
  const alerts = ['OdradekNodeDown', 'OdradekUnderReplicated', 'OdradekUnderMinIsr', 'OdradekOfflinePartitions']
  await report.test(
    `a broker is killed: ${alerts.join(', ')} fire, and resolve when it is back`,
    () =>
      allFireAndResolve(
        prometheus,
        alerts,
        () => nodes[2].broker.kill(),
        () => nodes[2].start(),
      ),
    { timeoutMs: 150_000 },
  )
}

async function twoAreDown({ report, prometheus, nodes }) {
  await report.test(
    'two of three voters are killed: OdradekNoActiveController fires, and resolves when they are back',
    () =>
      allFireAndResolve(
        prometheus,
        ['OdradekNoActiveController'],
        () => Promise.all([nodes[1].broker.kill(), nodes[2].broker.kill()]),
        () => Promise.all([nodes[1].start(), nodes[2].start()]),
      ),
    { timeoutMs: 150_000 },
  )
}

async function allFireAndResolve(prometheus, alerts, cause, cure) {
  for (const alert of alerts) assert.deepEqual(await prometheus.firing(alert), [], `${alert} fires before there is a reason`)
  await cause()
  for (const alert of alerts) await prometheus.until(`${alert} fires`, async () => (await prometheus.firing(alert)).length > 0)
  await cure()
  for (const alert of alerts)
    await prometheus.until(`${alert} resolves`, async () => (await prometheus.firing(alert)).length === 0)
}
