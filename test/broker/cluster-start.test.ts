// Nodes that start, or give it up, among others: simulated machines, virtual time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Broker } from '../../src/broker/broker.ts'
import { LocalCluster } from '../../src/broker/local-cluster.ts'
import { formatStorage } from '../../src/broker/storage/format.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { type LogLine, World } from '../../src/platform/sim/world.ts'
import { ready as codecsReady } from '../../src/protocol/compression/index.ts'

const CLUSTER = 'MkU3OEVBNTcwNTJENDM2Qk'
const DIRECTORY_IDS = ['Cc8TzkB4SVm3p3mJZcX0Kg', 'Dc8TzkB4SVm3p3mJZcX0Kg', 'Ec8TzkB4SVm3p3mJZcX0Kg']

class Scene {
  readonly world: World
  readonly lines: LogLine[] = []

  constructor(seed: number) {
    this.world = new World({ seed, turn: () => new Promise(setImmediate), maxEvents: 2_000_000 })
    this.world.onLine = (line) => this.lines.push(line)
  }

  platform(machine: string): Platform {
    return this.world.machine(machine).start().platform
  }

  pass(ms: number): Promise<boolean> {
    return this.world.events.run(this.world.events.now + ms)
  }

  async during<T>(promise: Promise<T>, withinMs = 60_000): Promise<T> {
    let isOver = false
    const settle = () => void (isOver = true)
    promise.then(settle, settle)
    assert.ok(await this.world.events.run(this.world.events.now + withinMs, () => isOver), `not within ${withinMs} virtual ms`)
    return promise
  }

  said(what: RegExp): number {
    return this.lines.filter(({ message }) => what.test(message)).length
  }
}

const load = (...texts: (readonly [string, string])[]) =>
  loadConfig({ profile: 'library', overrides: new Map([['log.dirs', '/data'], ...texts]), env: { CLUSTER_ID: CLUSTER } })

/** A controller and broker at `machine:9093`, which is all of its quorum. */
const only = (machine: string) =>
  load(
    ['node.id', '1'],
    ['process.roles', 'broker,controller'],
    ['controller.quorum.voters', `1@${machine}:9093`],
    ['controller.listener.names', 'CONTROLLER'],
    ['listeners', `PLAINTEXT://${machine}:9092,CONTROLLER://${machine}:9093`],
  )

const brokerOf = (machine: string, id: number) =>
  load(
    ['node.id', String(id)],
    ['process.roles', 'broker'],
    ['controller.quorum.voters', '1@one:9093'],
    ['controller.listener.names', 'CONTROLLER'],
    ['listeners', `PLAINTEXT://${machine}:9092`],
  )

test('controllers that listen on every interface are found by the names of their machines', async () => {
  await codecsReady()
  const scene = new Scene(21)
  const hosts = ['one', 'two', 'three']
  const voters = hosts.map((host, at) => `${at + 1}@${host}:9093:${DIRECTORY_IDS[at]}`).join(',')
  const nodes = hosts.map((host, at) => ({
    platform: scene.platform(host),
    loaded: load(
      ['node.id', String(at + 1)],
      ['process.roles', 'broker,controller'],
      ['controller.quorum.bootstrap.servers', hosts.map((each) => `${each}:9093`).join(',')],
      ['controller.listener.names', 'CONTROLLER'],
      ['listeners', 'PLAINTEXT://:9092,CONTROLLER://:9093'],
    ),
  }))
  for (const { platform, loaded } of nodes) {
    const { disk, clock, random, network } = platform
    const rooms = { disk, clock, hostName: network.hostName, randomBytes: (length: number) => random.bytes(length) }
    const quorum = { kind: 'initial' as const, voters }
    await scene.during(formatStorage(rooms, loaded, { clusterId: CLUSTER, ignoreFormatted: false, features: [], quorum }))
  }
  const brokers = await scene.during(Promise.all(nodes.map(({ platform, loaded }) => Broker.start(loaded, platform))))
  for (const { rooms } of brokers) {
    const { log, raft, publisher } = rooms.metadata
    assert.equal(raft!.leaderAddress!.host, hosts[log.leaderId! - 1])
    const told = [...publisher.image.controllers.values()].flatMap(({ endPoints }) => endPoints.map(({ host }) => host))
    assert.deepEqual(told.sort(), [...hosts].sort())
  }
  await scene.during(Promise.all(brokers.map((broker) => broker.close())))
})

test('a start that waits for its place in the cluster can be given up at once, and leaves nothing', async () => {
  await codecsReady()
  const scene = new Scene(22)
  await scene.during(Broker.start(only('one'), scene.platform('one')))
  await scene.during(Broker.start(brokerOf('two', 2), scene.platform('two')))
  const giveUp = new AbortController()
  const twin = Broker.start(brokerOf('three', 2), scene.platform('three'), { stopped: giveUp.signal })
  twin.catch(() => {})
  await scene.pass(5000)
  assert.ok(scene.said(/does not register this broker yet/) > 0, 'another process with its id is alive')
  giveUp.abort()
  await assert.rejects(scene.during(twin, 500), /the start was given up/)
  const before = scene.lines.length
  await scene.pass(120_000)
  assert.deepEqual(
    scene.lines.slice(before).filter(({ level }) => level !== 'info' && level !== 'debug'),
    [],
  )
})

test('a controller that cannot start says nothing more', async () => {
  await codecsReady()
  const scene = new Scene(23)
  const platform = scene.platform('one')
  await scene.during(platform.network.listen({ host: 'one', port: 9092 }, () => {}))
  await assert.rejects(scene.during(Broker.start(only('one'), platform)), /9092/)
  await scene.pass(120_000)
  assert.equal(scene.said(/could not be registered/), 0)
})

test('a cluster is closed while one of its brokers waits for the others; what is no broker of it is told', async () => {
  await codecsReady()
  const scene = new Scene(24)
  const platform = scene.platform('one')
  const disks = [1, 2, 3].map((id) => ({ disk: platform.disk, directory: `/data/${id}` }))
  const cluster = await scene.during(LocalCluster.start({ platform, host: 'localhost', port: 9092, disks, config: new Map() }))
  assert.throws(() => cluster.broker(4), /there is no broker 4 in this cluster; allowed: 1, 2, 3/)
  const first = cluster.broker(1)!
  await scene.during(cluster.stop(1))
  const again = scene.during(cluster.restart(1))
  assert.equal(await scene.during(cluster.restart(1)), await again, 'it is started once')
  await scene.during(cluster.stop(1, first))
  assert.equal(cluster.broker(1), await again, 'who has the broker of before does not stop this one')

  for (const id of [1, 2, 3]) await scene.during(cluster.stop(id), 90_000)
  const waiting = cluster.restart(1)
  waiting.catch(() => {})
  await scene.pass(5000)
  await scene.during(cluster.close())
  await assert.rejects(waiting, /the start was given up/)
  await assert.rejects(cluster.restart(1), /the cluster was closed/)
})

test('two that stop together, when a third is gone already, both say farewell', async () => {
  await codecsReady()
  const scene = new Scene(25)
  const platform = scene.platform('one')
  const disks = [1, 2, 3].map((id) => ({ disk: platform.disk, directory: `/data/${id}` }))
  const cluster = await scene.during(LocalCluster.start({ platform, host: 'localhost', port: 9092, disks, config: new Map() }))
  const leader = cluster.broker(1)!.rooms.metadata.log.leaderId!
  const others = [1, 2, 3].filter((id) => id !== leader)
  await scene.during(cluster.stop(others[0]!))
  await scene.during(Promise.all([leader, others[1]!].map((id) => cluster.broker(id)!.close())))
  assert.equal(scene.said(/without having left its cluster/), 0)
  await scene.during(cluster.close())
})
