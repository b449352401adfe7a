// Three brokers on three simulated machines: killed, cut off, of another cluster. Virtual time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ready as codecsReady } from '../../src/protocol/compression/index.ts'
import { ClusterWorld } from '../support/cluster-world.ts'

const valuesOf = (records: readonly { value: string | null }[]) => [...new Set(records.map(({ value }) => value))]

test('the machine with the active controller and a leader loses its power: others lead both, nothing that was acknowledged is lost, and it comes back', async () => {
  await codecsReady()
  const cluster = new ClusterWorld(11)
  const { client } = cluster
  for (const id of [1, 2, 3]) cluster.start(id)
  await cluster.until('three brokers serve', cluster.serving(1, 2, 3))
  await cluster.during(client.createTopic('events', 3, 3))
  for (const index of [0, 1, 2]) await cluster.during(client.produce('events', index, [`before ${index}`], cluster.pause))

  const lost = cluster.leaderId!
  cluster.powerCut(lost)
  const others = [1, 2, 3].filter((id) => id !== lost)
  for (const index of [0, 1, 2]) await cluster.during(client.produce('events', index, [`without ${index}`], cluster.pause))
  const next = cluster.seats[others[0]! - 1]!.broker!.rooms.metadata.log.leaderId
  assert.ok(next !== null && next !== lost, `the controller is ${next}`)

  cluster.start(lost)
  await cluster.until('it serves again', cluster.serving(1, 2, 3))
  const { replicas } = cluster.seats[lost - 1]!.broker!.rooms
  await cluster.until('it is in sync again', () =>
    [0, 1, 2].every((index) => replicas.get('events', index)?.role.isr.length === 3),
  )
  for (const index of [0, 1, 2]) {
    assert.deepEqual(valuesOf(await cluster.during(client.readAll('events', index))), [`before ${index}`, `without ${index}`])
  }
  assert.deepEqual(
    cluster.seats.map(({ failure }) => failure),
    [null, null, null],
  )
})

test('a node with the directory of another cluster does not start, says why, and disturbs nobody', async () => {
  await codecsReady()
  const cluster = new ClusterWorld(12)
  cluster.start(1)
  cluster.start(2)
  await cluster.until('two brokers serve', cluster.serving(1, 2))
  cluster.start(3, 'AAAAAAAAAAAAAAAAAAAAAg')
  await cluster.until('it gives up', () => cluster.seats[2]!.failure !== null)
  assert.match(
    cluster.seats[2]!.failure!.message,
    /\/data belongs to cluster AAAAAAAAAAAAAAAAAAAAAg, and one:9093, two:9093 to another/,
  )
  await cluster.during(cluster.client.createTopic('still', 1, 2))
  await cluster.during(cluster.client.produce('still', 0, ['works'], cluster.pause))
})
