// A broker out of its rooms: opens what lies on disk, follows the metadata, listens, and leaves in the opposite order.

import { deferred } from '../base/deferred.ts'
import { randomUuid } from '../base/uuid.ts'
import type { LoadedConfig } from '../config/load.ts'
import { GROUPS_TOPIC, GroupCoordinator } from '../coordinator/group/coordinator.ts'
import { randomMemberId } from '../coordinator/group/member-id.ts'
import { groupSettings } from '../coordinator/group/settings.ts'
import { type Server, serve } from '../net/listener.ts'
import type { Platform } from '../platform/platform.ts'
import { Slices } from '../platform/slices.ts'
import { ready as codecsReady } from '../protocol/compression/index.ts'
import { Replicas } from '../replication/replicas.ts'
import { Chores } from './chores.ts'
import { runAll, unlessStuck } from './closing.ts'
import { followGroups } from './group-follower.ts'
import { handlers } from './handlers/index.ts'
import { closeLogDirs, dirSettings, type LogDirs, openLogDirs, progressOf } from './log-dirs.ts'
import { closeMetadata, type MetadataNode, openMetadata } from './metadata-node.ts'
import { advertised, channelLimits, connectionLimits, listenersOf, maxRequestBytes } from './network-settings.ts'
import { Pipeline } from './pipeline.ts'
import { Registration } from './registration.ts'
import { followReplicas } from './replica-follower.ts'
import { requestSink } from './request-sink.ts'
import { standardChores } from './standard-chores.ts'

/** Two small commits; a stop shall not take longer because the disk of the metadata does. */
const LEAVE_TIMEOUT_MS = 2000

export class Broker {
  readonly #platform: Platform
  readonly #loaded: LoadedConfig
  readonly #dirs: LogDirs
  readonly #metadata: MetadataNode
  readonly #replicas: Replicas
  readonly #groups: GroupCoordinator
  readonly #chores: Chores
  readonly #server: Server
  readonly #registration: Registration
  readonly #failed = deferred<Error>()
  #closing: Promise<void> | null = null

  /** Resolves when clients are served. Throws, with everything closed again, where that cannot be. */
  static async start(loaded: LoadedConfig, platform: Platform): Promise<Broker> {
    await codecsReady()
    for (const { name } of loaded.listeners.controller) {
      platform.logger.info('a controller listener is not opened: the quorum of one node talks to nobody (docs/limits.md)', {
        listener: name,
      })
    }
    const undo: (() => unknown)[] = []
    try {
      return await Broker.#open(loaded, platform, undo)
    } catch (thrown) {
      await runAll(undo.reverse()).catch((why: unknown) => {
        platform.logger.error('not all could be closed after a failed start', { error: why })
      })
      throw thrown
    }
  }

  /** Every room that was opened is noted in `undo` with what closes it. */
  static async #open(loaded: LoadedConfig, platform: Platform, undo: (() => unknown)[]): Promise<Broker> {
    const dirs = await openLogDirs(platform, loaded)
    undo.push(() => closeLogDirs(dirs, null, platform.clock))
    const metadata = await openMetadata(platform, loaded, dirs)
    undo.push(() => closeMetadata(metadata))
    const parts = assemble(platform, loaded, dirs, metadata)
    undo.push(() => parts.groups.stop())
    const serving = deferred<void>()
    serving.promise.catch(() => {}) // who waits for it hears of a failed start; nobody has to
    undo.push(() => serving.reject(new Error('the start failed')))
    const brokerEpoch = () => registration.epoch
    const pipeline = new Pipeline({
      handlers: handlers({ ...parts, brokerEpoch }),
      logger: platform.logger,
      clock: platform.clock,
    })
    const server = await serve({
      ...platform,
      listeners: listenersOf(loaded),
      sink: requestSink({ pipeline, logger: platform.logger, ready: serving.promise }),
      channelLimits: channelLimits(loaded.config),
      connectionLimits: connectionLimits(loaded, metadata.configs),
      maxRequestBytes: maxRequestBytes(loaded.config),
    })
    undo.push(() => server.close())
    const registration: Registration = new Registration(metadata.controller, {
      nodeId: loaded.config['node.id'],
      incarnationId: randomUuid((length) => platform.random.bytes(length)),
      rack: loaded.config['broker.rack'],
      directoryIds: dirs.all.map(({ directoryId }) => directoryId),
      previousEpoch: dirs.metadata.cleanBrokerEpoch ?? -1,
      endpoints: advertised(loaded, server, platform.network.hostName),
    })
    const broker = new Broker(parts, server, registration)
    await broker.#join()
    serving.resolve()
    return broker
  }

  private constructor({ platform, loaded, dirs, metadata, replicas, groups }: Parts, server: Server, registration: Registration) {
    this.#platform = platform
    this.#loaded = loaded
    this.#dirs = dirs
    this.#metadata = metadata
    this.#replicas = replicas
    this.#groups = groups
    this.#server = server
    this.#registration = registration
    this.#chores = new Chores(platform.clock, platform.logger)
  }

  /** Follows the metadata from here on, registers, and leads what it may. */
  async #join(): Promise<void> {
    const { publisher, configs } = this.#metadata
    const nodeId = this.#loaded.config['node.id']
    const { logger } = this.#platform
    publisher.subscribe(
      'replicas',
      followReplicas({
        replicas: this.#replicas,
        configs,
        logDirs: this.#dirs.all,
        nodeId,
        logger,
        slices: Slices.of(this.#platform.clock),
      }),
    )
    publisher.subscribe('log directories', () => {
      for (const dir of new Set([...this.#dirs.all, this.#dirs.metadata])) dir.retune(dirSettings(configs.broker))
    })
    publisher.subscribe('groups', followGroups(this.#groups, this.#replicas, nodeId))
    await publisher.load()
    await this.#registration.register()
    await this.#registration.unfence()
    await this.#groups.whenLoaded()
    for (const dir of this.#dirs.all) dir.onOffline((why) => void this.#stopIfLast(why))
    if (!this.#dirs.all.includes(this.#dirs.metadata)) this.#dirs.metadata.onOffline((why) => void this.#stopIfLast(why))
    this.#metadata.files.onBroken((why) => this.#failed.resolve(why))
    const { clock, random } = this.#platform
    const dirs = { logDirs: this.#dirs.all, metadataDir: this.#dirs.metadata }
    for (const chore of standardChores({ replicas: this.#replicas, ...dirs, configs, clock, random, logger }))
      this.#chores.start(chore)
  }

  // Without its metadata log, or without any directory for partitions, a broker can promise nothing. Whoever hears of that may end the process.
  async #stopIfLast(why: Error): Promise<void> {
    if (this.#replicas.hasOnlineDir && !this.#dirs.metadata.offline) return
    await Promise.all([this.#dirs.metadata, ...this.#dirs.all].map(({ wordLeft }) => wordLeft))
    this.#failed.resolve(why)
  }

  /** host:port of each listener for clients, as clients are told, joined by commas. */
  get bootstrapServers(): string {
    return advertised(this.#loaded, this.#server, this.#platform.network.hostName)
      .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
      .join(',')
  }

  get clusterId(): string {
    return this.#dirs.metadata.clusterId
  }

  /** For who looks inside while it runs: simulation compares what was lived with what was written. */
  get rooms(): { readonly metadata: MetadataNode; readonly replicas: Replicas; readonly groups: GroupCoordinator } {
    return { metadata: this.#metadata, replicas: this.#replicas, groups: this.#groups }
  }

  /** Resolves, with the reason, when the broker cannot go on; never, if it is closed. */
  get failed(): Promise<Error> {
    return this.#failed.promise
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
    // Those at long work are told now, so that nobody has to wait for them later.
    const { clock } = this.#platform
    const chores = this.#chores.stop()
    this.#metadata.publisher.beginStop()
    await runAll([
      () => this.#server.stopListening(),
      () => this.#groups.stop(),
      () => this.#leave(),
      () => this.#server.close(),
      () =>
        unlessStuck(chores, {
          clock,
          progress: () => `${this.#chores.steps} ${progressOf(this.#dirs)}`,
          what: () => 'a chore in the background',
        }),
      () =>
        unlessStuck(closeMetadata(this.#metadata), {
          clock,
          progress: () => `${this.#metadata.publisher.publishedOffset} ${progressOf(this.#dirs)}`,
          what: () => 'the metadata: a change of it is being carried out',
        }),
      () => closeLogDirs(this.#dirs, this.#registration.epoch, clock),
      () => this.#platform.offload.rest(),
    ])
  }

  // A controller whose disk failed answers nobody. It has seen no farewell then, and fences this broker when it comes back.
  async #leave(): Promise<void> {
    const { clock, logger } = this.#platform
    try {
      await this.#registration.leave(clock, LEAVE_TIMEOUT_MS)
    } catch (thrown) {
      logger.warn('the broker stops without having left its cluster; its next start puts that right', { error: thrown })
    }
  }
}

interface Parts {
  readonly platform: Platform
  readonly loaded: LoadedConfig
  readonly dirs: LogDirs
  readonly metadata: MetadataNode
  readonly replicas: Replicas
  readonly groups: GroupCoordinator
}

function assemble(platform: Platform, loaded: LoadedConfig, dirs: LogDirs, metadata: MetadataNode): Parts {
  const { config } = loaded
  const replicas = new Replicas({
    logDirs: dirs.all,
    localId: config['node.id'],
    clock: platform.clock,
    logger: platform.logger,
    flushPolicy: config['log.flush.policy'],
  })
  const { image } = metadata.publisher
  const groups = new GroupCoordinator({
    settings: groupSettings(config),
    clock: platform.clock,
    logger: platform.logger,
    newId: () => randomMemberId((length) => platform.random.bytes(length)),
    partitionCount: () => image.topic(GROUPS_TOPIC)?.partitions.length ?? null,
    maxBatchBytes: () => metadata.configs.topic(GROUPS_TOPIC)['max.message.bytes'],
  })
  return { platform, loaded, dirs, metadata, replicas, groups }
}
