// Three brokers, each of them a controller too, on three simulated machines, and a client on a fourth. Virtual time.

import assert from 'node:assert/strict'
import { Broker } from '../../src/broker/broker.ts'
import { planCluster } from '../../src/broker/cluster-plan.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { MetadataImage } from '../../src/metadata/image.ts'
import type { PartitionImage } from '../../src/metadata/partition.ts'
import type { Clock } from '../../src/platform/clock.ts'
import type { SimProcess } from '../../src/platform/sim/process.ts'
import { type Machine, World } from '../../src/platform/sim/world.ts'
import { ClusterClient } from './cluster-client.ts'

const HOSTS = ['one', 'two', 'three']
const BROKER = 9092
const CONTROLLER = 9093
const CLUSTER = 'MkU3OEVBNTcwNTJENDM2Qk'

export interface Seat {
  readonly machine: Machine
  readonly overrides: ReadonlyMap<string, string>
  process: SimProcess | null
  broker: Broker | null
  failure: Error | null
}

export class ClusterWorld {
  readonly world: World
  readonly seats: Seat[]
  readonly client: ClusterClient
  /** The client's. */
  readonly clock: Clock

  /** @param settings of every node, besides what makes them a cluster */
  constructor(seed: number, settings: Readonly<Record<string, string>> = {}) {
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
        overrides: new Map([...plan, ['controller.quorum.voters', voters], ...Object.entries(settings)]),
        process: null,
        broker: null,
        failure: null,
      }
    })
    const { platform } = this.world.machine('client').start()
    this.clock = platform.clock
    this.client = new ClusterClient(HOSTS.map((host) => `${host}:${BROKER}`).join(','), platform, 2000)
  }

  start(id: number, clusterId = CLUSTER): void {
    const seat = this.seats[id - 1]!
    seat.process = seat.machine.start()
    const { platform } = seat.process
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

  /** The process ends; its system closes what it had open. */
  kill(id: number): void {
    const seat = this.seats[id - 1]!
    seat.process?.kill()
    seat.broker = null
  }

  /** A clean stop, as a signal asks for it. */
  async stop(id: number): Promise<void> {
    const seat = this.seats[id - 1]!
    const { broker } = seat
    await this.during(broker!.close())
    seat.process!.kill()
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

  /** Virtual time passes. */
  async pass(ms: number): Promise<void> {
    const { events } = this.world
    await events.run(events.now + ms, () => false)
  }

  get now(): number {
    return this.world.events.now
  }

  /** Where clients reach it. */
  serverOf(id: number): string {
    return `${HOSTS[id - 1]}:${BROKER}`
  }

  /** What a broker knows. */
  image(id: number): MetadataImage {
    return this.seats[id - 1]!.broker!.rooms.metadata.publisher.image
  }

  partition(id: number, topic: string, index: number): PartitionImage | undefined {
    return this.image(id).topic(topic)?.partitions[index]
  }

  /** Ids of the brokers that serve, as they say themselves. */
  get up(): number[] {
    return this.seats.flatMap(({ broker }, at) => (broker ? [at + 1] : []))
  }

  get leaderId(): number | null {
    return this.seats.find(({ broker }) => broker !== null)?.broker?.rooms.metadata.log.leaderId ?? null
  }
}
