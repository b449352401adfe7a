// The broker's side of a node: replicas and groups over the metadata, the listeners for clients, and the place that it has in its cluster.

import { type Deferred, deferred } from '../base/deferred.ts'
import { randomUuid } from '../base/uuid.ts'
import { GROUPS_TOPIC, GroupCoordinator } from '../coordinator/group/coordinator.ts'
import { randomMemberId } from '../coordinator/group/member-id.ts'
import { groupSettings } from '../coordinator/group/settings.ts'
import type { MetadataImage } from '../metadata/image.ts'
import { type Server, serve } from '../net/listener.ts'
import { Slices } from '../platform/slices.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { Partition } from '../replication/partition.ts'
import { Replicas } from '../replication/replicas.ts'
import { Chores } from './chores.ts'
import { unlessStuck } from './closing.ts'
import type { ControllerClient } from './controller-client.ts'
import { DirectoryKeeper } from './directory-keeper.ts'
import { DiskRoom } from './disk-room.ts'
import { forward } from './forward.ts'
import { followGroups } from './group-follower.ts'
import type { AnyHandler } from './handler.ts'
import { handlers } from './handlers/index.ts'
import type { House } from './house.ts'
import { AlterPartitionKeeper } from './isr-keeper.ts'
import { dirSettings, previousEpochOf, progressOf } from './log-dirs.ts'
import { MetadataWaits } from './metadata-waits.ts'
import { advertised, channelLimits, connectionLimits, listenersOf, maxRequestBytes } from './network-settings.ts'
import { OwnController } from './own-controller.ts'
import { OwnLife } from './own-life.ts'
import { Pipeline } from './pipeline.ts'
import { Registration } from './registration.ts'
import { followReplicas } from './replica-follower.ts'
import { moveRate, replicationLinks } from './replication-links.ts'
import { requestSink } from './request-sink.ts'
import { standardChores } from './standard-chores.ts'
import type { Step } from './steps.ts'

/** The active controller, on connections of their own. */
export interface ControllerClients {
  /** Registration and heartbeats: nothing may hold them up. */
  readonly lifecycle: ControllerClient
  /** What clients ask for, and producer ids. */
  readonly forwarding: ControllerClient
  /** Changes of in-sync replicas. */
  readonly replication: ControllerClient
  /** In which log directories replicas lie. */
  readonly directories: ControllerClient
}

export class BrokerSide {
  readonly #house: House
  readonly #clients: ControllerClients
  /** Served beside those for clients, where other brokers come in, and not told of by ApiVersions. */
  readonly #controllerHandlers: readonly AnyHandler[]
  readonly #steps: readonly Step[]
  readonly replicas: Replicas
  readonly groups: GroupCoordinator
  readonly #isrKeeper: AlterPartitionKeeper
  readonly #directoryKeeper: DirectoryKeeper
  readonly #takeRoom: (partition: Partition, bytes: number) => void
  readonly #waits: MetadataWaits
  readonly #chores: Chores
  readonly #life: OwnLife
  readonly #serving: Deferred<void> = deferred<void>()
  #server: Server | null = null
  #registration: Registration | null = null
  #leaving: Promise<void> | null = null
  #isClosing = false

  /** Subscribes to the metadata, which must not be loaded yet. */
  constructor(house: House, clients: ControllerClients, controllerHandlers: readonly AnyHandler[], steps: readonly Step[] = []) {
    const { platform, loaded, dirs, metadata } = house
    const { config } = loaded
    this.#house = house
    this.#clients = clients
    this.#steps = steps
    this.#life = new OwnLife(config['node.id'])
    const onlyAt = loaded.listeners.interBroker
    this.#controllerHandlers = metadata.zookeeper ? controllerHandlers.map((handler) => ({ ...handler, onlyAt })) : []
    this.#serving.promise.catch(() => {}) // who waits for it hears of a failed start; nobody has to
    const { clock, disk, logger } = platform
    const rooms = new Map(dirs.all.map((dir) => [dir, new DiskRoom(dir, disk, clock, logger)]))
    this.#takeRoom = (partition, bytes) => rooms.get(this.replicas.dirOf(partition)!)?.take(bytes)
    const brokerId = config['node.id']
    const brokerEpoch = () => this.epoch
    this.#isrKeeper = new AlterPartitionKeeper({ controller: clients.replication, brokerId, brokerEpoch, logger })
    const isHeard = () => this.#registration?.isHeard ?? false
    const links = { isrKeeper: this.#isrKeeper, brokerEpoch, isHeard, takeRoom: this.#takeRoom }
    this.replicas = new Replicas({
      logDirs: dirs.all,
      hasLostDirs: dirs.lost.length > 0,
      localId: brokerId,
      clock,
      logger,
      flushPolicy: config['log.flush.policy'],
      links: metadata.isAlone ? null : replicationLinks(house, links),
      moves: {
        bytesPerSecond: () => moveRate(metadata.configs),
        place: ({ topic, topicId, index }, { directoryId }) => this.#directoryKeeper.assign(topic, topicId, index, directoryId),
        stays: ({ topic, topicId, index }) => this.#directoryKeeper.stays(topic, topicId, index),
        takeRoom: (dir, bytes) => rooms.get(dir)?.take(bytes),
      },
    })
    const image = metadata.publisher.image
    this.#directoryKeeper = new DirectoryKeeper({
      ...{ controller: clients.directories, brokerId, brokerEpoch, image, clock, logger },
      replicas: this.replicas,
      slices: Slices.of(clock),
    })
    this.groups = groupsOf(house)
    this.#chores = new Chores(platform.clock, platform.logger)
    this.#follow()
    this.#waits = new MetadataWaits(metadata.publisher, platform.clock)
  }

  #follow(): void {
    const { platform, loaded, dirs, metadata } = this.#house
    const { publisher, configs } = metadata
    const { clock, logger } = platform
    const { replicas, groups } = this
    const life = this.#life
    const nodeId = loaded.config['node.id']
    const slices = Slices.of(clock)
    publisher.subscribe('the life of this broker', life.follow)
    publisher.subscribe('replicas', followReplicas({ replicas, configs, logDirs: dirs.all, nodeId, life, logger, slices }))
    publisher.subscribe('the directories of replicas', this.#directoryKeeper.follow)
    for (const dir of dirs.all) dir.onOffline(() => this.#registration?.hurry())
    // A new controller learns at once who lives, and with that who may have ended (decision 12).
    if (!metadata.isAlone) metadata.log.onRole(({ leaderId }) => leaderId !== null && this.#registration?.hurry())
    publisher.subscribe('log directories', () => {
      for (const dir of new Set([...dirs.all, dirs.metadata])) dir.retune(dirSettings(configs.broker))
    })
    publisher.subscribe('fetchers', ({ configsChanged }) => {
      if (configsChanged.some(({ type }) => type === 'broker')) replicas.retune()
    })
    publisher.subscribe('groups', followGroups(groups, { replicas, nodeId, life }))
  }

  /** The listeners for clients; what comes in waits for `join`. */
  async listen(): Promise<Server> {
    const { platform, loaded, metadata, metrics, dirs } = this.#house
    const { controller } = metadata
    const timeoutMs = () => loaded.config['request.timeout.ms']
    const served = handlers({
      platform,
      loaded,
      dirs,
      metadata,
      replicas: this.replicas,
      groups: this.groups,
      brokerEpoch: () => this.epoch,
      activeController: this.#clients.forwarding,
      waits: this.#waits,
      takeRoom: this.#takeRoom,
    })
    const keys = new Set(served.map(({ api }) => api.key))
    const pipeline = new Pipeline({
      handlers: [...served, ...this.#controllerHandlers.filter(({ api }) => !keys.has(api.key))],
      logger: platform.logger,
      clock: platform.clock,
      meters: metrics.meters,
      // Without others there is nobody to hand anything to.
      steps: metadata.isAlone
        ? this.#steps
        : [...this.#steps, forward({ isElsewhere: () => !controller.isActive, controller: this.#clients.forwarding, timeoutMs })],
    })
    const server = await serve({
      ...platform,
      listeners: listenersOf(loaded),
      sink: metrics.meters.watched(requestSink({ pipeline, logger: platform.logger, ready: this.#serving.promise })),
      channelLimits: channelLimits(loaded.config),
      connectionLimits: connectionLimits(loaded, metadata.configs),
      maxRequestBytes: maxRequestBytes(loaded.config),
    })
    if (this.#isClosing) await server.close()
    this.#requireOpen()
    this.#server = server
    return server
  }

  /** A start that was given up may still be under way here: nothing may be opened behind those who closed. */
  #requireOpen(): void {
    if (this.#isClosing) throw new KafkaError('BROKER_NOT_AVAILABLE', 'the broker is stopping')
  }

  /** Registers, leads what it may, and serves. The metadata is loaded, and the listeners are open. */
  async join(): Promise<void> {
    this.#requireOpen()
    const { platform, dirs, metadata } = this.#house
    const { clock, random, logger } = platform
    const server = this.#server!
    const registration = this.#registrationAt(server)
    this.#registration = registration
    await this.#announce(server)
    await registration.register()
    this.#directoryKeeper.begin()
    await metadata.publisher.reached(registration.epoch + 1)
    await registration.unfence()
    await this.#waits.until(() => this.#isServing(), UNFENCED_WITHIN_MS)
    await metadata.publisher.reached(metadata.log.committedOffset) // what it leads by now, it leads here, too
    await this.groups.whenLoaded()
    const { configs } = metadata
    const places = { logDirs: dirs.all, metadataDir: dirs.metadata }
    for (const chore of standardChores({ replicas: this.replicas, ...places, configs, clock, random, logger }))
      this.#chores.start(chore)
    this.#serving.resolve()
  }

  /** In ZooKeeper, where others find the controller by it. Rejects where another broker has this id. */
  async #announce(server: Server): Promise<void> {
    const { platform, loaded, metadata } = this.#house
    const { 'node.id': id, 'broker.rack': rack } = loaded.config
    const told = advertised(loaded.listeners.client, server, platform.network.hostName)
    const endpoints = told.map((endpoint) => ({ ...endpoint, securityProtocol: 'PLAINTEXT' }))
    await metadata.zookeeper?.announce({ id, rack, endpoints })
  }

  #isServing(): boolean {
    const { metadata, loaded } = this.#house
    return metadata.publisher.image.brokers.get(loaded.config['node.id'])?.fenced === false
  }

  #registrationAt(server: Server): Registration {
    const { platform, loaded, dirs, metadata } = this.#house
    const { config } = loaded
    const { publisher, configs } = metadata
    const offlineDirs = () => this.#offlineDirs
    const incarnationId = randomUuid((length) => platform.random.bytes(length))
    this.#life.asks(incarnationId)
    return new Registration({
      controller: this.#clients.lifecycle,
      ownController: new OwnController(metadata.log),
      clock: platform.clock,
      logger: platform.logger,
      identity: {
        nodeId: config['node.id'],
        clusterId: dirs.metadata.clusterId,
        incarnationId,
        rack: config['broker.rack'],
        directoryIds: dirs.all.map(({ directoryId }) => directoryId),
        previousEpoch: previousEpochOf(dirs),
        endpoints: advertised(loaded.listeners.client, server, platform.network.hostName),
      },
      settings: {
        heartbeatMs: () => configs.broker['broker.heartbeat.interval.ms'],
        sessionMs: () => configs.broker['broker.session.timeout.ms'],
        registrationMs: config['initial.broker.registration.timeout.ms'],
        isWatched: !metadata.isAlone,
      },
      publishedOffset: () => publisher.publishedOffset,
      reached: (offset) => publisher.reached(offset),
      features: () => publisher.image.features,
      unled: () => unledOf(publisher.image, config['node.id']),
      isReplaced() {
        const registered = publisher.image.brokers.get(config['node.id'])
        return registered !== undefined && registered.incarnationId !== incarnationId
      },
      offlineDirs,
      isLossUntold() {
        const known = publisher.image.brokers.get(config['node.id'])?.logDirs ?? []
        return offlineDirs().some((id) => known.includes(id))
      },
    })
  }

  get #offlineDirs(): readonly string[] {
    return this.#house.dirs.all.filter((dir) => this.replicas.isOffline(dir)).map(({ directoryId }) => directoryId)
  }

  /** The epoch that it is registered with; -1 before. */
  get epoch(): number {
    return this.#registration?.epoch ?? -1
  }

  get server(): Server | null {
    return this.#server
  }

  /** What a stop does, in this order; none of them may keep the others from being done. */
  closing(): (() => unknown)[] {
    const { platform, dirs } = this.#house
    const { clock } = platform
    this.#isClosing = true
    const chores = this.#chores.stop() // those at long work are told now, so that nobody has to wait for them later
    return [
      () => this.leave(), // who asks meanwhile hears where to go
      () => this.#server?.stopListening(),
      () => this.replicas.stop(),
      () => this.#isrKeeper.stop(),
      () => this.#directoryKeeper.stop(),
      () => this.groups.stop(),
      () => this.#serving.reject(new Error('the broker is stopping')),
      () => this.#server?.close(),
      () =>
        unlessStuck(chores, {
          clock,
          progress: () => `${this.#chores.steps} ${progressOf(dirs)}`,
          what: () => 'a chore in the background',
        }),
    ]
  }

  /** Gives away what it leads. Never rejects: a controller that nobody can reach has seen no farewell, and fences this broker. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave()
    return this.#leaving
  }

  async #leave(): Promise<void> {
    const { platform, metadata } = this.#house
    try {
      await this.#registration?.leave(metadata.isAlone ? LEAVE_ALONE_MS : LEAVE_MS)
    } catch (thrown) {
      platform.logger.warn('the broker stops without having left its cluster; its next start puts that right', { error: thrown })
    }
    this.#registration?.stop() // also one that was still being registered
  }
}

/** A change of the metadata that is committed reaches everybody soon; who serves without having seen it is told later that it may. */
const UNFENCED_WITHIN_MS = 5000
/** Two small commits; a stop shall not take longer because the disk of the metadata does. */
const LEAVE_ALONE_MS = 2000
/** Others have to take over what this broker leads, and be heard of. */
const LEAVE_MS = 30_000

function groupsOf({ platform, loaded, metadata }: House): GroupCoordinator {
  const { image } = metadata.publisher
  return new GroupCoordinator({
    settings: groupSettings(loaded.config),
    clock: platform.clock,
    logger: platform.logger,
    newId: () => randomMemberId((length) => platform.random.bytes(length)),
    partitionCount: () => image.topic(GROUPS_TOPIC)?.partitions.length ?? null,
    maxBatchBytes: () => metadata.configs.topic(GROUPS_TOPIC)['max.message.bytes'],
  })
}

/** Partitions without a leader that the broker has a replica of. */
function unledOf({ leaderless, topicsById }: MetadataImage, brokerId: number): number {
  let count = 0
  for (const [id, indexes] of leaderless)
    for (const index of indexes) if (topicsById.get(id)!.partitions[index]!.replicas.includes(brokerId)) count++
  return count
}
