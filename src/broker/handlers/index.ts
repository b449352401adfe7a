// Every API that this broker serves. ApiVersions is made out of this list.

import type { LoadedConfig } from '../../config/load.ts'
import { GROUPS_TOPIC, type GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import { allocateProducerIds } from '../../metadata/controller/producer-ids.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Partition } from '../../replication/partition.ts'
import type { Replicas } from '../../replication/replicas.ts'
import { AnswerMemory } from '../answer-memory.ts'
import { BatchRulebook } from '../batch-rules.ts'
import { DiskRoom } from '../disk-room.ts'
import { FetchSessions } from '../fetch-sessions.ts'
import type { AnyHandler } from '../handler.ts'
import type { LogDirs } from '../log-dirs.ts'
import type { MetadataNode } from '../metadata-node.ts'
import { MAX_ANSWER_BYTES } from '../network-settings.ts'
import { ProducerIds } from '../producer-ids.ts'
import { type Asker, type Refusals, TopicMaker, type TopicPlan } from '../topic-maker.ts'
import { INTERNAL_TOPICS, Topics } from '../topics.ts'
import { alterConfigs, incrementalAlterConfigs } from './alter-configs.ts'
import { apiVersions } from './api-versions.ts'
import { createPartitions } from './create-partitions.ts'
import { createTopics } from './create-topics.ts'
import { deleteGroups } from './delete-groups.ts'
import { deleteRecords } from './delete-records.ts'
import { deleteTopics } from './delete-topics.ts'
import { describeCluster } from './describe-cluster.ts'
import { describeConfigs } from './describe-configs.ts'
import { describeGroups } from './describe-groups.ts'
import { describeLogDirs } from './describe-log-dirs.ts'
import { describeProducers } from './describe-producers.ts'
import { describeTopicPartitions } from './describe-topic-partitions.ts'
import { fetch } from './fetch.ts'
import { findCoordinator } from './find-coordinator.ts'
import { heartbeat } from './heartbeat.ts'
import { initProducerId } from './init-producer-id.ts'
import { joinGroup } from './join-group.ts'
import { leaveGroup } from './leave-group.ts'
import { listConfigResources } from './list-config-resources.ts'
import { listGroups } from './list-groups.ts'
import { listOffsets } from './list-offsets.ts'
import { metadata } from './metadata.ts'
import { offsetCommit } from './offset-commit.ts'
import { offsetDelete } from './offset-delete.ts'
import { offsetFetch } from './offset-fetch.ts'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { produce } from './produce.ts'
import { syncGroup } from './sync-group.ts'

export interface HandlerRooms {
  readonly platform: Platform
  readonly loaded: LoadedConfig
  readonly dirs: LogDirs
  readonly metadata: MetadataNode
  readonly replicas: Replicas
  readonly groups: GroupCoordinator
  /** The epoch that this broker is registered with. */
  readonly brokerEpoch: () => number
}

export function handlers(rooms: HandlerRooms): readonly AnyHandler[] {
  const { clock, random, disk, offload } = rooms.platform
  const { replicas, groups, dirs, loaded } = rooms
  const { controller, configs, publisher } = rooms.metadata
  const image = (): MetadataImage => publisher.image
  const nodeId = loaded.config['node.id']
  const topics = new Topics(image, replicas)
  const maker = new TopicMaker(controller, () => configs.broker['num.partitions'])
  const cluster = { image, clusterId: dirs.metadata.clusterId, controllerId: () => nodeId }
  const sessions = new FetchSessions(loaded.config['max.incremental.fetch.session.cache.slots'], clock, random)
  const memory = new AnswerMemory(MAX_ANSWER_BYTES, clock)
  const producerIds = new ProducerIds(async () => {
    const who = { brokerId: nodeId, brokerEpoch: rooms.brokerEpoch() }
    const { producerIdStart, producerIdLen } = await controller.ask((machine) => allocateProducerIds(machine, who))
    return { first: producerIdStart, size: producerIdLen }
  })
  const diskRooms = new Map(dirs.all.map((dir) => [dir, new DiskRoom(dir, disk, clock, rooms.platform.logger)]))
  const takeRoom = (partition: Partition, bytes: number) => diskRooms.get(replicas.dirOf(partition)!)?.take(bytes)
  const served: AnyHandler[] = [
    apiVersions({
      image,
      metadataOffset: () => publisher.endOffset - 1,
      served: () => served.map(({ api }) => api).sort((a, b) => a.key - b.key),
    }),
    metadata({ ...cluster, autoCreate: () => (configs.broker['auto.create.topics.enable'] ? autoCreate : null) }),
    describeCluster(cluster),
    describeTopicPartitions({ image, maxPartitions: loaded.config['max.request.partition.size.limit'] }),
    createTopics({ maker }),
    deleteTopics({ controller, image, isEnabled: () => configs.broker['delete.topic.enable'] }),
    createPartitions({ controller, image }),
    describeConfigs({ image, layers: () => configs.layers, nodeId }),
    alterConfigs({ controller, nodeId }),
    incrementalAlterConfigs({ controller, nodeId }),
    listConfigResources({ image }),
    produce({ topics, rules: new BatchRulebook(loaded.config['socket.request.max.bytes']), clock, offload, takeRoom }),
    fetch({ topics, sessions, clock, maxBytes: loaded.config['fetch.max.bytes'], memory }),
    listOffsets({ topics }),
    offsetForLeaderEpoch({ topics }),
    deleteRecords({ topics }),
    describeLogDirs({ replicas, logDirs: dirs.all, disk }),
    describeProducers({ topics }),
    initProducerId({ producerIds }),
    findCoordinator({ image, topics: { group: GROUPS_TOPIC }, ensureInternalTopic }),
    joinGroup({ groups }),
    syncGroup({ groups }),
    heartbeat({ groups }),
    leaveGroup({ groups }),
    offsetCommit({ groups, image }),
    offsetFetch({ groups, image }),
    offsetDelete({ groups, image }),
    describeGroups({ groups }),
    listGroups({ groups }),
    deleteGroups({ groups }),
  ]
  return served

  function autoCreate(names: readonly string[], context: Asker): Promise<Refusals> {
    // The internal topics of coordinators that are not served yet must not come up with a user topic's configuration.
    const allowed = names.filter((name) => name === GROUPS_TOPIC || !INTERNAL_TOPICS.has(name))
    return maker.make(
      allowed.map((name) => (name === GROUPS_TOPIC ? groupsTopic() : planFor(name))),
      context,
    )
  }

  async function ensureInternalTopic(_: string, context: Asker): Promise<void> {
    const why = (await maker.make([groupsTopic()], context)).get(GROUPS_TOPIC)
    if (why) throw why
    await groups.whenLoaded()
  }

  function groupsTopic(): TopicPlan {
    const { broker } = configs
    return {
      name: GROUPS_TOPIC,
      numPartitions: broker['offsets.topic.num.partitions'],
      replicationFactor: broker['offsets.topic.replication.factor'],
      configs: {
        'cleanup.policy': 'compact',
        'compression.type': 'producer',
        'segment.bytes': String(broker['offsets.topic.segment.bytes']),
      },
    }
  }
}

function planFor(name: string): TopicPlan {
  return { name, numPartitions: -1, replicationFactor: -1, configs: {} }
}
