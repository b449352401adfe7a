import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterWorld } from '../../../test/support/cluster-world.ts'
import { ready as codecsReady } from '../../protocol/compression/index.ts'
import { Producer } from './producer.ts'

test('leaders lose their power, one after the other, under a producer: what is acknowledged is there once, in order', async () => {
  await codecsReady()
  const cluster = new ClusterWorld(23)
  for (const id of [1, 2, 3]) cluster.start(id)
  await cluster.until('three brokers serve', cluster.serving(1, 2, 3))
  await cluster.during(cluster.client.createTopic('t', 2, 3))
  const { platform } = cluster.world.machine('producer').start()
  const bootstrapServers = [1, 2, 3].map((id) => cluster.serverOf(id))
  const producer = new Producer({ bootstrapServers, platform, batchSize: 200, requestTimeoutMs: 3000 })
  const acknowledged: number[][] = [[], []]
  let isOver = false
  const sending = [0, 1].map(async (partition) => {
    for (let i = 0; !isOver; i += 10) {
      const records = Array.from({ length: 10 }, (_, j) => ({ topic: 't', partition, value: String(i + j) }))
      for (const { offset } of await producer.sendAll(records)) acknowledged[partition]!.push(offset)
    }
  })
  for (const partition of [0, 1]) {
    await cluster.pass(300)
    const { leader } = cluster.partition([1, 2, 3].find((id) => cluster.up.includes(id))!, 't', partition)!
    cluster.powerCut(leader)
    const before = acknowledged.map(({ length }) => length)
    await cluster.until('records go on', () => acknowledged.every(({ length }, at) => length > before[at]! + 10), 120_000)
    cluster.start(leader)
    await cluster.until('it is back', cluster.serving(1, 2, 3), 120_000)
  }
  isOver = true
  await cluster.during(Promise.all(sending), 120_000)
  await cluster.during(producer.close())
  for (const partition of [0, 1]) {
    const seen = await cluster.during(cluster.client.readAll('t', partition))
    assert.deepEqual(
      seen.map(({ value }) => Number(value)),
      seen.map((_, i) => i),
    )
    assert.deepEqual(
      acknowledged[partition],
      seen.map(({ offset }) => offset),
    )
  }
})
