// The metadata side of a node: its log and quorum, the controller on it, and the image that the node follows.

import type { LoadedConfig } from '../config/load.ts'
import type { Log } from '../log/log.ts'
import type { ElectedLog } from '../machine/elected-log.ts'
import { MachineRuntime } from '../machine/runtime.ts'
import { Controller, type ControllerSettings } from '../metadata/controller/controller.ts'
import { MetadataPublisher } from '../metadata/publisher.ts'
import { type MetadataRecord, metadataCodec } from '../metadata/records.ts'
import { restoreImage } from '../metadata/restore.ts'
import { Snapshotter } from '../metadata/snapshotter.ts'
import type { Clock } from '../platform/clock.ts'
import type { Address } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches } from '../protocol/records/batch.ts'
import { readBootstrap } from '../raft/format.ts'
import type { MetadataLog } from '../raft/metadata-log.ts'
import { MAX_NODE_BYTES } from '../zookeeper/layout.ts'
import type { ZooKeeperMetadata } from '../zookeeper/open.ts'
import { ActiveController, type FirstRecords } from './active-controller.ts'
import { atMost } from './closing.ts'
import { configRules } from './config-rules.ts'
import type { Connections } from './connections.ts'
import { ControllerChannel } from './controller-channel.ts'
import { EffectiveConfigs } from './effective-configs.ts'
import type { LogDirs } from './log-dirs.ts'
import { openMetadataLog, isAlone as standsAlone } from './quorum-log.ts'

/** Who leaves waits no longer for ZooKeeper: what is half written there, the next controller completes. */
const ENSEMBLE_MS = 2000
/** The metadata log takes batches of this size at most, as Kafka's does. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024

export interface MetadataNode {
  readonly log: ElectedLog
  /** The same log with its quorum of voters; null where the metadata is in ZooKeeper. */
  readonly raft: MetadataLog | null
  /** What the metadata log is written to; null where that is ZooKeeper. */
  readonly files: Log | null
  readonly zookeeper: ZooKeeperMetadata | null
  /** Null on a node that is no controller. */
  readonly runtime: MachineRuntime<Controller, MetadataRecord> | null
  readonly publisher: MetadataPublisher
  readonly controller: ControllerChannel
  readonly configs: EffectiveConfigs
  readonly snapshotter: Snapshotter
  /** No other node can ever be part of the cluster: nobody could reach the controller that is here. */
  readonly isAlone: boolean
  /** Takes part in the quorum, or follows it. Resolves once it is known what is committed, and the controller here is active if it is to be. */
  start(): Promise<void>
  /** Leads no longer, if it did, so that nobody has to wait for another to notice. */
  resign(): Promise<void>
}

/** Formats a fresh directory and opens the log, and makes a controller on it. The publisher is loaded, after the start, by whoever has subscribed. */
export async function openMetadata(
  platform: Platform,
  loaded: LoadedConfig,
  dirs: LogDirs,
  { connections, zookeeper }: { readonly connections: Connections; readonly zookeeper: ZooKeeperMetadata | null },
): Promise<MetadataNode> {
  const isAlone = standsAlone(loaded)
  const own = zookeeper ? null : await openMetadataLog(platform, loaded, dirs.metadata, connections)
  const raft = own?.log ?? null
  const log: ElectedLog = zookeeper?.log ?? raft!
  try {
    const publisher = new MetadataPublisher({ log, clock: platform.clock, logger: platform.logger })
    const configs = new EffectiveConfigs(publisher.image, loaded.config['node.id'], loaded.given)
    const runtime = loaded.roles.controller ? controllerOn({ log, raft }, platform, configs, isAlone) : null
    const controller = new ControllerChannel(runtime, publisher, log)
    const active =
      runtime &&
      new ActiveController({
        log,
        runtime,
        channel: controller,
        first: await firstRecords(platform, loaded, dirs),
        logger: platform.logger,
        isAlone,
      })
    const keeper = zookeeper?.keepNodes(publisher) ?? null
    return {
      log,
      raft,
      files: own?.files ?? null,
      zookeeper,
      runtime,
      publisher,
      configs,
      controller,
      snapshotter: snapshotterOf(log, platform, publisher, configs),
      isAlone,
      async start() {
        await log.start()
        await active?.settled
      },
      async resign() {
        if (keeper) await atMost(ENSEMBLE_MS, keeper.stop(), platform.clock)
        if (log.isLeader && !isAlone) await log.resign(log.epoch)
      },
    }
  } catch (thrown) {
    log.retire(new KafkaError('NOT_CONTROLLER', 'the start failed'))
    throw thrown
  }
}

/** Nobody is told of changes any more, and every command that waits is refused; resolves when no file is being written. */
export async function closeMetadata({ publisher, snapshotter, log, zookeeper }: MetadataNode, clock: Clock): Promise<void> {
  await publisher.stop()
  // A file is waited for; what is written to an ensemble that is gone would never end.
  await (zookeeper ? atMost(ENSEMBLE_MS, snapshotter.settled(), clock) : snapshotter.settled())
  log.retire(new KafkaError('NOT_CONTROLLER', 'the broker is stopping'))
  await zookeeper?.close()
}

/**
 * Where the active controller listens, as the quorum knows it; with ZooKeeper, where other brokers reach it. Null while nobody is known to lead.
 */
export function controllerAddress({ loaded, metadata }: { loaded: LoadedConfig; metadata: MetadataNode }): Address | null {
  const { leaderId } = metadata.log
  if (leaderId === null) return null
  if (metadata.zookeeper) {
    const found = metadata.zookeeper.controller?.endpoints.find(({ name }) => name === loaded.listeners.interBroker)
    return found ? { host: found.host, port: found.port } : null
  }
  const known = metadata.raft?.leaderAddress
  if (known) return known
  const registered = metadata.publisher.image.controllers.get(leaderId)?.endPoints
  const found = registered?.find(({ name }) => name === loaded.quorum.listener) ?? registered?.[0]
  return found ? { host: found.host, port: found.port } : null
}

interface LedLog {
  readonly log: ElectedLog
  readonly raft: MetadataLog | null
}

function controllerOn(led: LedLog, platform: Platform, configs: EffectiveConfigs, isAlone: boolean) {
  const { log, raft } = led
  return new MachineRuntime<Controller, MetadataRecord>({
    name: 'controller',
    create: () => new Controller(settings(platform, configs, led, isAlone)),
    restore: (controller) => restoreImage(log, controller.image),
    log,
    codec: metadataCodec,
    clock: platform.clock,
    logger: platform.logger,
    maxBatchBytes: () => (raft ? MAX_BATCH_BYTES : MAX_NODE_BYTES),
    errors: { inactive: 'NOT_CONTROLLER', loading: 'NOT_CONTROLLER' },
    onFailed: () => {
      if (!isAlone) void log.resign(log.epoch)
    },
  })
}

/** What the first controller of a cluster writes first. */
async function firstRecords({ disk }: Platform, { config }: LoadedConfig, { metadata }: LogDirs): Promise<FirstRecords> {
  const bootstrap = await readBootstrap(disk, metadata.path)
  return { bootstrap: bootstrap?.flatMap(recordsOf) ?? null, minInsyncReplicas: config['min.insync.replicas'] }
}

function snapshotterOf(
  log: ElectedLog,
  { clock, logger }: Platform,
  publisher: MetadataPublisher,
  configs: EffectiveConfigs,
): Snapshotter {
  return new Snapshotter({
    publisher,
    log,
    clock,
    logger,
    bytesBetween: () => configs.broker['metadata.log.max.record.bytes.between.snapshots'],
    intervalMs: () => configs.broker['metadata.log.max.snapshot.interval.ms'],
  })
}

function settings(platform: Platform, configs: EffectiveConfigs, { log, raft }: LedLog, isAlone: boolean): ControllerSettings {
  const { broker } = configs
  return {
    nodeId: broker['node.id'],
    random: platform.random,
    rules: configRules(() => configs.layers),
    defaults: () => ({
      numPartitions: configs.broker['num.partitions'],
      replicationFactor: configs.broker['default.replication.factor'],
    }),
    nextOffset: () => log.endOffset,
    // A broker that is alone lives in the process of its controller and dies with it.
    sessionTimeoutMs: isAlone ? null : broker['broker.session.timeout.ms'],
    imbalanceCheckMs:
      isAlone || !broker['auto.leader.rebalance.enable'] ? null : 1000 * broker['leader.imbalance.check.interval.seconds'],
    uncleanCheckMs: isAlone ? null : broker['unclean.leader.election.interval.ms'],
    maxIdleMs: isAlone ? null : broker['metadata.max.idle.interval.ms'] || null,
    // Whoever leads in ZooKeeper speaks for itself.
    ...(raft ? { voterIds: () => raft.voters.map(({ id }) => id), kraftVersion: () => raft.kraftVersion } : {}),
  }
}

function recordsOf(bytes: Uint8Array): MetadataRecord[] {
  const found: MetadataRecord[] = []
  for (const batch of batches(bytes)) {
    for (const { key, value } of batch.records()) {
      const record = metadataCodec.decode(key, value)
      if (record) found.push(record)
    }
  }
  return found
}
