/** The quorum moves to other machines: ours join a controller of Apache's as voters, theirs leaves, and back (KIP-853). */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { ToolRunner } from '../lib/apache-tools.mjs'
import { eventually } from '../lib/report.mjs'
import { Connection, createTopic } from '../lib/wire.mjs'
import { topicsAt, untilBrokersAre, untilInSync } from './moving.mjs'
import { MixedCluster } from './nodes.mjs'

const THEIRS = [1, 2]
const OURS = [3, 4, 5]

export async function voters({ report, tools, workDir }) {
  const cluster = await MixedCluster.plan({
    dir: join(workDir, 'voters'),
    libs: tools.libs,
    controllers: [THEIRS[0]],
    isStandalone: true,
    servers: [...THEIRS, ...OURS],
  })
  const runner = new ToolRunner(tools)
  const test = (name, body) => report.test(`voters: ${name}`, body, { timeoutMs: 240_000 })
  const tell = (id, ...words) => runner.must('kafka-metadata-quorum', ['--bootstrap-server', cluster.address(id), ...words])
  /** As the broker of this id tells it: [id, directory id] of each voter. */
  const votersAt = async (id) => {
    const rows = (await tell(id, 'describe', '--replication')).split('\n').map((row) => row.trim().split(/\s+/))
    return rows
      .filter((cells) => /^(Leader|Follower)$/.test(cells.at(-1)))
      .map(([voter, directory]) => [Number(voter), directory])
  }
  const become = (id, ids) =>
    eventually(async () => {
      assert.equal(cluster.ended(), '')
      assert.deepEqual((await votersAt(id)).map(([voter]) => voter).sort(), ids)
    }, 60_000)
  const joinAs = async (id, asked) => {
    const words = ['--command-config', cluster.node(id).file, '--bootstrap-server', cluster.address(asked), 'add-controller']
    await eventually(() => runner.must('kafka-metadata-quorum', words), 60_000)
  }
  const leave = async (id, asked) => {
    const [, directory] = (await votersAt(asked)).find(([voter]) => voter === id)
    await tell(asked, 'remove-controller', '--controller-id', id, '--controller-directory-id', directory)
  }
  let made = 0
  const goesOn = async (ids) => {
    const name = `topic-${made++}`
    const connection = await Connection.open(cluster.address(ids[0]))
    await createTopic(connection, name, 2, {}, { assignment: [ids.slice(0, 2), ids.slice(0, 2).reverse()] })
    connection.close()
    for (const id of ids) {
      await untilInSync(cluster.address(id), { names: [name] })
      await eventually(async () => assert.equal((await topicsAt(cluster.address(id))).length, made), 30_000)
    }
  }
  try {
    await test('a node of theirs is the whole quorum; three of ours become voters', async () => {
      await cluster.add({ id: 1, kind: 'apache', roles: 'broker,controller', formattedBy: 'apache' })
      await untilBrokersAre(cluster, cluster.address(1), [1])
      for (const id of OURS) await cluster.add({ id, kind: 'ours', roles: 'broker,controller', joins: true })
      await untilBrokersAre(cluster, cluster.address(1), [1, ...OURS])
      for (const id of OURS) await joinAs(id, 1)
      await become(1, [1, ...OURS])
      await goesOn([1, OURS[0]])
    })
    await test('theirs is removed and stopped: the quorum is ours', async () => {
      await leave(1, OURS[0])
      await become(OURS[0], OURS)
      await cluster.stop(1)
      cluster.forget(1)
      await goesOn(OURS)
    })
    await test('a new node of theirs becomes a voter, and ours are removed one after the other', async () => {
      await cluster.add({ id: 2, kind: 'apache', roles: 'broker,controller', formattedBy: 'apache', joins: true })
      await untilBrokersAre(cluster, cluster.address(2), [2, ...OURS])
      await joinAs(2, OURS[0])
      await become(OURS[0], [2, ...OURS])
      for (const id of OURS) await leave(id, 2)
      await become(2, [2])
      await goesOn([2, OURS[0]])
    })
  } finally {
    runner.close()
    await cluster.destroy()
  }
}
