// Three brokers on three simulated machines: killed, cut off, of another cluster. Virtual time.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Broker } from '../../src/broker/broker.ts'
import { planCluster } from '../../src/broker/cluster-plan.ts'
import { loadConfig } from '../../src/config/load.ts'
import { type Machine, World } from '../../src/platform/sim/world.ts'
import { ready as codecsReady } from '../../src/protocol/compression/index.ts'
import { ClusterClient } from '../support/cluster-client.ts'

const HOSTS = ['one', 'two', 'three']
const BROKER = 9092
const CONTROLLER = 9093
const CLUSTER = 'MkU3OEVBNTcwNTJENDM2Qk'

interface Seat {
  readonly machine: Machine
  readonly overrides: ReadonlyMap<string, string>
  broker: Broker | null
  failure: Error | null
}

class Cluster {
  readonly world: World
  readonly seats: Seat[]
  readonly client: ClusterClient

  constructor(seed: number) {
    this.world = new World({ seed, turn: () => new Promise(setImmediate), maxEvents: 2_000_000 })
    const voters = HOSTS.map((host, at) => `${at + 1}@${host}:${CONTROLLER}`).join(',')
    this.seats = HOSTS.map((host, at) => {
      const plan = planCluster(
        {
          host,
          brokerPorts: HOSTS.map(() => BROKER),
          controllerPorts: HOSTS.map(() => CONTROLLER),
          directories: HOSTS.map(() => '/data'),
        },
        new Map(),
      ).nodes[at]!
      return {
        machine: this.world.machine(host),
        overrides: new Map([...plan, ['controller.quorum.voters', voters]]),
        broker: null,
        failure: null,
      }
    })
    const { platform } = this.world.machine('client').start()
    this.client = new ClusterClient(HOSTS.map((host) => `${host}:${BROKER}`).join(','), platform, 2000)
  }

  start(id: number, clusterId = CLUSTER): void {
    const seat = this.seats[id - 1]!
    const { platform } = seat.machine.start()
    const loaded = loadConfig({ profile: 'library', overrides: seat.overrides, env: { CLUSTER_ID: clusterId } })
    seat.failure = null
    Broker.start(loaded, platform).then(
      (broker) => (seat.broker = broker),
      (thrown) => (seat.failure = thrown),
    )
  }

  /** Without a word to anybody. */
  powerCut(id: number): void {
    const seat = this.seats[id - 1]!
    seat.machine.powerCut()
    seat.broker = null
  }

  async until(what: string, holds: () => boolean, withinMs = 60_000): Promise<void> {
    const { events } = this.world
    assert.ok(await events.run(events.now + withinMs, holds), `not within ${withinMs} virtual ms: ${what}`)
  }

  /** Virtual time passes until the promise has settled. */
  async during<T>(promise: Promise<T>, withinMs = 60_000): Promise<T> {
    let isOver = false
    const settle = () => void (isOver = true)
    promise.then(settle, settle)
    await this.until('an answer', () => isOver, withinMs)
    return promise
  }

  serving(...ids: number[]): () => boolean {
    return () => ids.every((id) => this.seats[id - 1]!.broker !== null)
  }

  pause = () => new Promise<void>((resolve) => void this.world.events.after(20, 'pause', resolve))

  get leaderId(): number | null {
    return this.seats.find(({ broker }) => broker !== null)?.broker?.rooms.metadata.log.leaderId ?? null
  }
}

const valuesOf = (records: readonly { value: string | null }[]) => [...new Set(records.map(({ value }) => value))]

test('the machine with the active controller and a leader loses its power: others lead both, nothing that was acknowledged is lost, and it comes back', async () => {
  await codecsReady()
  const cluster = new Cluster(11)
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
  const cluster = new Cluster(12)
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
