// What is set up wrongly among nodes: one id twice, voters that are not there, voters that differ. Each is told, and nothing is lost by it. Virtual time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Broker } from '../../src/broker/broker.ts'
import { planCluster } from '../../src/broker/cluster-plan.ts'
import { loadConfig } from '../../src/config/load.ts'
import { World } from '../../src/platform/sim/world.ts'
import { ready as codecsReady } from '../../src/protocol/compression/index.ts'
import { ClusterClient } from '../support/cluster-client.ts'
import { keptLog } from '../support/running-broker.ts'

const HOSTS = ['one', 'two', 'three']
const CLUSTER = 'MkU3OEVBNTcwNTJENDM2Qk'
const VOTERS = HOSTS.map((host, at) => `${at + 1}@${host}:9093`).join(',')

class Mistakes {
  readonly world: World
  readonly #kept = keptLog()
  /** By host: the broker, or why it did not start. */
  readonly outcome = new Map<string, Broker | Error>()
  readonly client: ClusterClient

  constructor(seed: number) {
    this.world = new World({ seed, turn: () => new Promise(setImmediate), maxEvents: 3_000_000 })
    this.client = new ClusterClient('one:9092,two:9092', this.world.machine('client').start().platform, 2000)
  }

  /** Node `id` on the machine `host`. */
  start(id: number, host = HOSTS[id - 1]!, more: Readonly<Record<string, string>> = {}): void {
    const place = {
      host,
      brokerPorts: [0, 0, 0].fill(9092),
      controllerPorts: [0, 0, 0].fill(9093),
      directories: ['/d', '/d', '/d'],
    }
    const plan = planCluster(place, new Map()).nodes[id - 1]!
    const overrides = new Map([...plan, ['controller.quorum.voters', VOTERS], ...Object.entries(more)])
    const loaded = loadConfig({ profile: 'library', overrides, env: { CLUSTER_ID: CLUSTER } })
    const { platform } = this.world.machine(host).start()
    Broker.start(loaded, { ...platform, logger: this.#kept.logger }).then(
      (broker) => {
        this.outcome.set(host, broker)
        void broker.failed.then((why) => this.outcome.set(host, why))
      },
      (thrown: Error) => this.outcome.set(host, thrown),
    )
  }

  runs = (...hosts: string[]) => hosts.every((host) => this.outcome.get(host) instanceof Broker)

  why(host: string): string {
    const found = this.outcome.get(host)
    return found instanceof Error ? found.message : ''
  }

  /** What was logged with this message, as text. */
  told = (message: RegExp) =>
    this.#kept.lines.filter((line) => message.test(line.message)).map(({ facts }) => Object.values(facts).join(' | '))

  async until(what: string, holds: () => boolean, withinMs = 60_000): Promise<void> {
    const { events } = this.world
    assert.ok(await events.run(events.now + withinMs, holds), `not within ${withinMs} virtual ms: ${what}`)
  }

  async during<T>(promise: Promise<T>): Promise<T> {
    let isOver = false
    const settle = () => void (isOver = true)
    promise.then(settle, settle)
    await this.until('an answer', () => isOver)
    return promise
  }

  /** A topic that was not there takes a record and gives it back. */
  async works(topic: string): Promise<void> {
    const pause = () => new Promise<void>((resolve) => void this.world.events.after(20, 'pause', resolve))
    await this.during(this.client.createTopic(topic, 1, 2))
    await this.during(this.client.produce(topic, 0, ['here'], pause))
    const records = await this.during(this.client.readAll(topic, 0))
    assert.deepEqual([...new Set(records.map(({ value }) => value))], ['here'])
  }

  leader(): number {
    const broker = HOSTS.map((host) => this.outcome.get(host)).find((found) => found instanceof Broker) as Broker
    return broker.rooms.metadata.log.leaderId!
  }
}

test('a second process with the id of a node that runs is refused by its name, and harms nobody', async () => {
  await codecsReady()
  for (const isLeader of [false, true]) {
    const it = new Mistakes(21)
    for (const id of [1, 2, 3]) it.start(id)
    await it.until('three brokers serve', () => it.runs(...HOSTS))
    const id = isLeader ? it.leader() : (it.leader() % 3) + 1
    await it.works('before')
    it.start(id, 'four')
    await it.until('it gives up', () => it.why('four') !== '', 90_000)
    const byLeader = new RegExp(
      `another process takes part in the metadata quorum as node ${id}, says .*: give each process a node\\.id`,
    )
    const byEpoch = /others say that node \d led epoch 1 .* another node has the same node\.id, or this directory is an old copy/
    assert.match(it.why('four'), isLeader ? byEpoch : byLeader)
    const told = it.told(/two processes take part in the metadata quorum as one node/).join()
    if (!isLeader) assert.match(told, /give each process a node\.id of its own/)
    assert.ok(it.runs(...HOSTS), 'the three go on')
    await it.works('after')
  }
})

test('a node whose voters are not there says whom it asked and what to look at; it starts once they are', async () => {
  await codecsReady()
  const it = new Mistakes(22)
  it.start(1)
  await it.until('it says what it waits for', () => it.told(/waits for a leader/).length >= 2, 30_000)
  const [told] = it.told(/waits for a leader/)
  assert.match(
    told!,
    /three:9093 .*; two:9093 .*\| start the other voters.*controller\.quorum\.voters=1@one:9093,2@two:9093,3@three:9093/,
  )
  assert.equal(it.outcome.size, 0)
  it.start(2)
  await it.until('both serve', () => it.runs('one', 'two'))
  await it.works('now')
  assert.equal(it.told(/waits for a leader/).length, 2)
})

test('a node that counts other voters than the rest does not become a cluster of its own beside them', async () => {
  await codecsReady()
  const it = new Mistakes(23)
  it.start(3, 'three', { 'controller.quorum.voters': '3@three:9093' })
  await it.until('alone it is a quorum', () => it.runs('three'))
  for (const id of [1, 2]) it.start(id)
  await it.until('the others serve', () => it.runs('one', 'two'))
  assert.match(
    it.told(/sent cannot be taken/).join(),
    /counts the voters 3, and this node the voters 1, 2, 3: controller\.quorum\.voters has to be the same/,
  )
  await it.until('it stops', () => it.why('three') !== '')
  assert.match(it.why('three'), /the metadata log is not its leader's/)
  await it.works('with-two')
})
