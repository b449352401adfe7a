/** One quorum of two nodes of Apache's and one of ours: each leads the others, dies, stops, sleeps and comes back; snapshots go both ways. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../lib/report.mjs'
import { Connection, createTopic } from '../lib/wire.mjs'
import { sameMetadata } from './files.mjs'
import { topicsAt, untilBrokersAre, untilInSync } from './moving.mjs'
import { MixedCluster } from './nodes.mjs'
import { quotaOf, setQuota } from './quotas.mjs'

const THEIRS = [1, 2]
const OURS = 3
const ALL = [...THEIRS, OURS]
/** Ours is the first to notice that nobody leads, so that it comes to lead; when it goes, one of theirs does. */
const quick = { 'controller.quorum.election.timeout.ms': '600', 'controller.quorum.fetch.timeout.ms': '1500' }
const slow = { 'controller.quorum.election.timeout.ms': '3000', 'controller.quorum.fetch.timeout.ms': '3000' }
/** Snapshots so often, and so little kept before them, that who comes new has to begin with one. */
const snapshots = { 'metadata.log.max.record.bytes.between.snapshots': '3000', 'metadata.max.retention.bytes': '6000' }
/** Who asked a controller that sleeps looks for another one after this time. */
const patience = { 'controller.socket.timeout.ms': '5000' }
const FETCH_SNAPSHOT_TOPICS = 12
const QUOTA = 123_456

export async function mixedQuorum({ report, tools, workDir }) {
  const cluster = await MixedCluster.plan({
    dir: join(workDir, 'quorum'),
    libs: tools.libs,
    controllers: ALL,
    overrides: { ...snapshots, ...patience },
  })
  const test = (name, body) => report.test(`one quorum: ${name}`, body, { timeoutMs: 120_000 })
  let made = 0
  const leaderIs = (isIt, ms = 30_000) =>
    eventually(async () => {
      const found = ALL.filter((id) => !cluster.node(id).child.exited).map((id) => leaderAt(cluster, id))
      assert.equal(new Set(found).size, 1, `leaders: ${found}`)
      assert.ok(ALL.includes(found[0]) && isIt(found[0]), `node ${found[0]} leads`) // -1 between two leaders
      return found[0]
    }, ms)
  const makes = async (at, count = 1) => {
    for (let i = 0; i < count; i++) {
      const connection = await Connection.open(cluster.address(at))
      await createTopic(connection, `topic-${made++}`, 2, {}, { replicas: 2 })
      connection.close()
    }
  }
  const all = async () => {
    for (const id of ALL) await untilBrokersAre(cluster, cluster.address(id), ALL)
    await untilInSync(cluster.address(OURS))
    for (const id of ALL) await eventually(async () => assert.equal((await topicsAt(cluster.address(id))).length, made), 30_000)
  }
  const oursLeads = async () => {
    for (let leader = await leaderIs(() => true), turn = 0; leader !== OURS; turn++) {
      assert.ok(turn < 3, 'ours never comes to lead')
      await cluster.kill(leader)
      const next = await leaderIs((id) => id !== leader)
      cluster.start(leader)
      leader = next
    }
    await all() // those that were killed are back
  }
  try {
    await test('two of theirs and one of ours elect a leader', async () => {
      for (const id of THEIRS) await cluster.add({ id, kind: 'apache', roles: 'broker,controller', overrides: slow })
      await cluster.add({ id: OURS, kind: 'ours', roles: 'broker,controller', overrides: quick })
      await untilBrokersAre(cluster, cluster.address(OURS), ALL)
      await makes(OURS)
      await all()
    })
    await test('leaders of theirs are killed until ours leads; it decides for all', async () => {
      await oursLeads()
      await makes(THEIRS[0], FETCH_SNAPSHOT_TOPICS)
      await all()
    })
    await test('ours is stopped: one of theirs leads at once, and decides', async () => {
      await cluster.stop(OURS)
      await leaderIs((id) => THEIRS.includes(id), 5000)
      await makes(THEIRS[0], FETCH_SNAPSHOT_TOPICS)
      const connection = await Connection.open(cluster.address(THEIRS[0]))
      assert.equal(await setQuota(connection, 'somebody', QUOTA), 0, 'AlterClientQuotas')
      connection.close()
      cluster.start(OURS)
      await untilBrokersAre(cluster, cluster.address(OURS), [...ALL])
      await all()
    })
    await test('a new broker of ours begins with a snapshot of theirs', async () => {
      const leader = await leaderIs((id) => THEIRS.includes(id))
      await untilSnapshots(cluster, leader)
      await cluster.add({ id: 5, kind: 'ours' })
      await untilBrokersAre(cluster, cluster.address(5), [...ALL, 5])
      assert.equal((await topicsAt(cluster.address(5))).length, made)
      assert.ok(beginsWithSnapshot(cluster, 5), 'it has a snapshot and no log before it')
      await cluster.stop(5)
      cluster.forget(5)
    })
    await test('a leader of theirs is stopped: another leads at once', async () => {
      const leader = await leaderIs((id) => THEIRS.includes(id))
      await cluster.stop(leader)
      await leaderIs((id) => id !== leader, 5000)
      await makes(OURS)
      cluster.start(leader)
      await all()
    })
    await test('a new broker of theirs begins with a snapshot of ours, which keeps what only theirs serves', async () => {
      await oursLeads()
      await makes(THEIRS[0], FETCH_SNAPSHOT_TOPICS)
      await untilSnapshots(cluster, OURS)
      await cluster.add({ id: 4, kind: 'apache' })
      await untilBrokersAre(cluster, cluster.address(4), [...ALL, 4])
      assert.equal((await topicsAt(cluster.address(4))).length, made)
      assert.ok(beginsWithSnapshot(cluster, 4), 'it has a snapshot and no log before it')
      const connection = await Connection.open(cluster.address(4))
      assert.equal(await quotaOf(connection, 'somebody'), QUOTA)
      connection.close()
      await cluster.stop(4)
      cluster.forget(4)
    })
    await test('ours leads, sleeps, and wakes up as a follower', async () => {
      await oursLeads()
      cluster.node(OURS).child.kill('SIGSTOP')
      const awake = THEIRS[0]
      await eventually(() => assert.ok(THEIRS.includes(leaderAt(cluster, awake))), 30_000)
      await makes(awake)
      cluster.node(OURS).child.kill('SIGCONT')
      await leaderIs((id) => THEIRS.includes(id))
      await all()
    })
    await test('all have the same metadata log', () => {
      for (const id of THEIRS) assert.ok(sameMetadata([id, OURS].map((each) => cluster.node(each).dirs)) > 0)
    })
  } finally {
    await cluster.destroy()
  }
}

/** Who leads the metadata log, as a node notes it for itself: those that ask the active controller would wait for one that sleeps. */
function leaderAt(cluster, id) {
  return JSON.parse(readFileSync(join(metadataDir(cluster, id), 'quorum-state'), 'utf8')).leaderId
}

const metadataDir = (cluster, id) => join(cluster.node(id).dirs[0], '__cluster_metadata-0')
const namesIn = (dir, end) => readdirSync(dir).filter((name) => name.endsWith(end))

/** Waits until a node has dropped what comes before a snapshot. */
function untilSnapshots(cluster, id) {
  return eventually(() => {
    const names = namesIn(metadataDir(cluster, id), '.checkpoint').filter((name) => !name.startsWith('0'.repeat(20)))
    assert.ok(names.length > 0, `node ${id} has no snapshot: ${names}`)
  }, 60_000)
}

function beginsWithSnapshot(cluster, id) {
  const dir = metadataDir(cluster, id)
  return namesIn(dir, '.checkpoint').length > 0 && !namesIn(dir, '.log').includes(`${'0'.repeat(20)}.log`)
}
