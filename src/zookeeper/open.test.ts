import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SESSION_MS, ZooKeeperWorld } from '../../test/support/zookeeper/world.ts'
import { ZooKeeperMetadata } from './open.ts'

const settings = {
  servers: [{ host: 'zk', port: 2181 }],
  chroot: '/kafka',
  sessionTimeoutMs: SESSION_MS,
  connectionTimeoutMs: 20_000,
}

async function house() {
  const world = await ZooKeeperWorld.start()
  const open = (nodeId: number, clusterId: string | null) => {
    const { platform } = world.world.machine(`node${nodeId}`).start()
    return world.result(ZooKeeperMetadata.open(platform, settings, { nodeId, clusterId, proposedClusterId: `by ${nodeId}` }))
  }
  return { world, open }
}

test('the first node names the cluster, others take its name; controller and broker are found by their nodes', async () => {
  const { world, open } = await house()
  const [first, second] = [await open(1, null), await open(2, null)]
  assert.deepEqual([first.clusterId, second.clusterId], ['by 1', 'by 1'])
  await world.result(Promise.all([first.log.start(), second.log.start()]))
  const endpoints = [{ name: 'PLAINTEXT', host: 'node1', port: 9092, securityProtocol: 'PLAINTEXT' }]
  await world.result(first.announce({ id: 1, rack: null, endpoints }))
  await world.pass(1000, () => second.controller !== null)
  assert.deepEqual([second.controller?.id, second.controller?.endpoints], [1, endpoints])
  assert.deepEqual((await world.result(second.broker(1)))?.endpoints, endpoints)
  assert.equal(await world.result(second.broker(7)), null)
  await world.result(first.close())
  assert.equal(world.ensemble.tree.has('/kafka/brokers/ids/1'), false)
  await world.pass(1000, () => second.log.isLeader)
  assert.ok(second.log.isLeader, 'at once, without waiting for a session to end')
  assert.equal(second.controller, null, 'it has not announced itself')
  await world.result(second.close())
  assert.equal(world.ensemble.sessions.size, 0)
})

test("a node whose directories are another cluster's, or whose ensemble is empty, does not start and leaves nothing behind", async () => {
  const { world, open } = await house()
  await assert.rejects(open(1, 'mine'), /belong to the cluster mine, and ZooKeeper holds no cluster/)
  assert.equal(world.ensemble.tree.has('/kafka'), false)
  await open(2, null)
  await assert.rejects(open(1, 'mine'), /ZooKeeper keeps the cluster by 2, and the directories of this node belong to mine/)
  assert.equal((await open(1, 'by 2')).clusterId, 'by 2')
})
