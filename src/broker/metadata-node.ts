// The metadata side of a node: its log and quorum, the controller on it, and the image that the broker follows.

import { randomUuid } from '../base/uuid.ts'
import { noTexts, staticLayers } from '../config/layers.ts'
import type { LoadedConfig } from '../config/load.ts'
import { topicConfig } from '../config/resolve.ts'
import type { Log } from '../log/log.ts'
import type { LogDir } from '../log/log-dir.ts'
import { MachineRuntime } from '../machine/runtime.ts'
import { activate, bootstrapFeatures, registerController } from '../metadata/controller/activation.ts'
import { Controller } from '../metadata/controller/controller.ts'
import { MetadataPublisher } from '../metadata/publisher.ts'
import { type MetadataRecord, metadataCodec } from '../metadata/records.ts'
import { restoreImage } from '../metadata/restore.ts'
import { Snapshotter } from '../metadata/snapshotter.ts'
import type { Platform } from '../platform/platform.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches } from '../protocol/records/batch.ts'
import { buildBatch } from '../protocol/records/builder.ts'
import { formatMetadata, METADATA_LOG, METADATA_TOPIC_ID, readBootstrap } from '../raft/format.ts'
import { MetadataLog } from '../raft/metadata-log.ts'
import { configRules } from './config-rules.ts'
import { ControllerChannel } from './controller-channel.ts'
import { EffectiveConfigs } from './effective-configs.ts'
import type { LogDirs } from './log-dirs.ts'
import { controllerEndpoints } from './network-settings.ts'

/** The metadata log takes batches of this size at most, as Kafka's does. */
const MAX_BATCH_BYTES = 8 * 1024 * 1024
const PLAINTEXT = 0

export interface MetadataNode {
  readonly log: MetadataLog
  /** What the metadata log is written to. */
  readonly files: Log
  readonly runtime: MachineRuntime<Controller, MetadataRecord>
  readonly publisher: MetadataPublisher
  readonly controller: ControllerChannel
  readonly configs: EffectiveConfigs
  readonly snapshotter: Snapshotter
}

/** Formats a fresh directory, opens the log, leads it and loads the controller. The publisher is loaded by whoever has subscribed. */
export async function openMetadata(platform: Platform, loaded: LoadedConfig, { metadata: dir }: LogDirs): Promise<MetadataNode> {
  const { log, files } = await openLog(platform, loaded, dir)
  try {
    await log.start()
    const publisher = new MetadataPublisher({ log, clock: platform.clock, logger: platform.logger })
    const configs = new EffectiveConfigs(publisher.image, loaded.config['node.id'], loaded.given)
    const runtime = controllerOn(log, platform, configs)
    await runtime.load()
    await beginEpoch(runtime, platform, loaded, dir)
    const controller = new ControllerChannel(runtime, publisher, log)
    controller.isActive = true
    return { log, files, runtime, publisher, configs, controller, snapshotter: snapshotterOf(log, platform, publisher, configs) }
  } catch (thrown) {
    log.retire(new KafkaError('NOT_CONTROLLER', 'the start failed'))
    throw thrown
  }
}

/** Nobody is told of changes any more, and every command that waits is refused; resolves when no file is being written. */
export async function closeMetadata({ publisher, snapshotter, log }: MetadataNode): Promise<void> {
  await publisher.stop()
  await snapshotter.settled()
  log.retire(new KafkaError('NOT_CONTROLLER', 'the broker is stopping'))
}

/** The log in a directory that is formatted if it is fresh; over as soon as the directory's disk fails. */
async function openLog(platform: Platform, loaded: LoadedConfig, dir: LogDir): Promise<{ log: MetadataLog; files: Log }> {
  const { config, given } = loaded
  const self = { id: config['node.id'], directoryId: dir.directoryId }
  await formatMetadata(platform.disk, dir.path, {
    voters: [{ ...self, endpoints: controllerEndpoints(loaded) }],
    bootstrap: [bootstrapBatch()],
    now: platform.clock.now(),
  })
  const logConfig = {
    ...topicConfig(staticLayers(given), noTexts),
    'segment.bytes': config['metadata.log.segment.bytes'],
    'segment.ms': config['metadata.log.segment.ms'],
  }
  const files = dir.logs.get(`${METADATA_LOG}-0`) ?? (await dir.createLog(METADATA_LOG, 0, METADATA_TOPIC_ID, logConfig))
  files.updateConfig(logConfig)
  const retention = {
    bytes: () => config['metadata.max.retention.bytes'],
    ms: () => config['metadata.max.retention.ms'],
  }
  const log = await MetadataLog.open({ platform, log: files, self, retention })
  files.onBroken((why) =>
    log.retire(
      new KafkaError('KAFKA_STORAGE_ERROR', `a defect took the metadata log out of use: ${why.message}`, { cause: why }),
    ),
  )
  dir.onOffline((why) =>
    log.retire(new KafkaError('KAFKA_STORAGE_ERROR', `the disk of the metadata log failed: ${why.message}`, { cause: why })),
  )
  return { log, files }
}

function controllerOn(log: MetadataLog, platform: Platform, configs: EffectiveConfigs) {
  return new MachineRuntime<Controller, MetadataRecord>({
    name: 'controller',
    create: () => new Controller(settings(platform, configs, log)),
    restore: (controller) => restoreImage(log, controller.image),
    log,
    codec: metadataCodec,
    clock: platform.clock,
    logger: platform.logger,
    maxBatchBytes: () => MAX_BATCH_BYTES,
    errors: { inactive: 'NOT_CONTROLLER', loading: 'NOT_CONTROLLER' },
  })
}

/** What a controller writes first: the cluster's beginnings where there are none yet, and its own registration. */
async function beginEpoch(
  runtime: MachineRuntime<Controller, MetadataRecord>,
  { disk, random }: Platform,
  loaded: LoadedConfig,
  dir: LogDir,
): Promise<void> {
  const bootstrap = await readBootstrap(disk, dir.path)
  const first = { bootstrap: bootstrap?.flatMap(recordsOf) ?? null, minInsyncReplicas: loaded.config['min.insync.replicas'] }
  await runtime.write((controller) => activate(controller, first))
  const incarnationId = randomUuid((length) => random.bytes(length))
  const endPoints = controllerEndpoints(loaded).map((endpoint) => ({ ...endpoint, securityProtocol: PLAINTEXT }))
  await runtime.write((controller) => registerController(controller, { incarnationId, endPoints }))
}

function snapshotterOf(
  log: MetadataLog,
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

function settings(platform: Platform, configs: EffectiveConfigs, log: MetadataLog) {
  return {
    nodeId: configs.broker['node.id'],
    random: platform.random,
    rules: configRules(() => configs.layers),
    defaults: () => ({
      numPartitions: configs.broker['num.partitions'],
      replicationFactor: configs.broker['default.replication.factor'],
    }),
    nextOffset: () => log.endOffset,
    sessionTimeoutMs: null, // the only broker is in this process and dies with it
  }
}

function bootstrapBatch(): Uint8Array {
  const records = bootstrapFeatures().map((record) => ({ ...metadataCodec.encode(record), timestamp: 0 }))
  return buildBatch({ records })
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
