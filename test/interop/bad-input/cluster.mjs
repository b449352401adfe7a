/** Three nodes that are one cluster, and what should not be: a full disk on a leader, one id twice, another cluster's directory, garbage for controllers. */
import assert from 'node:assert/strict'
import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Clerks, kafkaAt, readAll } from '../cluster/clerks.mjs'
import { letterBatch } from '../lib/batch.mjs'
import { freePort } from '../lib/brokers.mjs'
import { nodeFiles, startFromFiles, startNode, storageTool, writeProperties } from '../lib/clusters.mjs'
import { eventually } from '../lib/report.mjs'
import { api, Connection, produceBody, readProduced } from '../lib/wire.mjs'
import { withTmpfs } from './disks.mjs'
import { answerTo, hangUps } from './frames.mjs'

const CLUSTER_ID = 'b2RyYWRlay1qdWRnZXMtNA'
const OTHER_ID = 'b2RyYWRlay1qdWRnZXMtNQ'
const formatted = async (files, id = CLUSTER_ID) => {
  for (const { file } of files) await storageTool('ours', ['format', '-t', id, '-c', file])
}

export async function clusters({ report, workDir }) {
  const files = await nodeFiles({ dir: join(workDir, 'three'), overrides: { 'metrics.port': '0' } })
  await formatted(files)
  const cluster = await startFromFiles('ours', files)
  const clerks = await Clerks.begin(cluster.bootstrap, { topic: 'orders' })
  const test = (name, body) => report.test(`three nodes: ${name}`, body, { timeoutMs: 150_000 })
  try {
    await clerks.goOn()
    for (const [what, bytes] of Object.entries(hangUps))
      await test(`a controller hangs up on ${what}`, async () => {
        for (const controller of cluster.controllers) assert.equal(await answerTo(controller, bytes), 'closed without an answer')
      })
    await test('after the garbage all go on', () => clerks.goOn())
    await test('a second process with the id of one that runs is refused and told why', () => sameId(files, workDir))
    await test("a node with another cluster's directory is refused with both clusters' names", () => otherCluster(files, workDir))
    await test('all the while nothing was lost, and nobody left', async () => {
      await clerks.goOn()
      await clerks.untilInSync(3)
      assert.deepEqual(await clerks.finish(), [])
      for (const { id, exited, output } of cluster.nodes) assert.equal(exited, null, `node ${id}: ${output.slice(-300)}`)
    })
  } finally {
    await clerks.close()
    await cluster.destroy()
  }
  await test('a full disk on a leader: refused with an error and a word to the operator, others go on, nothing is lost', () =>
    withTmpfs(join(workDir, 'small'), ['-o', 'size=128m'], (mount) => fullLeader(mount, workDir)))
}

/** Node 2 once more, with a directory and ports of its own. */
async function sameId(files, workDir) {
  const [port, controllerPort] = [await freePort(), await freePort()]
  const listeners = `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`
  const said = await whyNot(files, workDir, 'twice', CLUSTER_ID, {
    'node.id': '2',
    listeners,
    'advertised.listeners': listeners,
  })
  // Where node 2 leads at the time, the others say that the newcomer led an epoch of which it knows nothing.
  assert.match(
    said,
    /another process takes part in the metadata quorum as node 2, says .*: give each process a node\.id of its own|others say that node 2 led epoch .*: another node has the same node\.id/,
  )
}

async function otherCluster(files, workDir) {
  const port = await freePort()
  const said = await whyNot(files, workDir, 'stranger', OTHER_ID, {
    'process.roles': 'broker',
    'node.id': '4',
    listeners: `PLAINTEXT://127.0.0.1:${port}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
  })
  assert.match(said, new RegExp(`belongs to cluster ${OTHER_ID}, and .* to another`))
}

/** What a node of these properties says when it does not start. */
async function whyNot(files, workDir, name, clusterId, properties) {
  const file = join(workDir, `${name}.properties`)
  const voters = files.map(({ id, controller }) => `${id}@${controller}`).join(',')
  writeProperties(file, {
    'process.roles': 'broker,controller',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': voters,
    'log.dirs': join(workDir, name),
    'metrics.port': '0',
    ...properties,
  })
  await formatted([{ file }], clusterId)
  const child = startNode('ours', file)
  const limit = setTimeout(() => child.destroy(), 60_000)
  const { code } = await child.ended
  clearTimeout(limit)
  assert.equal(code, 1, `it ended with ${code}: ${child.output.slice(-500)}`)
  return child.output
}

/** Node 1 has little room. It leads one topic and follows another one. */
async function fullLeader(mount, workDir) {
  const files = await nodeFiles({
    dir: join(workDir, 'full'),
    overrides: { 'metrics.port': '0', 'offsets.topic.num.partitions': '2', 'replica.lag.time.max.ms': '4000' },
  })
  const [small] = files
  small.dataDir = join(mount, 'data')
  appendFileSync(small.file, `log.dirs=${small.dataDir}\n`) // the later line goes before the earlier
  await formatted(files)
  const cluster = await startFromFiles('ours', files)
  try {
    const admin = kafkaAt(cluster.bootstrap).admin()
    await admin.connect()
    const topic = (name, replicas) => ({ topic: name, replicaAssignment: [{ partition: 0, replicas }] })
    await admin.createTopics({ topics: [topic('led', [1, 2, 3]), topic('followed', [2, 1, 3])], waitForLeaders: true })
    writeFileSync(join(mount, 'filler'), Buffer.alloc(40e6)) // what is taken away later
    const led = await fillUntilRefused(files[0].address, 'led', 150)
    assert.match(led.refusal ?? 'none', /error 56/, `${led.acknowledged} acknowledged`)
    // The answer may be here before what the process said has come through its pipe.
    await eventually(() => assert.match(cluster.nodes[0].output, /the disk is full: records are refused/))
    // It follows another leader, which need not wait for it for ever.
    const followed = await fillUntilRefused(files[1].address, 'followed', 25)
    assert.equal(followed.refusal, null, `after ${followed.acknowledged}: ${cluster.nodes[0].output.slice(-500)}`)

    rmSync(join(mount, 'filler'))
    if (cluster.nodes[0].exited) await cluster.nodes[0].start()
    await eventually(async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: ['led', 'followed'] })
      for (const { partitions } of topics) assert.equal(partitions[0].isr.length, 3)
    }, 60_000)
    await admin.disconnect()
    for (const [name, { acknowledged }] of [
      ['led', led],
      ['followed', followed],
    ]) {
      const values = [...(await readAll(cluster.bootstrap, name)).values()].flat()
      assert.ok(values.length >= acknowledged, `${name}: ${values.length} of ${acknowledged}`)
    }
  } finally {
    await cluster.destroy()
  }
}

/** Batches of a megabyte, acknowledged by all in sync: how many records were, and what came instead. */
async function fillUntilRefused(address, topic, most) {
  const body = produceBody(topic, 0, letterBatch(100, 10_000))
  const connection = await Connection.open(address)
  let acknowledged = 0
  let refusal = null
  for (let i = 0; i < most && refusal === null; i++) {
    const { error, baseOffset } = readProduced(await connection.ask(api.produce, 7, body, 60_000))
    if (error !== 0) refusal = `error ${error}`
    else acknowledged = baseOffset + 100
  }
  connection.close()
  return { acknowledged, refusal }
}
