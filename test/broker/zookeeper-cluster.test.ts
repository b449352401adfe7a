// Brokers whose metadata is in ZooKeeper: a pretended ensemble, three simulated machines, virtual time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Broker } from '../../src/broker/broker.ts'
import { loadConfig } from '../../src/config/load.ts'
import { ready as codecsReady } from '../../src/protocol/compression/index.ts'
import { ClusterClient } from '../support/cluster-client.ts'
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

test('three brokers with ZooKeeper register, replicate, and go on when the machine of their controller loses its power', async () => {
  await codecsReady()
  const world = await ZooKeeperWorld.start(5)
  const start = (id: number) =>
    Broker.start(loadConfig({ profile: 'file', env: env(id) }), world.world.machine(`node${id}`).start().platform)
  const brokers = await world.result(Promise.all([1, 2, 3].map(start)))
  const { platform } = world.world.machine('client').start()
  const client = new ClusterClient('node1:9092,node2:9092,node3:9092', platform, 2000)
  const pause = () => new Promise<void>((resolve) => void world.world.events.after(20, 'pause', resolve))

  await world.result(client.createTopic('events', 1, 3))
  await world.result(client.produce('events', 0, ['before'], pause))
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
