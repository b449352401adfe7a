/** Kafka's own nodes: ours hold the bytes that Kafka 3.9 was recorded to write, seen through Apache's own client. */
import assert from 'node:assert/strict'
import { eventually } from '../lib/report.mjs'
import { readRecorded, recordedNodes, recordsOf } from './recorded.mjs'
import { readTree } from './tree.mjs'

/** Stages of the recording in which no topic is half deleted. */
const STAGES = [
  '02-topics',
  '05-group-and-transaction',
  '06-reassignment-in-progress',
  '07-reassignment-finished',
  '08b-broker2-session-expired',
]
const SECRET = 'password'

export async function judgeNodes({ report, connect, libs, load, sharedDir, name }) {
  const stages = readRecorded(sharedDir)
  for (const [index, stage] of STAGES.entries()) {
    await report.test(`${name}: nodes as recorded, ${stage}`, async () => {
      const chroot = `/kafka/${index}`
      await writeAll({ connect: connect + chroot, load, stage: stages[stage] })
      const tree = await readTree(libs, connect)
      const ours = new Map(
        [...tree].filter(([path]) => path.startsWith(`${chroot}/`)).map(([path, node]) => [path.slice(chroot.length), node]),
      )
      compareNodes(stages[stage], ours)
    })
  }
}

/** A controller and a broker write what the stage says, and leave again. */
async function writeAll({ connect, load, stage }) {
  const { ZooKeeper } = await load('zookeeper/zookeeper.js')
  const { ZooKeeperLog } = await load('zookeeper/zookeeper-log.js')
  const { NodeKeeper } = await load('zookeeper/node-keeper.js')
  const { clusterId, prepareKafkaNodes, registerBroker } = await load('zookeeper/broker-nodes.js')
  const { parseConnectString } = await load('zookeeper/connect-string.js')
  const { MetadataPublisher } = await load('metadata/publisher.js')
  const { metadataBatches } = await load('metadata/batches.js')
  const { record } = await load('metadata/records.js')
  const { nodePlatform } = await load('platform/node/platform.js')
  const { silentLogger } = await load('platform/logger.js')
  const platform = { ...nodePlatform({ logger: silentLogger }), logger: silentLogger }
  const { servers, chroot } = parseConnectString(connect)
  const zookeeper = await ZooKeeper.open({ ...platform, servers, chroot, sessionTimeoutMs: 6000, connectionTimeoutMs: 20_000 })
  const log = new ZooKeeperLog({ zookeeper, chroot, nodeId: 1, ...platform })
  const publisher = new MetadataPublisher({ log, ...platform })
  const keeper = new NodeKeeper({ log, publisher, ...platform })
  await log.start()
  await publisher.load()
  const { session } = zookeeper
  await prepareKafkaNodes(session)
  assert.equal(await clusterId(session, JSON.parse(stage['/cluster/id'].data).id), JSON.parse(stage['/cluster/id'].data).id)
  const [endpoint] = JSON.parse(stage['/brokers/ids/1'].data).endpoints
  const [, host, port] = /\/\/([^:]+):(\d+)$/.exec(endpoint)
  const endpoints = [{ name: 'PLAINTEXT', host, port: Number(port), securityProtocol: 'PLAINTEXT' }]
  await registerBroker({ zookeeper, broker: { id: 1, rack: 'rack1', endpoints }, ...platform })
  await eventually(async () => assert.ok(log.isLeader))
  for (const batch of metadataBatches(recordsOf(recordedNodes(stage), record), Date.now())) log.append(batch)
  await eventually(async () => {
    assert.equal(log.committedOffset, log.endOffset)
    assert.equal(publisher.publishedOffset, log.endOffset)
  })
  await keeper.settled()
  // The session stays, so that its ephemeral nodes can be looked at; the ensemble ends it later.
}

function compareNodes(stage, ours) {
  const expected = recordedNodes(stage)
  for (const [path, data] of expected) {
    const { data: found, isEphemeral } = ours.get(path) ?? assert.fail(`${path} is missing`)
    assert.deepEqual([path, settled(found), isEphemeral], [path, settled(data), false])
  }
  const known = /^\/(brokers\/topics|config\/(topics|users|clients|ips))\//
  for (const path of ours.keys()) if (known.test(path)) assert.ok(expected.has(path), `${path} is too much`)
  // What Kafka makes besides, all but the authorizer's.
  for (const [path, { data, ephemeralOwner }] of Object.entries(stage)) {
    if (
      path.startsWith('/kafka-acl') ||
      /^\/(brokers\/ids\/2|config\/(changes|brokers)\/.*|admin\/.+\/.+)$/.test(path) ||
      path === '/'
    )
      continue
    const node = ours.get(path) ?? assert.fail(`${path} is missing`)
    assert.equal(node.isEphemeral, ephemeralOwner !== undefined, path)
    assert.equal(shape(path, node.data), shape(path, data), path)
  }
  assert.equal(ours.get('/brokers/ids/1').version, 1)
}

/** The same data whichever controller wrote it; Kafka's maps have no order of their own. */
function settled(text) {
  if (text === null || text === '') return null
  const value = JSON.parse(text)
  delete value.controller_epoch
  for (const part of ['partitions', 'config', 'adding_replicas', 'removing_replicas']) {
    if (value[part]) value[part] = Object.fromEntries(Object.entries(value[part]).sort(([a], [b]) => (a < b ? -1 : 1)))
  }
  assert.ok(!text.includes(SECRET) || !text.includes('initializationVector'))
  return JSON.stringify(value)
}

/** With times and epochs that differ from run to run left out. */
function shape(path, text) {
  if (text === null || text === '') return null
  if (path === '/controller_epoch') return /^\d+$/.test(text) ? 'epoch' : text
  if (/\/(brokers\/topics|config\/(topics|users|clients|ips))\//.test(path)) return 'compared above'
  return text.replace(/"timestamp":"\d{13}"/, '"timestamp"').replace(/"brokerid":\d+/, '"brokerid"')
}
