// Brokers whose metadata is in ZooKeeper: a pretended ensemble, three simulated machines, virtual time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Broker } from '../../src/broker/broker.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { SimProcess } from '../../src/platform/sim/process.ts'
import { ready as codecsReady } from '../../src/protocol/compression/index.ts'
import { errorName } from '../../src/protocol/errors.ts'
import { BrokerHeartbeatRequest, BrokerHeartbeatResponse } from '../../src/protocol/messages/broker-heartbeat.ts'
import { ClusterClient } from '../support/cluster-client.ts'
import { KafkaClient } from '../support/kafka-client.ts'
import { ZooKeeperWorld } from '../support/zookeeper/world.ts'

/** As in the compose files of tutorials, with three brokers. */
const env = (id: number) => ({
  KAFKA_BROKER_ID: String(id),
  KAFKA_ZOOKEEPER_CONNECT: 'zk:2181/kafka',
  KAFKA_LISTENERS: `PLAINTEXT://node${id}:9092`,
  KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://node${id}:9092`,
  KAFKA_LOG_DIRS: '/data',
  KAFKA_METRICS_PORT: '0',
  KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '3',
})

async function threeBrokers(seed: number) {
  await codecsReady()
  const world = await ZooKeeperWorld.start(seed)
  const processes = new Map<number, SimProcess>()
  const start = (id: number) => {
    const process = world.world.machine(`node${id}`).start()
    processes.set(id, process)
    return Broker.start(loadConfig({ profile: 'file', env: env(id) }), process.platform)
  }
  const brokers = await world.result(Promise.all([1, 2, 3].map(start)))
  const { platform } = world.world.machine('client').start()
  const client = new ClusterClient('node1:9092,node2:9092,node3:9092', platform, 2000)
  const pause = () => new Promise<void>((resolve) => void world.world.events.after(20, 'pause', resolve))
  await world.result(client.createTopic('events', 1, 3))
  await world.result(client.produce('events', 0, ['before'], pause))
  return { world, processes, start, brokers, client, pause }
}

test('three brokers with ZooKeeper register, replicate, and go on when the machine of their controller loses its power', async () => {
  const { world, brokers, client, pause } = await threeBrokers(5)
  assert.ok(world.ensemble.tree.has('/kafka/brokers/ids/1'))

  const lost = brokers[0]!.rooms.metadata.log.leaderId!
  world.world.machine(`node${lost}`).powerCut()
  const other = brokers[lost % 3]!
  const isElsewhere = () => other.rooms.metadata.log.leaderId !== null && other.rooms.metadata.log.leaderId !== lost
  assert.ok(await world.pass(60_000, isElsewhere), 'another controller')
  await world.result(client.produce('events', 0, ['without'], pause))
  const seen = (await world.result(client.readAll('events', 0))).map(({ value }) => value)
  assert.deepEqual([...new Set(seen)], ['before', 'without'])
  await world.result(Promise.all(brokers.filter((_, at) => at + 1 !== lost).map((broker) => broker.close())))
})

test('a controller stops also while ZooKeeper does not answer what it is writing there', async () => {
  await codecsReady()
  const world = await ZooKeeperWorld.start(6)
  const loaded = loadConfig({
    profile: 'library',
    overrides: new Map([
      ['zookeeper.connect', 'zk:2181'],
      ['log.dirs', '/data'],
    ]),
  })
  const { platform } = world.world.machine('node1').start()
  const broker = await world.result(Broker.start(loaded, platform))
  world.ensemble.fate = ({ paths }) => {
    if (paths.some((path) => path.startsWith('/brokers/topics/'))) world.ensemble.isSilent = true
    return world.ensemble.isSilent ? 'lose the request' : 'answer'
  }
  const client = new ClusterClient(broker.bootstrapServers, platform, 2000)
  await world.result(client.createTopic('events', 1, 1).catch(() => {}))
  assert.ok(await world.pass(5000, () => world.ensemble.isSilent), "it began to write Kafka's nodes")
  await world.result(broker.close(), 45_000)
})

test('what brokers say to a controller is heard at their own listener, and at no other one', async () => {
  await codecsReady()
  const world = await ZooKeeperWorld.start(7)
  const overrides = new Map([
    ['zookeeper.connect', 'zk:2181'],
    ['log.dirs', '/data'],
    ['listeners', 'INTERNAL://node1:9092,EXTERNAL://node1:19092'],
    ['listener.security.protocol.map', 'INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT'],
    ['inter.broker.listener.name', 'INTERNAL'],
  ])
  const { platform } = world.world.machine('node1').start()
  const broker = await world.result(Broker.start(loadConfig({ profile: 'library', overrides }), platform))
  const beat = async (server: string) => {
    const client = await KafkaClient.connect(server, platform, 2000)
    const answer = await client.call(BrokerHeartbeatRequest, BrokerHeartbeatResponse, 1, { brokerId: 9, brokerEpoch: 1 })
    return errorName(answer.errorCode)
  }
  assert.equal(await world.result(beat('node1:9092')), 'STALE_BROKER_EPOCH')
  await assert.rejects(world.result(beat('node1:19092')), /closed|over/)
  await world.result(broker.close())
})

test('with ZooKeeper the process of the controller ends: another one is elected, and others lead, within a second', async () => {
  const { world, processes, start, brokers, client, pause } = await threeBrokers(6)
  const { events } = world.world
  const lost = brokers[0]!.rooms.metadata.log.leaderId!
  await world.pass(3000, () => false)
  const since = events.now
  processes.get(lost)!.kill()
  const others = brokers.filter((_, at) => at + 1 !== lost)
  const isOver = () =>
    others.every(({ rooms }) => {
      const partition = rooms.metadata.publisher.image.partition('events', 0)!
      return partition.leader > 0 && partition.leader !== lost && !partition.isr.includes(lost)
    })
  assert.ok(await world.pass(60_000, isOver), 'others lead')
  assert.ok(events.now - since <= 1000, `after ${events.now - since} ms`)
  await world.result(client.produce('events', 0, ['without'], pause))
  const seen = (await world.result(client.readAll('events', 0))).map(({ value }) => value)
  assert.deepEqual([...new Set(seen)], ['before', 'without'])
  const again = events.now
  await world.result(start(lost))
  assert.ok(events.now - again < 5000, `it serves again after ${events.now - again} ms, and not when its old session is over`)
})

test('with ZooKeeper a controller that is late, and whose connections break, stays in office', async () => {
  const { world, processes, brokers } = await threeBrokers(7)
  const { log } = brokers[0]!.rooms.metadata
  const { leaderId, epoch } = log
  for (let round = 0; round < 8; round++) {
    processes.get(leaderId!)!.pausedUntil = world.world.events.now + 500
    for (const link of world.world.network.links)
      if ([link.client, link.server].every(({ process }) => [...processes.values()].includes(process))) link.reset()
    await world.pass(700, () => false)
  }
  assert.deepEqual([log.leaderId, log.epoch], [leaderId, epoch])
})
