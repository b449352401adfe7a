/** A live migration and back: three nodes of Apache's under load, ours beside them, everything moved, theirs taken away; then the other way. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { ToolRunner } from '../lib/apache-tools.mjs'
import { eventually } from '../lib/report.mjs'
import { createServed, Load } from './load.mjs'
import { moveAll, untilBrokersAre, untilInSync } from './moving.mjs'
import { MixedCluster } from './nodes.mjs'

const THEIRS = [1, 2, 3]
const OURS = [4, 5, 6]
const VOTERS = 3

export async function live({ report, tools, python, workDir }) {
  const dir = join(workDir, 'live')
  const cluster = await MixedCluster.plan({
    dir,
    libs: tools.libs,
    controllers: THEIRS,
    overrides: { 'min.insync.replicas': '2' },
  })
  const runner = new ToolRunner(tools)
  const test = (name, body) => report.test(`live: ${name}`, body, { timeoutMs: 400_000 })
  let load = null
  const moved = async (brokers) => {
    await moveAll({ runner, bootstrap: cluster.bootstrap, address: cluster.address(brokers[0]), brokers, workDir: dir })
    const onlyThere = ({ replicas }, what) =>
      assert.ok(
        replicas.every((id) => brokers.includes(id)),
        what,
      )
    await untilInSync(cluster.address(brokers[0]), { check: onlyThere })
    await load.goesOn()
  }
  const changed = async (id, change, at) => {
    await cluster.stop(id)
    cluster.change(id, change)
    cluster.start(id)
    await untilVoters(runner, cluster, at)
    await load.goesOn()
  }
  const unregistered = (ids, at) =>
    eventually(async () => {
      for (const id of ids)
        await runner.run('kafka-cluster', ['unregister', '--bootstrap-server', cluster.address(at), '--id', id])
      await untilBrokersAre(cluster, cluster.address(at), at === OURS[0] ? OURS : THEIRS, 1000)
    }, 60_000)
  try {
    await test('three nodes of Apache Kafka under load', async () => {
      for (const id of THEIRS) await cluster.add({ id, kind: 'apache', roles: 'broker,controller' })
      await untilBrokersAre(cluster, cluster.address(1), THEIRS)
      // As a team would tell its clients beforehand: those that start later find the cluster by whoever is there.
      const addresses = [...THEIRS, ...OURS].map((id) => cluster.address(id)).join(',')
      await createServed(cluster.bootstrap, 'moved')
      load = await Load.begin(python, addresses, 'moved')
      await load.goesOn()
    })
    await test('brokers of ours join them', async () => {
      for (const id of OURS) await cluster.add({ id, kind: 'ours' })
      await untilBrokersAre(cluster, cluster.address(1), [...THEIRS, ...OURS])
    })
    await test('kafka-reassign-partitions moves all to ours', () => moved(OURS))
    await test('their controllers are replaced by ours on the same directories, one after the other', async () => {
      for (const id of THEIRS) await changed(id, { kind: 'ours', roles: 'controller' }, OURS[0])
    })
    await test('their brokers are gone, and the cluster is ours alone', () => unregistered(THEIRS, OURS[0]))
    await test('nothing is lost, nothing twice, the order kept', () => load.check())
    await test('controllers of ours are replaced by nodes of theirs, one after the other', async () => {
      for (const id of THEIRS) await changed(id, { kind: 'apache', roles: 'broker,controller' }, OURS[0])
      await untilBrokersAre(cluster, cluster.address(OURS[0]), [...THEIRS, ...OURS])
    })
    await test('kafka-reassign-partitions moves all back', () => moved(THEIRS))
    await test('brokers of ours are taken away', async () => {
      for (const id of OURS) {
        await cluster.stop(id)
        cluster.forget(id)
      }
      await unregistered(OURS, THEIRS[0])
      await load.goesOn()
    })
    await test('nothing is lost, nothing twice, the order kept, there and back', () => load.check())
    for (const kind of ['ours', 'apache'])
      await test(`node by node ${kind === 'ours' ? 'ours takes the place of theirs' : 'theirs of ours'}, on the same directories`, async () => {
        for (const id of THEIRS) {
          await changed(id, { kind, roles: 'broker,controller' }, id === THEIRS[0] ? THEIRS[1] : THEIRS[0])
          await untilInSync(cluster.address(id))
        }
        await load.goesOn()
      })
    await test('nothing is lost, nothing twice, the order kept, in place', async () => {
      const { acknowledged, visible } = await load.check()
      console.log(
        `    ${acknowledged} records acknowledged; what consumers were told meanwhile: ${visible.join(', ') || 'nothing'}`,
      )
    })
  } finally {
    load?.end()
    runner.close()
    await cluster.destroy()
  }
}

/** Waits until all voters follow the leader of the metadata log closely. */
function untilVoters(runner, cluster, at) {
  return eventually(async () => {
    assert.equal(cluster.ended(), '')
    const words = ['--bootstrap-server', cluster.address(at), 'describe', '--replication']
    const rows = (await runner.must('kafka-metadata-quorum', words)).split('\n').slice(1)
    const voters = rows.map((row) => row.trim().split(/\s+/)).filter((cells) => /^(Leader|Follower)$/.test(cells.at(-1)))
    assert.equal(voters.length, VOTERS, rows.join('\n'))
    for (const cells of voters) assert.ok(Number(cells[3]) >= 0 && Number(cells[3]) < 50, rows.join('\n'))
  }, 90_000)
}
