// Several nodes in one process: a cluster for tests and for trying out. Each has its own directory, or its own memory, and they speak over the loopback.

import type { LoadedConfig } from '../config/load.ts'
import { loadConfig } from '../config/load.ts'
import { ReservedPorts } from '../net/reserved-ports.ts'
import type { Platform } from '../platform/platform.ts'
import { Broker } from './broker.ts'
import { clusterIdOf, type DirectoryPlace, planCluster } from './cluster-plan.ts'

export interface LocalClusterOptions {
  /** One disk for each node; its directory is the same on all of them, or one each. */
  readonly disks: readonly DirectoryPlace[]
  readonly platform: Platform
  readonly host: string
  /** The first broker's port, the others behind it and then those of controllers; 0 for any that are free. */
  readonly port: number
  readonly config: ReadonlyMap<string, string>
}

interface Node {
  readonly loaded: LoadedConfig
  readonly platform: Platform
  running: Broker | null
  /** Under way: a start that waits for the others is ended by `close`. */
  starting: Promise<Broker> | null
}

export class LocalCluster {
  readonly #nodes: readonly Node[]
  readonly #ports: ReservedPorts
  readonly #over = new AbortController()

  /** Resolves when all nodes serve. Throws, with all of them closed again, where one cannot. */
  static async start({ disks, platform, host, port, config }: LocalClusterOptions): Promise<LocalCluster> {
    const ports = new ReservedPorts(platform.network)
    try {
      const take = (at: number) => ports.reserve({ host, port: port === 0 ? 0 : port + at })
      const brokerPorts: number[] = []
      const controllerPorts: number[] = []
      for (let at = 0; at < disks.length; at++) brokerPorts.push(await take(at))
      for (let at = 0; at < disks.length; at++) controllerPorts.push(await take(disks.length + at))
      const directories = disks.map(({ directory }) => directory)
      const { nodes: plans } = planCluster({ host, brokerPorts, controllerPorts, directories }, config)
      const bytes = (length: number) => platform.random.bytes(length)
      const clusterId = await clusterIdOf(disks, bytes)
      const nodes = plans.map((overrides, at) => {
        const loaded = loadConfig({ profile: 'library', overrides, env: { CLUSTER_ID: clusterId } })
        return { loaded, platform: { ...platform, disk: disks[at]!.disk, network: ports.network }, running: null, starting: null }
      })
      const cluster = new LocalCluster(nodes, ports)
      await cluster.#startAll()
      return cluster
    } catch (thrown) {
      await ports.close()
      throw thrown
    }
  }

  private constructor(nodes: readonly Node[], ports: ReservedPorts) {
    this.#nodes = nodes
    this.#ports = ports
  }

  async #startAll(): Promise<void> {
    let first: { readonly why: unknown } | null = null
    const failed = (why: unknown) => {
      first ??= { why } // what the others fail with follows from it
      this.#over.abort() // they would wait for it
    }
    await Promise.all(this.#nodes.map((node) => this.#start(node).catch(failed)))
    await this.#ports.close()
    if (!first) return
    await this.close().catch(() => {}) // the first failure is the one to tell
    throw (first as { readonly why: unknown }).why
  }

  /** The node ids, from 1 on. */
  get ids(): number[] {
    return this.#nodes.map(({ loaded }) => loaded.config['node.id'])
  }

  /** What was said about the configuration, once. */
  get warnings(): readonly string[] {
    return this.#nodes[0]!.loaded.warnings
  }

  /** The broker with this id while it runs. Throws a RangeError for an id that no node has. */
  broker(id: number): Broker | null {
    return this.#node(id).running
  }

  #node(id: number): Node {
    const node = this.#nodes[id - 1]
    if (!node) throw new RangeError(`there is no broker ${id} in this cluster; allowed: ${this.ids.join(', ')}`)
    return node
  }

  /** Stops one node cleanly, or `only` this run of it; the others go on. One that is being started is stopped when it has. */
  async stop(id: number, only?: Broker): Promise<void> {
    const node = this.#node(id)
    await node.starting?.catch(() => {}) // who started it hears
    const { running } = node
    if (only && running !== only) return only.close()
    node.running = null
    await running?.close()
  }

  /** Starts a node that was stopped, on what it left. Rejects where the cluster was closed, or is meanwhile. */
  async restart(id: number): Promise<Broker> {
    const node = this.#node(id)
    if (this.#over.signal.aborted) throw new Error(`broker ${id} cannot be started again: the cluster was closed`)
    if (node.running) return node.running
    node.starting ??= this.#start(node).finally(() => (node.starting = null))
    return node.starting
  }

  async #start(node: Node): Promise<Broker> {
    const broker = await Broker.start(node.loaded, node.platform, { stopped: this.#over.signal })
    node.running = broker
    return broker
  }

  /** Stops all nodes. All brokers give up at once what they lead: with half of the cluster gone the rest could not say so any more. */
  async close(): Promise<void> {
    this.#over.abort()
    await Promise.allSettled(this.#nodes.map(({ starting }) => starting))
    const running = this.#nodes.flatMap((node) => node.running ?? [])
    for (const node of this.#nodes) node.running = null
    await Promise.all(running.map((broker) => broker.leave()))
    const closings = await Promise.allSettled([...running.map((broker) => broker.close()), this.#ports.close()])
    for (const closing of closings) if (closing.status === 'rejected') throw closing.reason
  }
}
