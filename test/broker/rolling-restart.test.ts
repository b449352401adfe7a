// One node after the other stops and comes back while a client writes: others lead before it stops listening. Three simulated machines, virtual time.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { ready as codecsReady } from '../../src/protocol/compression/index.ts'
import { ClusterWorld } from '../support/cluster-world.ts'

const TOPIC = 'events'
const PARTITIONS = [0, 1, 2]
const IDS = [1, 2, 3]

before(codecsReady)

/** Writes to one partition without end; notes the longest time between two acknowledgements, and the longest that one record took. */
class Writer {
  readonly #cluster: ClusterWorld
  readonly #index: number
  #last: number
  longestGap = 0
  longestTaken = 0
  written = 0
  isStopped = false
  readonly over: Promise<void>

  constructor(cluster: ClusterWorld, index: number) {
    this.#cluster = cluster
    this.#index = index
    this.#last = cluster.now
    this.over = this.#run()
  }

  async #run(): Promise<void> {
    const { client, world } = this.#cluster
    const pause = (ms = 5) => new Promise<void>((resolve) => void world.events.after(ms, 'pause', resolve))
    while (!this.isStopped) {
      const sentAt = this.#cluster.now
      await client.produce(TOPIC, this.#index, [String(this.written)], () => pause())
      this.written++
      this.longestTaken = Math.max(this.longestTaken, this.#cluster.now - sentAt)
      this.longestGap = Math.max(this.longestGap, this.#cluster.now - this.#last)
      this.#last = this.#cluster.now
      await pause(20)
    }
  }
}

async function clusterWithTopic(seed: number, settings: Readonly<Record<string, string>> = {}): Promise<ClusterWorld> {
  const cluster = new ClusterWorld(seed, settings)
  for (const id of IDS) cluster.start(id)
  await cluster.until('three brokers serve', cluster.serving(...IDS))
  await cluster.during(cluster.client.createTopic(TOPIC, PARTITIONS.length, 3))
  for (const index of PARTITIONS) await cluster.during(cluster.client.produce(TOPIC, index, ['before'], cluster.pause))
  return cluster
}

const partitionsAt = (cluster: ClusterWorld, id: number) => cluster.image(id).topic(TOPIC)?.partitions ?? []
const isWhole = (cluster: ClusterWorld) => () =>
  cluster.up.length === IDS.length && IDS.every((id) => partitionsAt(cluster, id).every(({ isr }) => isr.length === IDS.length))

test('a rolling restart interrupts no partition for a tenth of a second, whether the node leads partitions, the quorum or both', async () => {
  // A broker that stops waits until the others' heartbeats tell that they have followed.
  const quick = { 'broker.heartbeat.interval.ms': '300' }
  const cluster = await clusterWithTopic(41, { ...quick, 'auto.leader.rebalance.enable': 'false' })
  const writers = PARTITIONS.map((index) => new Writer(cluster, index))
  let controllersStopped = 0
  for (const id of IDS) {
    if (cluster.leaderId === id) controllersStopped++
    await cluster.stop(id)
    cluster.start(id)
    const since = cluster.now
    await cluster.until('it is in sync again', isWhole(cluster))
    assert.ok(cluster.now - since < 2000, `in sync after ${cluster.now - since} ms`)
    await cluster.pass(100)
  }
  for (const writer of writers) writer.isStopped = true
  await cluster.during(Promise.all(writers.map(({ over }) => over)))
  assert.ok(controllersStopped > 0, 'a controller was among them')
  for (const [index, { longestGap, longestTaken, written }] of writers.entries()) {
    assert.ok(longestGap < 100, `partition ${index} took nothing for ${longestGap} ms`)
    // A decision of the quorum, a refusal, 5 ms until this client tries again: more than that, and somebody waits for a timer.
    assert.ok(longestTaken < 40, `a record of partition ${index} took ${longestTaken} ms`)
    const texts = new Set((await cluster.during(cluster.client.readAll(TOPIC, index))).map(({ value }) => value))
    assert.equal(texts.size, written + 1)
  }
})

test('after a restart leaders are the preferred ones again', async () => {
  const cluster = await clusterWithTopic(42, { 'leader.imbalance.check.interval.seconds': '5' })
  const lost = IDS.find((id) => id !== cluster.leaderId)!
  const isPreferred = () => partitionsAt(cluster, cluster.up[0]!).every(({ leader, replicas }) => leader === replicas[0])
  assert.ok(isPreferred())
  cluster.kill(lost)
  await cluster.until('others lead', () =>
    partitionsAt(cluster, cluster.up[0]!).every(({ leader }) => leader > 0 && leader !== lost),
  )
  cluster.start(lost)
  await cluster.until('it is in sync again', isWhole(cluster))
  assert.ok(!isPreferred())
  await cluster.until('all lead what they should', isPreferred, 11_000)
  for (const index of PARTITIONS) await cluster.during(cluster.client.produce(TOPIC, index, ['after'], cluster.pause))
})
