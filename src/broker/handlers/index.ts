// Every API that this broker serves. ApiVersions is made out of this list.

import type { LoadedConfig } from '../../config/load.ts'
import { GROUPS_TOPIC, type GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import type { Platform } from '../../platform/platform.ts'
import { errorName, KafkaError } from '../../protocol/errors.ts'
import { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from '../../protocol/messages/allocate-producer-ids.ts'
import type { Partition } from '../../replication/partition.ts'
import type { Replicas } from '../../replication/replicas.ts'
import { AnswerMemory } from '../answer-memory.ts'
import { BatchRulebook } from '../batch-rules.ts'
import type { ControllerClient } from '../controller-client.ts'
import { FetchSessions } from '../fetch-sessions.ts'
import type { AnyHandler } from '../handler.ts'
import { LeaderHints } from '../leader-hints.ts'
import type { LogDirs } from '../log-dirs.ts'
import type { MetadataNode } from '../metadata-node.ts'
import type { MetadataWaits } from '../metadata-waits.ts'
import { MAX_ANSWER_BYTES, MAX_REPLICA_ANSWER_BYTES } from '../network-settings.ts'
import { ProducerIds } from '../producer-ids.ts'
import { type Refusals, TopicMaker, type TopicPlan } from '../topic-maker.ts'
import { INTERNAL_TOPICS, Topics } from '../topics.ts'
import { addRaftVoter } from './add-raft-voter.ts'
import { alterConfigs, incrementalAlterConfigs } from './alter-configs.ts'
import { alterPartitionReassignments } from './alter-partition-reassignments.ts'
import { alterReplicaLogDirs } from './alter-replica-log-dirs.ts'
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
import { describeQuorum } from './describe-quorum.ts'
import { describeTopicPartitions } from './describe-topic-partitions.ts'
import { electLeaders } from './elect-leaders.ts'
import { fetch } from './fetch.ts'
import { findCoordinator } from './find-coordinator.ts'
import { heartbeat } from './heartbeat.ts'
import { initProducerId } from './init-producer-id.ts'
import { joinGroup } from './join-group.ts'
import { leaveGroup } from './leave-group.ts'
import { listConfigResources } from './list-config-resources.ts'
import { listGroups } from './list-groups.ts'
import { listOffsets } from './list-offsets.ts'
import { listPartitionReassignments } from './list-partition-reassignments.ts'
import { metadata } from './metadata.ts'
import { offsetCommit } from './offset-commit.ts'
import { offsetDelete } from './offset-delete.ts'
import { offsetFetch } from './offset-fetch.ts'
import { offsetForLeaderEpoch } from './offset-for-leader-epoch.ts'
import { produce } from './produce.ts'
import { removeRaftVoter } from './remove-raft-voter.ts'
import { syncGroup } from './sync-group.ts'
import { unregisterBroker } from './unregister-broker.ts'
import { updateFeatures } from './update-features.ts'

export interface HandlerRooms {
  readonly platform: Platform
  readonly loaded: LoadedConfig
  readonly dirs: LogDirs
  readonly metadata: MetadataNode
  readonly replicas: Replicas
  readonly groups: GroupCoordinator
  /** The epoch that this broker is registered with. */
  readonly brokerEpoch: () => number
  /** The active controller, wherever it is. */
  readonly activeController: ControllerClient
  readonly waits: MetadataWaits
  /** Takes room on the disk of a partition; throws KAFKA_STORAGE_ERROR where too little is left. */
  readonly takeRoom: (partition: Partition, bytes: number) => void
}

const ALLOCATE = { request: AllocateProducerIdsRequest, response: AllocateProducerIdsResponse }

export function handlers(rooms: HandlerRooms): readonly AnyHandler[] {
  const { clock, random, disk, offload } = rooms.platform
  const { replicas, groups, dirs, loaded } = rooms
  const { controller, configs, publisher } = rooms.metadata
  const image = (): MetadataImage => publisher.image
  const nodeId = loaded.config['node.id']
  const topics = new Topics(image, replicas)
  const { activeController, waits } = rooms
  const maker = new TopicMaker({ controller: activeController, waits, isKnown: (name) => image().topic(name) !== undefined })
  const creation = { controller, defaultPartitions: () => configs.broker['num.partitions'] }
  const cluster = { image, clusterId: dirs.metadata.clusterId, controllerId }
  const sessions = new FetchSessions(loaded.config['max.incremental.fetch.session.cache.slots'], clock, random)
  const memory = new AnswerMemory(MAX_ANSWER_BYTES, clock)
  const producerIds = new ProducerIds(async () => {
    const who = { brokerId: nodeId, brokerEpoch: rooms.brokerEpoch() }
    const block = await activeController.send(ALLOCATE, who, loaded.config['request.timeout.ms'])
    if (block.errorCode !== 0) throw new KafkaError(errorName(block.errorCode), 'the controller gave no producer ids')
    return { first: block.producerIdStart, size: block.producerIdLen }
  })
  const quorum = rooms.metadata.raft?.service ?? null
  const served: AnyHandler[] = [
    apiVersions({
      image,
      metadataOffset: () => publisher.endOffset - 1,
      kraftVersion: () => rooms.metadata.raft?.kraftVersion ?? 0,
      served: () => served.map(({ api }) => api).sort((a, b) => a.key - b.key),
    }),
    metadata({ ...cluster, autoCreate: () => (configs.broker['auto.create.topics.enable'] ? autoCreate : null) }),
    describeCluster(cluster),
    describeTopicPartitions({ image, maxPartitions: loaded.config['max.request.partition.size.limit'] }),
    createTopics(creation),
    deleteTopics({ controller, image, isEnabled: () => configs.broker['delete.topic.enable'] }),
    createPartitions({ controller, image }),
    electLeaders({ controller }),
    alterPartitionReassignments({ controller }),
    listPartitionReassignments({ controller }),
    unregisterBroker({ controller, only: rooms.metadata.isAlone ? nodeId : null }),
    updateFeatures({ controller, quorum }),
    ...(quorum ? [describeQuorum({ quorum }), addRaftVoter({ quorum }), removeRaftVoter({ quorum })] : []),
    describeConfigs({ image, layers: () => configs.layers, nodeId }),
    alterConfigs({ controller, nodeId }),
    incrementalAlterConfigs({ controller, nodeId }),
    listConfigResources({ image }),
    produce({
      topics,
      rules: new BatchRulebook(loaded.config['socket.request.max.bytes']),
      clock,
      offload,
      takeRoom: rooms.takeRoom,
      hints: new LeaderHints(image),
    }),
    fetch({
      topics,
      sessions,
      clock,
      maxBytes: loaded.config['fetch.max.bytes'],
      memory,
      replicaMemory: new AnswerMemory(MAX_REPLICA_ANSWER_BYTES, clock),
      readers: replicas,
      hints: new LeaderHints(image),
    }),
    listOffsets({ topics }),
    offsetForLeaderEpoch({ topics }),
    deleteRecords({ topics }),
    alterReplicaLogDirs({ topics, replicas, lostDirs: dirs.lost }),
    describeLogDirs({ replicas, logDirs: dirs.all, lostDirs: dirs.lost, disk }),
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

  /** Clients send what is for the controller to any broker, which hands it on: so it is the active one where clients can reach that, else this broker. */
  function controllerId(): number {
    const { leaderId } = rooms.metadata.log
    return leaderId !== null && image().brokers.get(leaderId)?.fenced === false ? leaderId : nodeId
  }

  function autoCreate(names: readonly string[]): Promise<Refusals> {
    // The internal topics of coordinators that are not served yet must not come up with a user topic's configuration.
    const allowed = names.filter((name) => name === GROUPS_TOPIC || !INTERNAL_TOPICS.has(name))
    return maker.make(allowed.map((name) => (name === GROUPS_TOPIC ? groupsTopic() : planFor(name))))
  }

  async function ensureInternalTopic(): Promise<void> {
    const why = await refusalOf(groupsTopic())
    // Among others it may be a matter of time: brokers come back, a controller is elected. Alone it is not, and the client should hear what it is.
    if (why && !rooms.metadata.isAlone)
      throw new KafkaError('COORDINATOR_NOT_AVAILABLE', `${GROUPS_TOPIC} could not be made: ${why.message}`, { cause: why })
    if (why) throw why
    await groups.whenLoaded()
  }

  async function refusalOf(plan: TopicPlan): Promise<KafkaError | undefined> {
    try {
      return (await maker.make([plan])).get(plan.name)
    } catch (thrown) {
      if (thrown instanceof KafkaError) return thrown
      throw thrown
    }
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
        ...safe(broker['offsets.topic.replication.factor']),
      },
    }
  }
}

/** What is committed in a topic of three replicas is on two of them at least: nothing that was acknowledged goes with one disk. */
function safe(replicationFactor: number): Record<string, string> {
  return replicationFactor >= 3 ? { 'min.insync.replicas': '2' } : {}
}

function planFor(name: string): TopicPlan {
  return { name, numPartitions: -1, replicationFactor: -1, configs: {} }
}
