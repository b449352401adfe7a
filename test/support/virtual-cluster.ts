// Brokers on simulated machines, in virtual time: killed, cut off, paused, and with disks that fail or spoil what they hold.

import assert from 'node:assert/strict'
import { Broker } from '../../src/broker/broker.ts'
import { planCluster } from '../../src/broker/cluster-plan.ts'
import { loadConfig } from '../../src/config/load.ts'
import { SimDirectory, SimInode } from '../../src/platform/sim/inode.ts'
import type { SimProcess } from '../../src/platform/sim/process.ts'
import { type LogLine, type Machine, World } from '../../src/platform/sim/world.ts'
import { ready as codecsReady } from '../../src/protocol/compression/index.ts'
import { batches } from '../../src/protocol/records/batch.ts'
import { ClusterClient } from './cluster-client.ts'

const HOSTS = ['one', 'two', 'three', 'four', 'five']
export const BROKER_PORT = 9092
const CONTROLLER_PORT = 9093
/** The first byte of a batch's length. */
const LENGTH_AT = 8
/** Virtual time costs real time, too. */
const QUICK = { 'broker.heartbeat.interval.ms': '500', 'broker.session.timeout.ms': '3000' }
const CLUSTER = 'MkU3OEVBNTcwNTJENDM2Qk'

export interface VirtualClusterOptions {
  readonly seed: number
  /** How many nodes; of four the first three vote. */
  readonly nodes?: number
  /** Of all nodes, or what `of` says of each, by its id. */
  readonly config?: Readonly<Record<string, string>>
  readonly of?: (id: number) => Readonly<Record<string, string>>
}

export class Seat {
  readonly id: number
  readonly machine: Machine
  readonly overrides: ReadonlyMap<string, string>
  process: SimProcess | null = null
  broker: Broker | null = null
  /** Why its last start failed, or why it gave up. */
  failure: Error | null = null

  constructor(id: number, machine: Machine, overrides: ReadonlyMap<string, string>) {
    this.id = id
    this.machine = machine
    this.overrides = overrides
  }

  get server(): string {
    return `${this.machine.name}:${BROKER_PORT}`
  }

  /**
   * Turns a bit of a batch over, on the device and for every reader: of its last record, or of the length in its header. `pick` chooses among the batches of
   * `path` (a .log file).
   */
  spoil(
    path: string,
    pick: (count: number) => number,
    part: 'header' | 'records' = 'records',
  ): { startOffset: number; endOffset: number } {
    const found = this.machine.device.find(path)
    assert.ok(found instanceof SimInode, `${path} is there`)
    const all = [...batches(found.bytes)]
    const batch = all[pick(all.length)]!
    if (part === 'header') found.flip(batch.at + LENGTH_AT, 6)
    else found.flip(batch.at + batch.sizeInBytes - 1, 3)
    return { startOffset: batch.baseOffset, endOffset: batch.nextOffset }
  }

  /** Names in a directory of its disk, those that `matches`. */
  names(path: string, matches = /./): string[] {
    const found = this.machine.device.find(path)
    return found instanceof SimDirectory ? [...found.entries.keys()].filter((name) => matches.test(name)).sort() : []
  }
}

export class VirtualCluster {
  readonly world: World
  readonly seats: readonly Seat[]
  readonly client: ClusterClient
  /** What the nodes said, from warnings up. */
  readonly lines: LogLine[] = []

  private constructor({ seed, nodes = 3, config = {}, of = () => ({}) }: VirtualClusterOptions) {
    this.world = new World({ seed, turn: () => new Promise(setImmediate), maxEvents: 2_000_000 })
    this.world.onLine = (line) => void (line.level !== 'info' && this.lines.push(line))
    const hosts = HOSTS.slice(0, nodes)
    const plan = planCluster(
      {
        host: 'nowhere',
        brokerPorts: hosts.map(() => BROKER_PORT),
        controllerPorts: hosts.map(() => CONTROLLER_PORT),
        directories: hosts.map(() => '/data'),
      },
      new Map(),
    )
    const voterCount = plan.nodes[0]!.get('controller.quorum.voters')!.split(',').length
    const voters = hosts.slice(0, voterCount).map((host, at) => `${at + 1}@${host}:${CONTROLLER_PORT}`)
    this.seats = hosts.map((host, at) => {
      const planned = [...plan.nodes[at]!].map(([key, value]) => [key, value.replaceAll('nowhere', host)] as const)
      const own = { 'controller.quorum.voters': voters.join(','), ...QUICK, ...config, ...of(at + 1) }
      return new Seat(at + 1, this.world.machine(host), new Map([...planned, ...Object.entries(own)]))
    })
    const { platform } = this.world.machine('client').start()
    this.client = new ClusterClient(this.seats.map(({ server }) => server).join(','), platform, 2000)
  }

  /** All of them started, and serving. */
  static async start(options: VirtualClusterOptions): Promise<VirtualCluster> {
    const cluster = await VirtualCluster.build(options)
    const ids = cluster.seats.map(({ id }) => id)
    for (const id of ids) cluster.start(id)
    await cluster.until('all brokers serve', cluster.serving(...ids))
    return cluster
  }

  /** None of them started. */
  static async build(options: VirtualClusterOptions): Promise<VirtualCluster> {
    await codecsReady()
    return new VirtualCluster(options)
  }

  seat(id: number): Seat {
    return this.seats[id - 1]!
  }

  start(id: number, clusterId = CLUSTER): void {
    const seat = this.seat(id)
    const process = seat.machine.start()
    const loaded = loadConfig({ profile: 'library', overrides: seat.overrides, env: { CLUSTER_ID: clusterId } })
    seat.process = process
    seat.failure = null
    Broker.start(loaded, process.platform).then(
      (broker) => {
        seat.broker = broker
        void broker.failed.then((why) => {
          if (seat.broker !== broker) return
          seat.broker = null
          seat.failure = why
          process.kill() // as whoever runs it does
        })
      },
      (thrown) => {
        seat.failure = thrown
        process.kill()
      },
    )
  }

  /** Without a word to anybody. */
  powerCut(id: number): void {
    this.seat(id).machine.powerCut()
    this.seat(id).broker = null
  }

  /** kill -9. */
  kill(id: number): void {
    this.seat(id).process?.kill()
    this.seat(id).broker = null
  }

  /** Stops it cleanly. */
  async stop(id: number): Promise<void> {
    const { broker } = this.seat(id)
    this.seat(id).broker = null
    await this.during(broker!.close())
    this.seat(id).process!.kill()
  }

  async until(what: string, holds: () => boolean, withinMs = 60_000): Promise<void> {
    const { events } = this.world
    const isDone = await events.run(events.now + withinMs, holds)
    assert.ok(isDone, `not within ${withinMs} virtual ms: ${what}\n${this.lastLines}`)
  }

  /** The newest of what the nodes said, for the one who looks why a test fails. */
  get lastLines(): string {
    const said = this.lines.slice(-12).map(({ process, message, facts }) => {
      const error = facts['error'] ?? facts['why'] ?? ''
      return `${process.name}: ${message} ${error}`
    })
    return said.join('\n')
  }

  async pass(ms: number): Promise<void> {
    const { events } = this.world
    await events.run(events.now + ms)
  }

  /** Virtual time passes until the promise has settled. */
  async during<T>(promise: Promise<T>, withinMs = 60_000): Promise<T> {
    let isOver = false
    const settle = () => void (isOver = true)
    promise.then(settle, settle)
    await this.until('an answer', () => isOver, withinMs)
    return promise
  }

  /** Asks until the answer is as it should be, each hundred virtual milliseconds. */
  async eventually(what: string, holds: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
    const { events } = this.world
    const deadline = events.now + withinMs
    while (!(await this.during(holds()))) {
      assert.ok(events.now < deadline, `not within ${withinMs} virtual ms: ${what}\n${this.lastLines}`)
      await this.pass(100)
    }
  }

  serving(...ids: number[]): () => boolean {
    return () => ids.every((id) => this.seat(id).broker !== null)
  }

  /** For the client, between two attempts. */
  readonly pause = () => new Promise<void>((resolve) => void this.world.events.after(20, 'pause', resolve))

  /** As the first node that serves knows it. */
  get controllerId(): number | null {
    return this.seats.find(({ broker }) => broker !== null)?.broker?.rooms.metadata.log.leaderId ?? null
  }

  /** A partition on one broker, with what that broker knows of it. */
  replica(id: number, topic: string, index = 0) {
    return this.seat(id).broker?.rooms.replicas.get(topic, index)
  }

  /** A partition as the metadata of a living broker has it. */
  image(topic: string, index = 0) {
    const { broker } = this.seats.find((seat) => seat.broker !== null)!
    return broker!.rooms.metadata.publisher.image.partition(topic, index)
  }

  /** Whether every one of these has the partition in sync, as all of them know it. */
  inSync(topic: string, index: number, ...ids: number[]): () => boolean {
    return () => ids.every((id) => ids.every((other) => this.replica(id, topic, index)?.role.isr.includes(other)))
  }

  /** Nothing comes through between these two from here on, and nobody is told; gives what heals it. */
  cut(one: number, other: number): () => void {
    const { network, events } = this.world
    const hosts = new Set([this.seat(one).machine.name, this.seat(other).machine.name])
    const between = () =>
      network.links.filter(({ client, server }) => {
        const [from, to] = [client.process.machine.name, server.process.machine.name]
        return from !== to && hosts.has(from) && hosts.has(to)
      })
    const before = events.afterEach
    events.afterEach = () => {
      before?.()
      for (const link of between()) link.isSilent = true
    }
    return () => {
      events.afterEach = before
      for (const link of between()) link.reset()
    }
  }
}
