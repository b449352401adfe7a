// Three brokers, each a controller too, as processes of their own that can be killed, frozen and started again.

import { join } from 'node:path'
import type { Kind } from '../campaign.ts'
import { type BrokerChild, brokers } from '../foreign.ts'
import { sleep } from '../sleep.ts'
import { IDS } from './between.ts'

/** Where a node runs. */
export interface Place {
  readonly host: string
  /** A command that runs the node's. */
  readonly through?: readonly string[]
}

export interface NodesSettings {
  readonly dir: string
  /** Whose brokers; default: ours. Apache's give the figures a neighbour. */
  readonly kind?: Kind
  /** Properties of every node. */
  readonly overrides?: Readonly<Record<string, string | undefined>>
  /** Where each node runs; default: all on this machine's loopback. */
  readonly places?: readonly Place[]
  /** Gives the port at which others reach this one of node `id`; default: itself. */
  readonly front?: (id: number, port: number) => Promise<number>
  /** The ensemble where the metadata is kept (zookeeper.connect), in the place of the nodes' own quorum. */
  readonly zookeeper?: string
}

/** The nodes of one cluster are formatted with one id. */
const CLUSTER_ID = 'b2RyYWRlay1jcmFzaGVzLQ'
/** Three replicas of everything, two of which have to be in sync; much happens in a short life. */
const SETTINGS = {
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
  'offsets.topic.replication.factor': '3',
  'offsets.topic.num.partitions': '3',
  'transaction.state.log.replication.factor': '3',
  'transaction.state.log.min.isr': '2',
  'share.coordinator.state.topic.replication.factor': '3',
  'share.coordinator.state.topic.min.isr': '2',
  'group.initial.rebalance.delay.ms': '0',
  'auto.create.topics.enable': 'false',
  'auto.leader.rebalance.enable': 'false',
  'metrics.port': '0',
  'log.roll.ms': '2000',
  'replica.high.watermark.checkpoint.interval.ms': '500',
}

const READY_MS = 60_000
/** Three at once, on a machine that is busy. */
const JVM_READY_MS = 240_000

type Start = (onSpawn: (pid: number) => void) => Promise<BrokerChild>

export class Node {
  readonly id: number
  readonly bootstrap: string
  readonly #start: Start
  #broker: BrokerChild | null = null
  #pid = 0

  constructor(id: number, bootstrap: string, start: Start) {
    this.id = id
    this.bootstrap = bootstrap
    this.#start = start
  }

  /** Resolves when it answers Metadata. */
  async start(): Promise<void> {
    this.#broker = await this.#start((pid) => (this.#pid = pid))
  }

  /** Starts it, and kills it after a while, whether it serves by then or not. */
  async startAndKill(afterMs: number): Promise<void> {
    let failure: unknown = null
    const started = this.start().catch((thrown) => (failure = thrown))
    await sleep(afterMs)
    if (failure) throw failure
    process.kill(this.#pid, 'SIGKILL')
    await started
    if (!failure) await this.broker.kill()
  }

  get broker(): BrokerChild {
    if (!this.#broker) throw new Error(`node ${this.id} was never started`)
    return this.#broker
  }

  /** Gives the moment of the signal, as Date.now() tells it. */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): number {
    const at = Date.now()
    process.kill(this.#pid, name)
    return at
  }

  /** Resolves when it is gone; `at` is the moment of the signal. */
  kill(): { readonly at: number; readonly gone: Promise<void> } {
    const at = this.signal('SIGKILL')
    return { at, gone: this.broker.kill() }
  }

  /** SIGTERM; how it ended. */
  stop(): ReturnType<BrokerChild['stop']> {
    return this.broker.stop()
  }

  /** What it said, the latest. */
  tail(length: number): string {
    return `--- node ${this.id}\n${this.#broker?.output.slice(-length) ?? 'never started'}\n`
  }

  async end(): Promise<void> {
    await this.#broker?.kill()
  }
}

export class Nodes {
  readonly all: readonly Node[]

  private constructor(all: readonly Node[]) {
    this.all = all
  }

  /** Starts three nodes on `dir` and waits until each answers. */
  static async start({ dir, kind = 'ours', overrides = {}, places, front, zookeeper }: NodesSettings): Promise<Nodes> {
    const { freePort, startBroker } = await brokers()
    const hosts = places?.map(({ host }) => host) ?? IDS.map(() => '127.0.0.1')
    const clientPorts = await portsOf(freePort)
    const controllerPorts = await portsOf(freePort)
    const reached = (ports: readonly number[]) => Promise.all(IDS.map((id, at) => front?.(id, ports[at]!) ?? ports[at]!))
    const clientFronts = await reached(clientPorts)
    const controllerFronts = await reached(controllerPorts)
    const controllers = IDS.map((_, at) => `${hosts[at]}:${controllerFronts[at]}`)
    const nodes = IDS.map((id, at) => {
      const [host, port] = [hosts[at]!, clientPorts[at]!]
      const metadata = zookeeper ? inZooKeeper(zookeeper, id) : inQuorum(controllers, id)
      const listeners = (client: number, controller: number) =>
        [`PLAINTEXT://${host}:${client}`, ...(zookeeper ? [] : [`CONTROLLER://${host}:${controller}`])].join(',')
      const own = {
        listeners: listeners(port, controllerPorts[at]!),
        'advertised.listeners': listeners(clientFronts[at]!, controllerFronts[at]!),
      }
      const settings = {
        kind,
        dir: join(dir, `node-${id}`),
        host,
        port,
        overrides: { ...SETTINGS, ...metadata, ...own, ...overrides },
        env: zookeeper ? process.env : { ...process.env, CLUSTER_ID },
        through: places?.[at]?.through ?? [],
        readyMs: kind === 'apache' ? JVM_READY_MS : READY_MS,
      }
      return new Node(id, `${host}:${clientFronts[at]}`, (onSpawn) => startBroker({ ...settings, onSpawn }))
    })
    const cluster = new Nodes(nodes)
    try {
      await Promise.all(nodes.map((node) => node.start()))
    } catch (thrown) {
      await cluster.end()
      throw thrown
    }
    return cluster
  }

  get bootstrap(): string {
    return this.all.map(({ bootstrap }) => bootstrap).join(',')
  }

  byId(id: number): Node {
    const found = this.all.find((node) => node.id === id)
    if (!found) throw new Error(`there is no node ${id}`)
    return found
  }

  others(...without: readonly Node[]): readonly Node[] {
    return this.all.filter((node) => !without.includes(node))
  }

  async end(): Promise<void> {
    await Promise.all(this.all.map((node) => node.end()))
  }
}

function inQuorum(controllers: readonly string[], id: number) {
  const voters = IDS.map((voter, at) => `${voter}@${controllers[at]}`)
  return {
    'node.id': String(id),
    'controller.quorum.voters': voters.join(','),
    'controller.quorum.bootstrap.servers': controllers.join(','),
  }
}

/** As Kafka 3 was told it; what a single node would have is taken away. */
function inZooKeeper(connect: string, id: number) {
  return {
    'broker.id': String(id),
    'zookeeper.connect': connect,
    'node.id': undefined,
    'process.roles': undefined,
    'controller.listener.names': undefined,
    'controller.quorum.bootstrap.servers': undefined,
  }
}

/** One a node, all different. */
async function portsOf(freePort: () => Promise<number>): Promise<number[]> {
  const found = new Set<number>()
  while (found.size < IDS.length) found.add(await freePort())
  return [...found]
}
