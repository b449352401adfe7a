// A broker out of its rooms: opens what lies on disk, follows the metadata, listens, and leaves in the opposite order.

import { deferred } from '../base/deferred.ts'
import { randomUuid } from '../base/uuid.ts'
import type { LoadedConfig } from '../config/load.ts'
import { GROUPS_TOPIC, GroupCoordinator } from '../coordinator/group/coordinator.ts'
import { groupSettings } from '../coordinator/group/settings.ts'
import { type Server, serve } from '../net/listener.ts'
import type { Platform } from '../platform/platform.ts'
import { ready as codecsReady } from '../protocol/compression/index.ts'
import { Replicas } from '../replication/replicas.ts'
import { Chores } from './chores.ts'
import { followGroups } from './group-follower.ts'
import { handlers } from './handlers/index.ts'
import { type LogDirs, openLogDirs } from './log-dirs.ts'
import { type MetadataNode, openMetadata } from './metadata-node.ts'
import { advertised, channelLimits, connectionLimits, listenersOf, maxRequestBytes } from './network-settings.ts'
import { Pipeline } from './pipeline.ts'
import { Registration } from './registration.ts'
import { followReplicas } from './replica-follower.ts'
import { requestSink } from './request-sink.ts'
import { standardChores } from './standard-chores.ts'

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
    const dirs = await openLogDirs(platform, loaded)
    const undo: (() => Promise<void>)[] = [() => closeDirs(dirs, null)]
    try {
      const metadata = await openMetadata(platform, loaded, dirs)
      const serving = deferred<void>()
      serving.promise.catch(() => {}) // who waits for it hears of a failed start; nobody has to
      undo.push(async () => serving.reject(new Error('the start failed')))
      const parts = assemble(platform, loaded, dirs, metadata)
      const brokerEpoch = () => registration.epoch
      const pipeline = new Pipeline({
        handlers: handlers({ ...parts, brokerEpoch }),
        clock: platform.clock,
        logger: platform.logger,
      })
      const server = await serve({
        ...platform,
        listeners: listenersOf(loaded),
        sink: requestSink({ pipeline, logger: platform.logger, ready: serving.promise }),
        channelLimits: channelLimits(loaded.config),
        connectionLimits: connectionLimits(loaded.config),
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
      const broker = new Broker(platform, loaded, dirs, metadata, parts, server, registration)
      await broker.#join()
      serving.resolve()
      return broker
    } catch (thrown) {
      for (const step of undo.reverse()) await step()
      throw thrown
    }
  }

  private constructor(
    platform: Platform,
    loaded: LoadedConfig,
    dirs: LogDirs,
    metadata: MetadataNode,
    { replicas, groups }: { replicas: Replicas; groups: GroupCoordinator },
    server: Server,
    registration: Registration,
  ) {
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
      followReplicas({ replicas: this.#replicas, configs, logDirs: this.#dirs.all, nodeId, logger }),
    )
    publisher.subscribe('groups', followGroups(this.#groups, this.#replicas, nodeId))
    await publisher.load()
    await this.#registration.register()
    await this.#registration.unfence()
    await this.#groups.whenLoaded()
    for (const dir of this.#dirs.all) dir.onOffline((why) => this.#stopIfLast(why))
    if (!this.#dirs.all.includes(this.#dirs.metadata)) this.#dirs.metadata.onOffline((why) => this.#stopIfLast(why))
    for (const chore of standardChores(this.#replicas, this.#dirs.all, configs)) this.#chores.start(chore)
  }

  // Without its metadata log, or without any directory for partitions, a broker can promise nothing.
  #stopIfLast(why: Error): void {
    if (this.#replicas.hasOnlineDir && !this.#dirs.metadata.offline) return
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

  /** Resolves, with the reason, when the broker cannot go on; never, if it is closed. */
  get failed(): Promise<Error> {
    return this.#failed.promise
  }

  /** Stops cleanly: no new requests, leadership given away, everything on the device, files closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#chores.stop()
    await this.#server.stopListening()
    const isHealthy = !this.#dirs.metadata.offline
    this.#groups.stop()
    if (isHealthy) await this.#registration.leave()
    await this.#server.close()
    await this.#metadata.snapshotter.settled()
    this.#metadata.log.resign()
    await closeDirs(this.#dirs, isHealthy ? this.#registration.epoch : null)
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
    newId: () =>
      Buffer.from(platform.random.bytes(16))
        .toString('hex')
        .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
    partitionCount: () => image.topic(GROUPS_TOPIC)?.partitions.length ?? null,
    maxBatchBytes: () => metadata.configs.topic(GROUPS_TOPIC)['max.message.bytes'],
  })
  return { platform, loaded, dirs, metadata, replicas, groups }
}

async function closeDirs({ all, metadata }: LogDirs, epoch: number | null): Promise<void> {
  const clean = epoch === null ? null : { brokerEpoch: epoch }
  for (const dir of new Set([...all, metadata])) await dir.close(clean)
}
