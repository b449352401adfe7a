import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { Lifetime, Patience } from '../patience.ts'
import { MetadataKeeper } from './metadata-keeper.ts'
import type { Nodes } from './nodes.ts'

/** A cluster of one broker with one partition, which `leaderId` leads; -1: nobody. */
function scene() {
  const clock = new ManualClock()
  const lifetime = new Lifetime()
  const cluster = { leaderId: -1, asked: 0 }
  const partition = { partitionIndex: 0, leaderEpoch: 1, replicaNodes: [1], isrNodes: [1], offlineReplicas: [] }
  const node = {
    name: 'broker 1',
    send: async () => {
      cluster.asked++
      const partitions = [{ ...partition, leaderId: cluster.leaderId }]
      const topics = [{ name: 't', topicId: 'Zm9vYmFyMTIzNDU2Nzg5MA', errorCode: 0, isInternal: false, partitions }]
      return { errorCode: 0, clusterId: 'c', controllerId: 1, brokers: [{ nodeId: 1, host: 'a', port: 1, rack: null }], topics }
    },
  }
  const keeper = new MetadataKeeper({
    clock,
    random: { next: () => 0.5, bytes: (length) => new Uint8Array(length) },
    nodes: { candidates: () => [node], update() {}, learn() {}, forget() {} } as unknown as Nodes,
    lifetime,
    backoff: { initialMs: 100, maxMs: 1000 },
    maxAgeMs: 3_600_000,
    rebootstraps: false,
    createsTopics: false,
    asksControllers: false,
  })
  return { clock, lifetime, cluster, keeper }
}

test('a partition without a leader is asked for often at first, then once a second, and not any more when it has one', async () => {
  const { clock, lifetime, cluster, keeper } = scene()
  await keeper.topics(['t'], new Patience({ clock, what: 'the partitions of t', timeoutMs: 1000 }))
  await clock.advance(2000)
  assert.ok(cluster.asked >= 10, `${cluster.asked} in two seconds`)
  await clock.advance(10_000)
  const before = cluster.asked
  await clock.advance(60_000)
  assert.ok(cluster.asked - before <= 61, `${cluster.asked - before} in a minute`)
  assert.ok(cluster.asked - before >= 50, 'it may have a leader again at any time')
  cluster.leaderId = 1
  await clock.advance(2000)
  const settled = cluster.asked
  await clock.advance(60_000)
  assert.equal(cluster.asked, settled)
  lifetime.end()
})
