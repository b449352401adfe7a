// The metadata log of a node: formatted where the node may do so, opened, and with the other members of its quorum.

import { ZERO_UUID } from '../base/uuid.ts'
import { noTexts, staticLayers } from '../config/layers.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { StaticVoter } from '../config/quorum.ts'
import { topicConfig } from '../config/resolve.ts'
import type { Log } from '../log/log.ts'
import type { LogDir } from '../log/log-dir.ts'
import { metadataBatches } from '../metadata/batches.ts'
import { bootstrapFeatures } from '../metadata/controller/activation.ts'
import type { Platform } from '../platform/platform.ts'
import { KafkaError } from '../protocol/errors.ts'
import { formatMetadata, METADATA_LOG, METADATA_TOPIC_ID } from '../raft/format.ts'
import { MetadataLog, type QuorumOptions } from '../raft/metadata-log.ts'
import { KRAFT_VERSIONS, type ReplicaKey, type Voter } from '../raft/voters.ts'
import type { Connections } from './connections.ts'
import { controllerEndpoints } from './network-settings.ts'
import { writeBootstrap } from './storage/format.ts'
import { foundsQuorum } from './storage/formatted.ts'

/** No other node can ever be part of the cluster: nobody could reach the controller that is here. */
export function isAlone({ config, quorum, listeners }: LoadedConfig): boolean {
  return quorum.isAlone && listeners.controller.length === 0 && config['zookeeper.connect'] === null
}

/** The log in a directory that is formatted if it is fresh; over as soon as the directory's disk fails. */
export async function openMetadataLog(
  platform: Platform,
  loaded: LoadedConfig,
  dir: LogDir,
  connections: Connections,
): Promise<{ log: MetadataLog; files: Log }> {
  const { config, given, quorum } = loaded
  const self = { id: config['node.id'], directoryId: dir.directoryId }
  await formatFresh(platform, loaded, dir, self)
  const logConfig = {
    ...topicConfig(staticLayers(given), noTexts),
    'segment.bytes': config['metadata.log.segment.bytes'],
    'segment.ms': config['metadata.log.segment.ms'],
  }
  const files = dir.logs.get(`${METADATA_LOG}-0`) ?? (await dir.createLog(METADATA_LOG, 0, METADATA_TOPIC_ID, logConfig))
  if (files.topicId === null) await dir.identify(files, METADATA_TOPIC_ID)
  files.updateConfig(logConfig)
  const retention = {
    bytes: () => config['metadata.max.retention.bytes'],
    ms: () => config['metadata.max.retention.ms'],
  }
  const log = await MetadataLog.open({
    platform,
    log: files,
    self,
    retention,
    staticVoters: quorum.voters.map((voter) => staticVoter(voter, quorum.listener)),
    ...(isAlone(loaded) ? {} : { quorum: quorumOptions(loaded, platform.network.hostName, dir.clusterId, connections) }),
  })
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

/** A node that is the whole of its quorum formats its own directory; where there are others, what the operator formatted is all there is. */
async function formatFresh(
  { disk, clock, network }: Platform,
  loaded: LoadedConfig,
  dir: LogDir,
  self: ReplicaKey,
): Promise<void> {
  const bootstrap = bootstrapFeatures()
  if (loaded.quorum.isAlone || (dir.isNew && foundsQuorum(loaded)))
    await formatMetadata(disk, dir.path, {
      voters: [{ ...self, endpoints: controllerEndpoints(loaded, network.hostName), kraftVersions: KRAFT_VERSIONS }],
      bootstrap: metadataBatches(bootstrap, 0),
      now: clock.now(),
    })
  else if (dir.isNew) await writeBootstrap(disk, dir.path, bootstrap, clock.now())
}

function staticVoter({ id, host, port }: StaticVoter, listener: string): Voter {
  return { id, directoryId: ZERO_UUID, endpoints: [{ name: listener, host, port }], kraftVersions: KRAFT_VERSIONS }
}

function quorumOptions(loaded: LoadedConfig, hostName: string, clusterId: string, connections: Connections): QuorumOptions {
  const { config, roles, quorum } = loaded
  const endpoints = controllerEndpoints(loaded, hostName)
  const own = quorum.voters.find(({ id }) => id === config['node.id']) ?? endpoints.find(({ name }) => name === quorum.listener)
  const { host, port } = own ?? endpoints[0]!
  return {
    peers: connections.quorum,
    clusterId,
    address: roles.controller ? { host, port } : null,
    listener: quorum.listener,
    endpoints: roles.controller ? endpoints : [],
    autoJoin: config['controller.quorum.auto.join.enable'],
    servers: quorum.bootstrapServers,
    timeouts: {
      electionTimeoutMs: config['controller.quorum.election.timeout.ms'],
      electionBackoffMaxMs: config['controller.quorum.election.backoff.max.ms'],
      fetchTimeoutMs: config['controller.quorum.fetch.timeout.ms'],
      requestTimeoutMs: config['controller.quorum.request.timeout.ms'],
      retryBackoffMs: config['controller.quorum.retry.backoff.ms'],
    },
  }
}
