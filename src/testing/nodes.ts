// The brokers of a test: started, stopped, killed and started again, each on a disk of its own.

import { randomUuid } from '../base/uuid.ts'
import { Broker } from '../broker/broker.ts'
import { planCluster } from '../broker/cluster-plan.ts'
import type { Step } from '../broker/steps.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import { ReservedPorts } from '../net/reserved-ports.ts'
import type { Platform } from '../platform/platform.ts'
import { DiskFaults } from './disk-faults.ts'
import { Life, lifeClock, lifeHttp, lifeNetwork, lifeVitals } from './life.ts'
import { lifeDisk } from './life-disk.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { Volume } from './volume.ts'

const HOST = 'localhost'
const DIRECTORY = '/memory'

export interface NodesOptions {
  readonly count: number
  /** Kafka's own names. */
  readonly config: ReadonlyMap<string, string>
  /** Of each broker. */
  readonly maxMemoryBytes: number
  /** What all brokers stand on, but for disk and clock. */
  readonly platform: Omit<Platform, 'clock' | 'disk' | 'offload'>
  /** Threads are a broker's own: one that is killed loses them. */
  readonly offload: () => Platform['offload']
  readonly clock: VirtualClock
  /** What the requests of clients pass at this broker. */
  readonly step: (id: number) => Step
}

/** What stays of a broker that is killed: all that it wrote, as after `kill -9`, or only what it had flushed, as after a power cut. */
export type Kept = 'flushed' | 'written'

interface Node {
  readonly id: number
  readonly loaded: LoadedConfig
  readonly volume: Volume
  readonly faults: DiskFaults
  life: Life
  running: Broker | null
  starting: Promise<void> | null
  stopping: Promise<void> | null
}

export class Nodes {
  readonly #options: NodesOptions
  readonly #ports: ReservedPorts
  readonly #nodes: readonly Node[]
  readonly #over = new AbortController()

  /** Throws, with nothing left open, where a configuration cannot be or a port cannot be had. */
  static async open(options: NodesOptions): Promise<Nodes> {
    const { count, config, platform } = options
    const ports = new ReservedPorts(platform.network)
    try {
      const reserve = async () => {
        const taken: number[] = []
        while (taken.length < count) taken.push(await ports.reserve({ host: HOST, port: 0 }))
        return taken
      }
      const brokerPorts = await reserve()
      const plans = count === 1 ? [aloneAt(brokerPorts[0]!, config)] : plansOf(brokerPorts, await reserve(), config)
      const env = { CLUSTER_ID: randomUuid((length) => platform.random.bytes(length)) }
      return new Nodes(
        options,
        ports,
        plans.map((overrides) => loadConfig({ profile: 'library', overrides, env })),
      )
    } catch (thrown) {
      await ports.close()
      throw thrown
    }
  }

  private constructor(options: NodesOptions, ports: ReservedPorts, configs: readonly LoadedConfig[]) {
    this.#options = options
    this.#ports = ports
    this.#nodes = configs.map((loaded, at) => ({
      id: at + 1,
      loaded,
      volume: new Volume(options.maxMemoryBytes, DIRECTORY),
      faults: new DiskFaults(options.clock),
      life: new Life(),
      running: null,
      starting: null,
      stopping: null,
    }))
  }

  get ids(): readonly number[] {
    return this.#nodes.map(({ id }) => id)
  }

  get warnings(): readonly string[] {
    return this.#nodes[0]!.loaded.warnings
  }

  /** Those that run. */
  get running(): readonly Broker[] {
    return this.#nodes.flatMap(({ running }) => running ?? [])
  }

  node(id: number): Node {
    const node = this.#nodes[id - 1]
    if (!node) throw new RangeError(`there is no broker ${id} here; allowed: ${this.ids.join(', ')}`)
    return node
  }

  /** All of them; where one cannot be started the others do not wait for it, and what it threw is thrown. */
  async startAll(): Promise<void> {
    let first: { readonly why: unknown } | null = null
    const failed = (why: unknown) => {
      first ??= { why }
      this.#over.abort()
    }
    await Promise.all(this.ids.map((id) => this.start(id).catch(failed)))
    await this.#ports.close()
    if (first) throw (first as { readonly why: unknown }).why
  }

  async start(id: number): Promise<void> {
    const node = this.node(id)
    await node.stopping?.catch(() => {}) // who stops it hears
    if (this.#over.signal.aborted) throw new Error(`broker ${id} cannot be started: all of them were closed`)
    if (node.running) return
    if (node.life.isOver) await node.starting?.catch(() => {}) // one that was killed; who began it hears
    await node.life.ended
    node.starting ??= this.#start(node).finally(() => (node.starting = null))
    return node.starting
  }

  async #start(node: Node): Promise<void> {
    const life = new Life()
    node.life = life
    const { step } = this.#options
    // A start that is killed is never heard of again.
    const killed = new Promise<never>((_, reject) =>
      life.onEnd(() => reject(new Error(`broker ${node.id} was killed while it started`))),
    )
    const starting = Broker.start(node.loaded, this.#platformOf(node), { stopped: this.#over.signal, steps: [step(node.id)] })
    try {
      node.running = await Promise.race([starting, killed])
    } catch (thrown) {
      await life.end()
      node.volume.freeLocks()
      throw thrown
    }
  }

  #platformOf({ volume, faults, life }: Node): Platform {
    const { platform, clock, offload } = this.#options
    const { http, vitals } = platform
    const threads = offload()
    life.onEnd(() => threads.rest())
    return {
      ...platform,
      clock: lifeClock(clock, life),
      disk: lifeDisk(volume, faults, life),
      network: lifeNetwork(this.#ports.network, life),
      offload: threads,
      ...(http && { http: lifeHttp(http, life) }),
      ...(vitals && { vitals: lifeVitals(vitals, life) }),
    }
  }

  /** Cleanly; the others go on. Resolves, too, when it is killed meanwhile. */
  async stop(id: number): Promise<void> {
    const node = this.node(id)
    node.stopping ??= this.#stop(node).finally(() => (node.stopping = null))
    return node.stopping
  }

  async #stop(node: Node): Promise<void> {
    await node.starting?.catch(() => {}) // who started it hears
    const { running, life } = node
    node.running = null
    const killed = new Promise<void>((resolve) => life.onEnd(resolve))
    try {
      await Promise.race([running?.close(), killed])
    } finally {
      await life.end()
      node.volume.freeLocks()
    }
  }

  /** At once. */
  kill(id: number, keeps: Kept): void {
    const node = this.node(id)
    node.running = null
    node.life.end().catch(() => {}) // who starts it again hears
    if (keeps === 'flushed') node.volume.powerCut()
    else node.volume.freeLocks()
  }

  /** Cuts what others have to this broker; gives the number. */
  cut(id: number): number {
    const { accepted } = this.node(id).life
    const connections = [...accepted]
    for (const connection of connections) connection.close()
    return connections.length
  }

  /** Ends all of them, and gives ports back: of what is in memory nothing stays, so there is nothing to be done cleanly. */
  async close(): Promise<void> {
    this.#over.abort()
    for (const node of this.#nodes) node.running = null
    await Promise.all(this.#nodes.map(({ life }) => life.end()))
    await Promise.allSettled(this.#nodes.map(({ starting }) => starting)) // who started it hears
    await this.#ports.close()
  }
}

function aloneAt(port: number, config: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([['listeners', `PLAINTEXT://${HOST}:${port}`], ['log.dirs', DIRECTORY], ...config])
}

function plansOf(brokerPorts: readonly number[], controllerPorts: readonly number[], config: ReadonlyMap<string, string>) {
  return planCluster({ host: HOST, brokerPorts, controllerPorts, directories: brokerPorts.map(() => DIRECTORY) }, config).nodes
}
