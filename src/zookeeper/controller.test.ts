// The machine that decides on topics and brokers, unchanged, on a log in ZooKeeper: what a controller decided is there for the next one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unfenceBroker } from '../../test/support/broker-commands.ts'
import { testRules } from '../../test/support/test-controller.ts'
import { type Member, ZooKeeperWorld } from '../../test/support/zookeeper/world.ts'
import { MachineRuntime } from '../machine/runtime.ts'
import { activate } from '../metadata/controller/activation.ts'
import { registerBroker } from '../metadata/controller/brokers.ts'
import { Controller } from '../metadata/controller/controller.ts'
import { createTopics } from '../metadata/controller/create-topics.ts'
import { recordsOf } from '../metadata/image-records.ts'
import { MetadataPublisher } from '../metadata/publisher.ts'
import { type MetadataRecord, metadataCodec } from '../metadata/records.ts'
import { restoreImage } from '../metadata/restore.ts'
import { Snapshotter } from '../metadata/snapshotter.ts'
import { KafkaError } from '../protocol/errors.ts'

class Node {
  readonly member: Member
  readonly publisher: MetadataPublisher
  readonly runtime: MachineRuntime<Controller, MetadataRecord>
  readonly snapshotter: Snapshotter
  isActive = false

  constructor(member: Member) {
    const { log, process } = member
    const { clock, logger, random } = process.platform
    this.member = member
    this.publisher = new MetadataPublisher({ log, clock, logger })
    this.runtime = new MachineRuntime({
      name: 'controller',
      create: () =>
        new Controller({
          nodeId: member.id,
          random,
          rules: testRules,
          defaults: () => ({ numPartitions: 1, replicationFactor: 1 }),
          nextOffset: () => log.endOffset,
          sessionTimeoutMs: null,
        }),
      restore: (controller) => restoreImage(log, controller.image),
      log,
      codec: metadataCodec,
      clock,
      logger,
      maxBatchBytes: () => 8 << 20,
      errors: { inactive: 'NOT_CONTROLLER', loading: 'NOT_CONTROLLER' },
    })
    const bytesBetween = () => log.bytesBetweenSnapshots(3000)
    this.snapshotter = new Snapshotter({ publisher: this.publisher, log, clock, logger, bytesBetween, intervalMs: () => 0 })
    log.onRole(({ isLeader }) => {
      this.isActive = false
      if (isLeader) void this.#lead()
      else this.runtime.resign(new KafkaError('NOT_CONTROLLER', 'another one leads'))
    })
  }

  async #lead(): Promise<void> {
    if (!(await this.runtime.load())) return
    await this.runtime.write((controller) => activate(controller, { bootstrap: null, minInsyncReplicas: 1 }))
    this.isActive = true
  }
}

class House {
  readonly world: ZooKeeperWorld
  readonly nodes: Node[] = []

  constructor(world: ZooKeeperWorld) {
    this.world = world
  }

  async add(id: number): Promise<void> {
    const node: Node = await this.world.node(id, '', (member) => new Node(member))
    await this.world.result(node.publisher.load())
    this.nodes.push(node)
  }

  get running(): Node[] {
    return this.nodes.filter(({ member }) => member.process.isAlive)
  }

  async active(): Promise<Node> {
    let found: Node | undefined
    await this.world.pass(60_000, () => (found = this.running.find(({ isActive }) => isActive)) !== undefined)
    return found ?? assert.fail('a controller becomes active')
  }

  async register(id: number): Promise<void> {
    const { runtime } = await this.active()
    const { image } = runtime.machine!
    const features = [...image.features].map(([name, level]) => ({ name, minSupportedVersion: 0, maxSupportedVersion: level }))
    const listeners = [{ name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }]
    const incarnationId = Buffer.alloc(16, id).toString('base64url')
    const logDirs = [Buffer.alloc(16, 100 + id).toString('base64url')]
    const request = { brokerId: id, incarnationId, listeners, features, rack: null, logDirs, previousBrokerEpoch: -1 }
    const { brokerEpoch } = await this.world.result(runtime.write((controller, now) => registerBroker(controller, request, now)))
    await this.world.result(runtime.write((controller) => unfenceBroker(controller, { brokerId: id, brokerEpoch })))
  }

  async create(name: string): Promise<number> {
    const { runtime } = await this.active()
    const topic = { name, numPartitions: 3, replicationFactor: 1, assignments: [], configs: [] }
    const request = { topics: [topic], timeoutMs: 1000, validateOnly: false }
    const { topics } = await this.world.result(runtime.write((controller) => createTopics(controller, request)))
    return topics[0]!.errorCode
  }
}

const sorted = (records: Iterable<MetadataRecord>) => [...records].map((one) => JSON.stringify(one)).sort()

test('brokers and topics outlive their controllers, snapshots included, and all images are equal', async () => {
  const house = new House(await ZooKeeperWorld.start())
  for (const id of [1, 2, 3]) await house.add(id)
  await house.register(1)
  const names: string[] = []
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 10; i++) {
      names.push(`t-${round}-${i}`)
      assert.equal(await house.create(names.at(-1)!), 0)
    }
    const { member } = await house.active()
    await house.world.pass(500)
    if (round < 2) member.process.kill()
  }
  await house.add(4)
  await house.world.pass(1000)
  const { tree } = house.world.ensemble
  assert.ok(tree.children('/odradek/metadata/snapshots').length > 0, 'snapshots were written on the way')
  assert.ok(!tree.has('/odradek/metadata/log/00000000000000000000'), 'and the beginning of the log is gone')
  const active = await house.active()
  assert.equal(active.member.log.epoch, 3)
  const expected = sorted(recordsOf(active.runtime.machine!.image))
  assert.equal(house.running.length, 2)
  for (const { publisher } of house.running) {
    assert.deepEqual([...publisher.image.topics.keys()].sort(), names.sort())
    assert.deepEqual(sorted(recordsOf(publisher.image)), expected)
  }
})

test('a decision that waits when its controller stops being one is refused, and none of it is there', async () => {
  const house = new House(await ZooKeeperWorld.start())
  for (const id of [1, 2]) await house.add(id)
  await house.register(1)
  const before = await house.active()
  house.world.ensemble.unheard.add(before.member.process.machine.name)
  const waiting = house.create('lost')
  await assert.rejects(waiting, (thrown) => thrown instanceof KafkaError && thrown.error === 'NOT_CONTROLLER')
  const after = await house.active()
  assert.notEqual(after, before)
  assert.equal(await house.create('kept'), 0)
  assert.deepEqual([...after.publisher.image.topics.keys()], ['kept'])
})
