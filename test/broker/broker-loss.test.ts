// How long a cluster is without a leader when one of its nodes is lost, and that nobody is held for lost who is not. Three simulated machines, virtual time.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { endSession } from '../../src/metadata/controller/heartbeats.ts'
import { ready as codecsReady } from '../../src/protocol/compression/index.ts'
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/metadata.ts'
import { ClusterWorld } from '../support/cluster-world.ts'

const TOPIC = 'events'
/** So many partitions, led by all three in turn. */
const PARTITIONS = 3
const IDS = [1, 2, 3]
const SESSION_MS = 9000

before(codecsReady)

async function clusterWithTopic(seed: number): Promise<ClusterWorld> {
  const cluster = new ClusterWorld(seed)
  for (const id of IDS) cluster.start(id)
  await cluster.until('three brokers serve', cluster.serving(...IDS))
  await cluster.during(cluster.client.createTopic(TOPIC, PARTITIONS, 3))
  for (let index = 0; index < PARTITIONS; index++) await produce(cluster, index, 'before')
  return cluster
}

const produce = (cluster: ClusterWorld, index: number, text: string) =>
  cluster.during(cluster.client.produce(TOPIC, index, [text], cluster.pause))

const isLedElsewhere = (cluster: ClusterWorld, lost: number) => () =>
  cluster.up.every((id) =>
    partitionsAt(cluster, id).every(({ leader, isr }) => leader > 0 && leader !== lost && !isr.includes(lost)),
  )

const partitionsAt = (cluster: ClusterWorld, id: number) => cluster.image(id).topic(TOPIC)?.partitions ?? []

/** Virtual milliseconds until every broker that is left knows other leaders, and until each partition takes records again. */
async function gapAfter(cluster: ClusterWorld, lost: number): Promise<{ known: number; served: number }> {
  const since = cluster.now
  await cluster.until('others lead', isLedElsewhere(cluster, lost))
  const known = cluster.now - since
  for (let index = 0; index < PARTITIONS; index++) await produce(cluster, index, `without ${lost}`)
  return { known, served: cluster.now - since }
}

/** Every broker that is fenced from now on, by its id, in turn. */
function fencedFromNow(cluster: ClusterWorld): number[] {
  const fenced: number[] = []
  for (const { broker } of cluster.seats) {
    const { publisher } = broker!.rooms.metadata
    publisher.subscribe('test', ({ image, brokersChanged }) => {
      for (const id of brokersChanged) if (image.brokers.get(id)?.fenced) fenced.push(id)
    })
  }
  return fenced
}

/** As Metadata says at one broker. */
async function leadersToldBy(cluster: ClusterWorld, id: number): Promise<number[]> {
  const client = await cluster.during(cluster.client.at(cluster.serverOf(id)))
  const asking = client.call(MetadataRequest, MetadataResponse, 12, { topics: [{ name: TOPIC }] })
  const [topic] = (await cluster.during(asking)).topics
  return topic!.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex).map(({ leaderId }) => leaderId)
}

async function textsOf(cluster: ClusterWorld, index: number): Promise<(string | null)[]> {
  const records = await cluster.during(cluster.client.readAll(TOPIC, index))
  return [...new Set(records.map(({ value }) => value))]
}

test('the process of a broker ends: a quarter of a second later others lead, which everybody knows 100 ms after the decision, and it comes back', async () => {
  const cluster = await clusterWithTopic(21)
  const controller = cluster.seats[cluster.leaderId! - 1]!.broker!.rooms.metadata.runtime!
  const leadersDecided = () => controller.machine!.image.topic(TOPIC)!.partitions.map(({ leader }) => leader)
  const lost = IDS.find((id) => id !== cluster.leaderId)!
  const since = cluster.now
  cluster.kill(lost)
  await cluster.until('it is decided', () => !leadersDecided().includes(lost))
  const decidedAt = cluster.now
  await cluster.until('all know it', isLedElsewhere(cluster, lost))
  assert.ok(cluster.now - decidedAt <= 100, `known ${cluster.now - decidedAt} ms after the decision`)
  assert.ok(cluster.now - since <= 250, `known after ${cluster.now - since} ms`)
  for (const id of cluster.up) assert.deepEqual(await leadersToldBy(cluster, id), leadersDecided())
  for (let index = 0; index < PARTITIONS; index++) await produce(cluster, index, `without ${lost}`)
  assert.ok(cluster.now - since <= 500, `served after ${cluster.now - since} ms`)

  cluster.start(lost)
  await cluster.until('it serves again, before the session of its last life would be over', cluster.serving(lost), SESSION_MS / 2)
  await cluster.until('it is in sync', () => partitionsAt(cluster, lost).every(({ isr }) => isr.length === 3))
  for (let index = 0; index < PARTITIONS; index++) assert.deepEqual(await textsOf(cluster, index), ['before', `without ${lost}`])
})

test('the process that leads the metadata quorum, and partitions, ends: others lead both within a second', async () => {
  const cluster = await clusterWithTopic(22)
  const lost = cluster.leaderId!
  cluster.kill(lost)
  const { known, served } = await gapAfter(cluster, lost)
  assert.ok(known <= 700 && served <= 1000, `known after ${known} ms, served after ${served} ms`)
})

test('all processes end at once: five seconds after they are back every partition takes records, and nothing is lost', async () => {
  const cluster = await clusterWithTopic(26)
  for (const id of IDS) cluster.kill(id)
  await cluster.pass(200)
  const since = cluster.now
  for (const id of IDS) cluster.start(id)
  for (let index = 0; index < PARTITIONS; index++) await produce(cluster, index, 'after')
  assert.ok(cluster.now - since <= 5000, `served after ${cluster.now - since} ms`)
  for (let index = 0; index < PARTITIONS; index++) assert.deepEqual(await textsOf(cluster, index), ['before', 'after'])
})

test('a process that is killed and back at once, even before it served, does not wait for the session of its last life', async () => {
  const cluster = await clusterWithTopic(27)
  const lost = IDS.find((id) => id !== cluster.leaderId)!
  const since = cluster.now
  for (const ms of [1, 700, 300]) {
    cluster.kill(lost)
    cluster.start(lost)
    await cluster.pass(ms)
  }
  await cluster.until('it serves', cluster.serving(lost))
  assert.ok(cluster.now - since < (2 * SESSION_MS) / 3, `served after ${cluster.now - since} ms`)
})

test('a machine without power is waited for as long as its session lasts', async () => {
  const cluster = await clusterWithTopic(23)
  const lost = IDS.find((id) => id !== cluster.leaderId)!
  cluster.powerCut(lost)
  const { known } = await gapAfter(cluster, lost)
  assert.ok(known > SESSION_MS - 2000 && known < SESSION_MS + 2000, `known after ${known} ms`)
})

test('connections that break at random, and nodes that are late by half a second, cost nobody its place', async () => {
  const cluster = await clusterWithTopic(25)
  const { world } = cluster
  const fenced = fencedFromNow(cluster)
  const epoch = cluster.seats[0]!.broker!.rooms.metadata.log.epoch
  for (let round = 0; round < 60; round++) {
    await cluster.pass(world.random.between(20, 200))
    for (const link of world.network.links) if (world.random.chance(0.2)) link.reset()
    const seat = world.random.pick(cluster.seats)
    if (world.random.chance(0.3)) seat.process!.pausedUntil = cluster.now + world.random.between(50, 500)
  }
  await cluster.pass(3000)
  assert.deepEqual(fenced, [])
  assert.equal(cluster.seats[0]!.broker!.rooms.metadata.log.epoch, epoch)
})

test('a broker that is suspended while its connections break is waited for', async () => {
  const cluster = await clusterWithTopic(26)
  const fenced = fencedFromNow(cluster)
  const seat = cluster.seats[IDS.find((id) => id !== cluster.leaderId)! - 1]!
  seat.process!.pausedUntil = cluster.now + 6000
  for (const link of cluster.world.network.links)
    if (link.client.process === seat.process || link.server.process === seat.process) link.reset()
  await cluster.pass(8000)
  assert.deepEqual(fenced, [])
})

test('a broker that is held for gone and is not loses nothing, and comes back', async () => {
  const cluster = await clusterWithTopic(27)
  const { controller } = cluster.seats[cluster.leaderId! - 1]!.broker!.rooms.metadata
  const wronged = IDS.find((id) => id !== cluster.leaderId)!
  const { epoch } = cluster.image(wronged).brokers.get(wronged)!
  for (let round = 0; round < 2; round++) {
    const writing = Array.from({ length: PARTITIONS }, (_, index) =>
      cluster.client.produce(TOPIC, index, [`round ${round}`], cluster.pause),
    )
    await cluster.during(controller.decide((machine) => endSession(machine, { brokerId: wronged, brokerEpoch: epoch })))
    assert.equal(cluster.image(cluster.leaderId!).brokers.get(wronged)!.fenced, true)
    for (const one of writing) await cluster.during(one)
    await cluster.until('it is in sync again', () =>
      cluster.up.every((id) => partitionsAt(cluster, id).every(({ isr }) => isr.length === 3)),
    )
    assert.equal(cluster.image(wronged).brokers.get(wronged)!.epoch, epoch)
  }
  for (let index = 0; index < PARTITIONS; index++)
    assert.deepEqual(await textsOf(cluster, index), ['before', 'round 0', 'round 1'])
})
