// A node out of its rooms: broker, controller, or both. It opens what lies on disk, follows the metadata, listens, and leaves in the opposite order.

import { deferred } from '../base/deferred.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { GroupCoordinator } from '../coordinator/group/coordinator.ts'
import type { BrokerImage, MetadataImage } from '../metadata/image.ts'
import { type Address, serverText } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import { ready as codecsReady } from '../protocol/compression/index.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { QuorumApi } from '../raft/peers.ts'
import type { Replicas } from '../replication/replicas.ts'
import { BrokerSide } from './broker-side.ts'
import { runAll, unlessStuck } from './closing.ts'
import { Connections } from './connections.ts'
import { type ControllerClient, controllerClient } from './controller-client.ts'
import { ControllerRegistrar } from './controller-registrar.ts'
import { ControllerSide } from './controller-side.ts'
import { ControllerWatch } from './controller-watch.ts'
import { ForeignCluster } from './foreign-cluster.ts'
import type { House } from './house.ts'
import { closeLogDirs, openLogDirs, progressOf } from './log-dirs.ts'
import { closeMetadata, controllerAddress, type MetadataNode, openMetadata } from './metadata-node.ts'
import { furnish, openMetrics, troubleOf } from './metrics.ts'
import { advertised } from './network-settings.ts'
import { QuorumContacts } from './quorum-contacts.ts'
import type { Step } from './steps.ts'
import { requireFormatted } from './storage/formatted.ts'
import { openZooKeeper } from './zookeeper-start.ts'

/** How long a node looks for the active controller before it looks again, in milliseconds. */
const LOOK_FOR_CONTROLLER_MS = 100
/** How long the active controller stays for brokers that are leaving; one that died on the way is not waited for longer. */
const FAREWELLS_MS = 5000
const FAREWELLS_BEGIN_MS = 200
const FAREWELL_LOOK_MS = 20

export interface StartOptions {
  /** Ends a start that waits for others: it rejects then, with everything closed again. */
  readonly stopped?: AbortSignal
  /** What requests at the listeners for clients pass before anything else: tests put faults there. */
  readonly steps?: readonly Step[]
}

interface Sides {
  readonly controllerSide: ControllerSide | null
  /** Null but with ZooKeeper. */
  readonly controllerWatch: ControllerWatch | null
  readonly registrar: ControllerRegistrar | null
  readonly brokerSide: BrokerSide | null
}

export class Broker {
  readonly #house: House
  readonly #controllerSide: ControllerSide | null
  readonly #controllerWatch: ControllerWatch | null
  readonly #registrar: ControllerRegistrar | null
  readonly #brokerSide: BrokerSide | null
  readonly #failed = deferred<Error>()
  #closing: Promise<void> | null = null

  /**
   * Resolves when clients are served; on a node that is a controller alone, when the metadata is known. Waits for as long as no controller can be
   * elected. Throws, with everything closed again, where it cannot be.
   */
  static async start(loaded: LoadedConfig, platform: Platform, options: StartOptions = {}): Promise<Broker> {
    await codecsReady()
    const undo: (() => unknown)[] = []
    try {
      return await Broker.#open(loaded, platform, undo, options)
    } catch (thrown) {
      await runAll(undo.reverse()).catch((why: unknown) => {
        platform.logger.error('not all could be closed after a failed start', { error: why })
      })
      throw thrown
    }
  }

  /** Every room that was opened is noted in `undo` with what closes it. */
  static async #open(loaded: LoadedConfig, platform: Platform, undo: (() => unknown)[], options: StartOptions): Promise<Broker> {
    const metrics = await openMetrics(platform, loaded)
    undo.push(() => metrics.close())
    await requireFormatted(platform.disk, loaded)
    const zookeeper = await openZooKeeper(platform, loaded, options.stopped)
    if (zookeeper) undo.push(() => zookeeper.close())
    const dirs = await openLogDirs(platform, zookeeper ? { ...loaded, clusterId: zookeeper.clusterId } : loaded)
    undo.push(() => closeLogDirs(dirs, null, platform.clock))
    const foreign: ForeignCluster = new ForeignCluster({
      clusterId: dirs.metadata.clusterId,
      directory: dirs.metadata.path,
      others: () =>
        metadata.raft?.voters.filter(({ id }) => id !== loaded.config['node.id']).length || loaded.quorum.bootstrapServers.length,
      onForeign: (why) => metadata.log.retire(why),
    })
    const contacts: QuorumContacts = new QuorumContacts({
      ...platform,
      nodeId: loaded.config['node.id'],
      onTwice: (why) => metadata.log.retire(why),
      configured: quorumKeys(loaded),
    })
    const onQuorumAnswer = (from: Address, code: number, to: QuorumApi) => {
      foreign.answered(from, code)
      contacts.answered(from, code, to)
    }
    const onQuorumSilence = (to: Address, why: unknown) => contacts.failed(to, why)
    const connections = new Connections({ platform, config: loaded.config, onQuorumAnswer, onQuorumSilence })
    undo.push(() => connections.close())
    const metadata: MetadataNode = await openMetadata(platform, loaded, dirs, { connections, zookeeper })
    undo.push(() => runAll([() => metadata.resign(), () => closeMetadata(metadata, platform.clock)]))
    const house: House = { platform, loaded, metrics, dirs, metadata, connections }
    const controllerWatch = controllerWatchOf(house)
    undo.push(() => controllerWatch?.stop())
    const controllerSide = loaded.roles.controller
      ? await ControllerSide.open({ ...house, clusterId: dirs.metadata.clusterId })
      : null
    undo.push(() => controllerSide?.close())
    const client = (attemptMs?: number) => clientOf(house, controllerSide, attemptMs)
    const ms = attemptMs(house)
    const registrar = zookeeper ? null : controllerSide && new ControllerRegistrar(platform, loaded, client())
    undo.push(() => registrar?.stop())
    const clients = { lifecycle: client(ms), forwarding: client(), replication: client(ms), directories: client(ms) }
    const brokerSide = loaded.roles.broker ? new BrokerSide(house, clients, controllerSide?.handlers ?? [], options.steps) : null
    if (brokerSide) undo.push(() => runAll(brokerSide.closing()))
    furnish(
      metrics,
      { ...house, replicas: brokerSide?.replicas ?? null, groups: brokerSide?.groups ?? null },
      () => (brokerSide?.server?.requestBytes ?? 0) + (controllerSide?.server?.requestBytes ?? 0),
    )
    const broker = new Broker(house, { controllerSide, controllerWatch, registrar, brokerSide })
    await broker.#beginUnlessOver(options, metadata.raft && !metadata.isAlone ? contacts : null)
    return broker
  }

  private constructor(house: House, { controllerSide, controllerWatch, registrar, brokerSide }: Sides) {
    this.#house = house
    this.#controllerSide = controllerSide
    this.#controllerWatch = controllerWatch
    this.#registrar = registrar
    this.#brokerSide = brokerSide
  }

  /** Without its metadata log a node can wait for nothing: rejects with why that is over, since what followed from it says less. */
  async #beginUnlessOver({ stopped }: StartOptions, contacts: QuorumContacts | null): Promise<void> {
    const { log } = this.#house.metadata
    const over = deferred<never>()
    over.promise.catch(() => {}) // after the start it is told by `failed`
    log.onRetired((why) => over.reject(why))
    const stop = () => log.retire(new KafkaError('NOT_CONTROLLER', 'the start was given up'))
    if (stopped?.aborted) stop()
    stopped?.addEventListener('abort', stop, { once: true })
    try {
      await Promise.race([over.promise, this.#begin(contacts)])
    } finally {
      stopped?.removeEventListener('abort', stop)
    }
  }

  /** Takes part in the quorum, or follows it, and serves from there on. */
  async #begin(contacts: QuorumContacts | null): Promise<void> {
    const { loaded, dirs, metadata, metrics } = this.#house
    const known = contacts?.tellWhileWaiting()
    try {
      await metadata.start()
    } finally {
      known?.()
    }
    // Others need not be waited for; alone it is told at once, as all else.
    const registered = this.#registrar?.run()
    if (metadata.isAlone) await registered
    await this.#brokerSide?.listen()
    await metadata.publisher.load()
    await this.#brokerSide?.join()
    for (const dir of new Set([...dirs.all, dirs.metadata])) dir.onOffline((why) => this.#stopIfLast(why))
    metadata.files?.onBroken((why) => void this.#fail(why))
    metadata.log.onRetired((why) => {
      if (!this.#closing) void this.#fail(why)
    })
    metrics.health.running(() => (loaded.roles.broker ? troubleOf(loaded.config['node.id'], metadata) : null))
  }

  // Without its metadata log, or without any directory for partitions, a broker can promise nothing.
  #stopIfLast(why: Error): void {
    const { dirs } = this.#house
    const hasPlace = this.#brokerSide?.replicas.hasOnlineDir ?? true
    if (hasPlace && !dirs.metadata.offline) return
    void this.#fail(why)
  }

  // Whoever hears of it may end the process: the next one must know by then which disks failed.
  async #fail(why: Error): Promise<void> {
    const { dirs } = this.#house
    await Promise.all([dirs.metadata, ...dirs.all].map(({ wordLeft }) => wordLeft))
    this.#failed.resolve(why)
  }

  /** host:port of each listener for clients, as clients are told, joined by commas; of those for controllers where there is no other. */
  get bootstrapServers(): string {
    const { loaded, platform } = this.#house
    const { client, controller } = loaded.listeners
    const { hostName } = platform.network
    const told = this.#brokerSide
      ? advertised(client, this.#brokerSide.server, hostName)
      : advertised(controller, this.#controllerSide?.server ?? null, hostName)
    return told.map(serverText).join(',')
  }

  get clusterId(): string {
    return this.#house.dirs.metadata.clusterId
  }

  /** For who looks inside while it runs: simulation compares what was lived with what was written. Throws on a node that is no broker. */
  get rooms(): { readonly metadata: MetadataNode; readonly replicas: Replicas; readonly groups: GroupCoordinator } {
    if (!this.#brokerSide) throw new Error('this node is no broker')
    const { replicas, groups } = this.#brokerSide
    return { metadata: this.#house.metadata, replicas, groups }
  }

  /** As `rooms`, of a node of any role. */
  get metadata(): MetadataNode {
    return this.#house.metadata
  }

  /** Where /metrics and /healthz are served; null where they are not. */
  get metricsPort(): number | null {
    return this.#house.metrics.port
  }

  /** Resolves, with the reason, when the broker cannot go on; never, if it is closed. */
  get failed(): Promise<Error> {
    return this.#failed.promise
  }

  /** The first step of `close`, for who stops several nodes: gives away what this one leads. It still serves, and must be closed. */
  async leave(): Promise<void> {
    await this.#brokerSide?.leave()
  }

  /**
   * Stops cleanly: no new requests, leadership given away, everything on the device, files closed. What cannot be closed does not keep the rest
   * open; the first error is thrown at the end.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { platform, dirs, metadata, metrics, connections } = this.#house
    const { clock } = platform
    metrics.health.stopping()
    metadata.publisher.beginStop()
    await runAll([
      ...(this.#brokerSide?.closing() ?? []),
      () => this.#registrar?.stop(),
      () => this.#seeOthersOff(),
      () => this.#controllerWatch?.stop(),
      () => metadata.resign(),
      () => this.#controllerSide?.close(),
      () => connections.close(),
      () =>
        unlessStuck(closeMetadata(metadata, clock), {
          clock,
          progress: () => `${metadata.publisher.publishedOffset} ${progressOf(dirs)}`,
          what: () => 'the metadata: a change of it is being carried out',
        }),
      () => closeLogDirs(dirs, this.#brokerSide?.epoch ?? -1, clock),
      () => metrics.close(),
      () => platform.offload.rest(),
    ])
  }

  /**
   * Where several stop together, the active controller goes last: without it the others would have nobody to say farewell to. Those who serve have a moment
   * to come with theirs.
   */
  async #seeOthersOff(): Promise<void> {
    const { platform, loaded, metadata } = this.#house
    const { clock } = platform
    if (!this.#controllerSide?.server) return // at the listeners for clients nobody is heard any more
    const began = clock.monotonic()
    for (;;) {
      const ms = clock.monotonic() - began
      const others = unfencedBeside(metadata.publisher.image, loaded.config['node.id'])
      const isWaitedFor =
        ms < FAREWELLS_BEGIN_MS ? others.length > 0 : others.some(({ inControlledShutdown }) => inControlledShutdown)
      if (!isWaitedFor || !metadata.log.isLeader || ms >= FAREWELLS_MS) return
      await new Promise<void>((resume) => void clock.after(FAREWELL_LOOK_MS, resume))
    }
  }
}

function unfencedBeside({ brokers }: MetadataImage, nodeId: number): readonly BrokerImage[] {
  return [...brokers.values()].filter(({ id, fenced }) => id !== nodeId && !fenced)
}

/** Who votes, or where to ask for them, as it was configured. */
function quorumKeys({ given }: LoadedConfig): string {
  const keys = ['controller.quorum.voters', 'controller.quorum.bootstrap.servers'].filter((key) => given.has(key))
  return keys.map((key) => `${key}=${given.get(key)}`).join(', ')
}

/**
 * How long a controller may take for what brokers tell it of themselves: half a session, as with Kafka's heartbeats, so that a connection which went silent
 * is replaced before the broker is held for gone.
 */
function attemptMs({ loaded: { config } }: House): number {
  return Math.min(config['controller.socket.timeout.ms'], config['broker.session.timeout.ms'] / 2)
}

/** Asks the active controller, on a connection of its own. */
function clientOf(house: House, controllerSide: ControllerSide | null, attemptMs?: number): ControllerClient {
  const { platform, loaded, metadata, connections } = house
  return controllerClient({
    clock: platform.clock,
    nodeId: loaded.config['node.id'],
    quorum: metadata.log,
    local: controllerSide && ((exchange, body) => controllerSide.ask(exchange, body)),
    peer: connections.controller(() => controllerAddress(house), metadata.zookeeper === null),
    retryMs: metadata.isAlone ? null : LOOK_FOR_CONTROLLER_MS,
    attemptMs,
  })
}

/** Null with a quorum of our own, which notices by itself, and where only sessions shall decide. */
function controllerWatchOf(house: House): ControllerWatch | null {
  const { platform, loaded, metadata } = house
  const { zookeeper, log } = metadata
  if (!zookeeper || !loaded.config['node.loss.probe.enable']) return null
  return new ControllerWatch({
    ...platform,
    log,
    nodeId: loaded.config['node.id'],
    address: () => controllerAddress(house),
    vacate: (leaderId, epoch) => zookeeper.vacate(leaderId, epoch),
  })
}
