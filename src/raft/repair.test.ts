// A voter whose log was damaged: it helps to elect nobody, and gets back from a leader what it lost.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QuorumCluster, type QuorumNode } from '../../test/support/quorum-cluster.ts'
import { batches } from '../protocol/records/batch.ts'
import { METADATA_LOG } from './format.ts'

const LOG = `/data/${METADATA_LOG}-0/00000000000000000000.log`

/** Three voters that committed something; then the second one is dead, and a bit of a committed record of its is turned. */
async function withDamage(seed: number): Promise<{ cluster: QuorumCluster; damaged: QuorumNode; lost: number }> {
  const cluster = await QuorumCluster.start({ seed, voters: 3 })
  assert.ok(await cluster.run(5_000, cluster.recovered()))
  await cluster.run(500)
  const damaged = cluster.nodes.find((node) => node !== cluster.leader)!
  const lost = damaged.log!.committedOffset
  damaged.process.kill()
  const { disk } = damaged.machine.start('a hand').platform
  const bytes = Uint8Array.from((await cluster.do(disk.readAtomic(LOG)))!)
  const batch = [...batches(bytes)].find(({ baseOffset }) => baseOffset === 4)!
  bytes[batch.at + 70]! ^= 1
  await cluster.do(disk.replaceAtomic(LOG, bytes))
  return { cluster, damaged, lost }
}

test('a voter with damage gets its records from the leader, keeps what it had, and votes again', async () => {
  const { cluster, damaged, lost } = await withDamage(1)
  damaged.start()
  assert.ok(await cluster.run(10_000, cluster.recovered()))
  assert.ok(damaged.log!.committedOffset >= lost)
  await cluster.do(damaged.check())
  const files = await cluster.do(damaged.process.platform.disk.list(`/data/${METADATA_LOG}-0`))
  assert.ok(files.some(({ name }) => name === '00000000000000000000.log.4.cut'))
  // Its vote is needed now.
  cluster.leader!.machine.powerCut()
  assert.ok(await cluster.run(10_000, cluster.recovered()))
})

test('while nobody has what it lost it neither votes nor stands, though it and another one were a majority', async () => {
  const { cluster, damaged } = await withDamage(2)
  const epoch = cluster.leader!.log!.epoch
  const [empty] = cluster.nodes.filter((node) => node !== damaged && node !== cluster.leader)
  for (const node of cluster.nodes) if (node !== damaged) node.machine.powerCut()
  damaged.start()
  await cluster.run(10_000)
  assert.ok(damaged.isUp && damaged.failure === null)
  const partition = {
    partitionIndex: 0,
    replicaEpoch: epoch + 5,
    replicaId: empty!.id,
    replicaDirectoryId: cluster.voters[empty!.id - 1]!.directoryId,
    voterDirectoryId: cluster.voters[damaged.id - 1]!.directoryId,
    lastOffsetEpoch: epoch,
    lastOffset: 1000,
    preVote: false,
  }
  const asked = (preVote: boolean) =>
    damaged.log!.service.vote({
      clusterId: null,
      voterId: damaged.id,
      topics: [{ topicName: METADATA_LOG, partitions: [{ ...partition, preVote }] }],
    })
  for (const preVote of [true, false]) {
    const { topics } = await cluster.do(asked(preVote))
    assert.deepEqual(
      topics[0]?.partitions.map(({ errorCode, voteGranted }) => [errorCode, voteGranted]),
      [[0, false]],
    )
  }
  assert.equal(damaged.log!.isLeader, false)
  for (const node of cluster.nodes) if (!node.isUp) node.start()
  assert.ok(await cluster.run(20_000, cluster.recovered()), 'with the others back it is repaired')
})

test('a leader that takes no updates of voters is asked for one once an epoch', async () => {
  const cluster = await QuorumCluster.start({ seed: 4, voters: 3, kraftVersion: 0 })
  const { unserved } = cluster.network
  unserved.set('UpdateRaftVoter', 0)
  assert.ok(await cluster.run(5_000, cluster.recovered()))
  const { epoch } = cluster.leader!.log!
  await cluster.run(20_000)
  assert.equal(cluster.leader!.log!.epoch, epoch)
  assert.equal(unserved.get('UpdateRaftVoter'), 2, 'of each of the followers')
})

test('a node whose quorum-state is gone, and whose log is not, does not guess', async () => {
  const cluster = await QuorumCluster.start({ seed: 3, voters: 3 })
  assert.ok(await cluster.run(5_000, cluster.recovered()))
  const [node] = cluster.nodes
  node!.process.kill()
  const { disk } = node!.machine.start('a hand').platform
  await cluster.do(disk.remove(`/data/${METADATA_LOG}-0/quorum-state`))
  node!.start()
  await assert.rejects(cluster.run(5_000), /quorum-state is missing.*must not be guessed/)
})
