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
}

export class LocalCluster {
  readonly #nodes: readonly Node[]
  readonly #ports: ReservedPorts

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
        return { loaded, platform: { ...platform, disk: disks[at]!.disk, network: ports.network }, running: null }
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
    const giveUp = new AbortController()
    const starts = await Promise.allSettled(
      this.#nodes.map(async (node) => {
        try {
          node.running = await Broker.start(node.loaded, node.platform, { stopped: giveUp.signal })
        } catch (thrown) {
          giveUp.abort() // the others would wait for it
          throw thrown
        }
      }),
    )
    await this.#ports.close()
    const failed = starts.find((outcome) => outcome.status === 'rejected')
    if (!failed) return
    await this.close().catch(() => {}) // the first failure is the one to tell
    throw failed.reason
  }

  /** The node ids, from 1 on. */
  get ids(): number[] {
    return this.#nodes.map(({ loaded }) => loaded.config['node.id'])
  }

  /** What was said about the configuration, once. */
  get warnings(): readonly string[] {
    return this.#nodes[0]!.loaded.warnings
  }

  /** The broker with this id while it runs. */
  broker(id: number): Broker | null {
    return this.#nodes[id - 1]?.running ?? null
  }

  /** Stops one node cleanly; the others go on. */
  async stop(id: number): Promise<void> {
    const node = this.#nodes[id - 1]!
    const { running } = node
    node.running = null
    await running?.close()
  }

  /** Starts a node that was stopped, on what it left. */
  async restart(id: number): Promise<Broker> {
    const node = this.#nodes[id - 1]!
    if (node.running) return node.running
    node.running = await Broker.start(node.loaded, node.platform)
    return node.running
  }

  /** Stops all nodes. All brokers give up at once what they lead: with half of the cluster gone the rest could not say so any more. */
  async close(): Promise<void> {
    const running = this.#nodes.flatMap((node) => node.running ?? [])
    for (const node of this.#nodes) node.running = null
    await Promise.all(running.map((broker) => broker.leave()))
    const closings = await Promise.allSettled([...running.map((broker) => broker.close()), this.#ports.close()])
    for (const closing of closings) if (closing.status === 'rejected') throw closing.reason
  }
}
