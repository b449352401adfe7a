/** The compose files, brought up one after the other. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { startEnsemble } from '../lib/zookeeper.mjs'
import { bringUp } from './compose.mjs'
import { Neighbour, Service } from './service.mjs'

export async function judgeOne(world) {
  const { services, outside } = await bringUp('compose.yaml')
  const kafka = new Service(world, 'one', services.kafka)
  const neighbour = new Neighbour(world, await outside('9092'))
  const test = (what, body) => world.report.test(`compose.yaml: ${what}`, body, { timeoutMs: 90_000 })
  try {
    await test('the broker comes up, and its health check says when', async () => {
      assert.notEqual((await kafka.health()).code, 0)
      kafka.up()
      await kafka.healthy()
    })
    await test('the topic of KAFKA_CREATE_TOPICS is there', () =>
      neighbour.sees('test-topic', /PartitionCount: 1\s+ReplicationFactor: 1/))
    await test('records go through', () => neighbour.exchanges('test-topic', 100))
    await test('SIGTERM ends it with 0, and everything is there when it is up again', async () => {
      await kafka.stop()
      kafka.up()
      await kafka.healthy()
      assert.equal(await neighbour.command('kafka-get-offsets', '--topic', 'test-topic'), 'test-topic:0:100\n')
      assert.match(await neighbour.command('kafka-consumer-groups', '--list'), /^round of /m)
    })
  } finally {
    await kafka.kill()
  }
}

export async function judgeThree(world) {
  const { services, outside } = await bringUp('compose.three.yaml')
  const brokers = Object.entries(services).map(([name, environment]) => new Service(world, `three-${name}`, environment))
  const neighbour = new Neighbour(world, await outside('9092'))
  const test = (what, body) => world.report.test(`compose.three.yaml: ${what}`, body, { timeoutMs: 150_000 })
  try {
    await test('the brokers come up, and their health checks say when', async () => {
      for (const broker of brokers) broker.up()
      for (const broker of brokers) await broker.healthy()
    })
    await test('the topic of KAFKA_CREATE_TOPICS is there, with three replicas', () =>
      neighbour.sees('test-topic', /PartitionCount: 3\s+ReplicationFactor: 3/, 60_000))
    await test('records go through', () => neighbour.exchanges('test-topic', 100))
    await test('one of them is stopped: records go through, and it comes back', async () => {
      const [, second] = brokers
      await second.stop()
      await neighbour.exchanges('test-topic', 100)
      second.up()
      await second.healthy()
      await neighbour.sees('test-topic', /(Isr: (\d,){2}\d\s[\s\S]*){3}/)
    })
    await test('all of them are stopped, and end with 0', () => Promise.all(brokers.map((broker) => broker.stop())))
  } finally {
    for (const broker of brokers) await broker.kill()
  }
}

export async function judgeZooKeeper(world, libs) {
  const ensemble = await startEnsemble({ libs, dir: join(world.workDir, 'zookeeper') })
  const { services, outside } = await bringUp('compose.zookeeper.yaml', { 'zookeeper:2181': ensemble.connect })
  const kafka = new Service(world, 'zookeeper', services.kafka)
  const neighbour = new Neighbour(world, await outside('9092'))
  const test = (what, body) => world.report.test(`compose.zookeeper.yaml: ${what}`, body, { timeoutMs: 90_000 })
  try {
    await test('the broker comes up, and its health check says when', async () => {
      kafka.up()
      await kafka.healthy()
    })
    await test('the topic of KAFKA_CREATE_TOPICS is there', () => neighbour.sees('test-topic', /PartitionCount: 1/))
    await test('records go through', () => neighbour.exchanges('test-topic', 100))
    await test('SIGTERM ends it with 0', () => kafka.stop())
  } finally {
    await kafka.kill()
    await ensemble.stop()
  }
}
