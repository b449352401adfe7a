// Three brokers in one process.

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type ClusterOptions, type RunningCluster, startCluster } from '../../src/index.ts'
import { silentLogger } from '../../src/platform/logger.ts'
import { ClusterClient } from '../support/cluster-client.ts'
import { atEnd, eventually, tempDir } from '../support/running-broker.ts'

const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 20))
const values = (records: readonly { value: string | null }[]) => records.map(({ value }) => value)

async function clusterFor(t: TestContext, options: ClusterOptions): Promise<{ cluster: RunningCluster; client: ClusterClient }> {
  const config = { 'broker.heartbeat.interval.ms': 200, 'replica.fetch.wait.max.ms': 100, ...options.config }
  const cluster = await startCluster({ logger: silentLogger, ...options, config })
  atEnd(t, () => cluster.close())
  const client = new ClusterClient(cluster.bootstrapServers)
  atEnd(t, () => client.close())
  return { cluster, client }
}

async function inSync(client: ClusterClient, topic: string, index: number, count: number): Promise<void> {
  await eventually(`${count} in-sync replicas of ${topic}-${index}`, async () => {
    const partition = await client.partition(topic, index)
    return partition !== undefined && partition.leaderId >= 0 && partition.isrNodes.length === count
  })
}

test('three brokers elect, replicate what acks=all acknowledges, lose one and go on, and take it back', async (t) => {
  const { cluster, client } = await clusterFor(t, { inMemory: true })
  const { brokers, clusterId } = await client.metadata()
  assert.deepEqual(brokers.map(({ nodeId }) => nodeId).sort(), [1, 2, 3])
  assert.equal(clusterId, cluster.clusterId)

  // Two of the three have to hand it on to the controller.
  for (const [at, server] of cluster.bootstrapServers.split(',').entries())
    await client.createTopic(`made-by-${at + 1}`, 3, 3, server)
  for (const index of [0, 1, 2]) await client.produce('made-by-2', index, [`before ${index}`], pause)
  await inSync(client, 'made-by-2', 0, 3)
  const leaderId = (await client.partition('made-by-2', 0))!.leaderId

  await cluster.stop(leaderId)
  await inSync(client, 'made-by-2', 0, 2)
  assert.notEqual((await client.partition('made-by-2', 0))!.leaderId, leaderId)
  for (const index of [0, 1, 2]) await client.produce('made-by-2', index, [`without ${index}`], pause)
  const left = cluster.ids.filter((id) => id !== leaderId)
  for (const id of left) await client.createTopic(`made-without-${leaderId}-by-${id}`, 1, 2, cluster.broker(id)!.bootstrapServers)

  await cluster.restart(leaderId)
  await inSync(client, 'made-by-2', 0, 3)
  for (const index of [0, 1, 2]) {
    await client.produce('made-by-2', index, [`after ${index}`], pause)
    const seen = new Set(values(await client.readAll('made-by-2', index)))
    assert.deepEqual([...seen], [`before ${index}`, `without ${index}`, `after ${index}`])
  }
})

test('a cluster on disk is the same one after all of it stopped', async (t) => {
  const dataDir = await tempDir(t)
  const first = await clusterFor(t, { dataDir })
  await first.client.createTopic('kept', 1, 3)
  await first.client.produce('kept', 0, ['a', 'b'], pause)
  await first.cluster.close()
  const second = await clusterFor(t, { dataDir })
  assert.equal(second.cluster.clusterId, first.cluster.clusterId)
  await second.client.produce('kept', 0, ['c'], pause)
  assert.deepEqual(values(await second.client.readAll('kept', 0)), ['a', 'b', 'c'])
})
