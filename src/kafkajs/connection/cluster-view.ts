// The cluster as assigners see it, and partitions as partitioners do.

import { Link } from '../../client/admin/link.ts'
import { listOffsets } from '../../client/admin/records.ts'
import type { Cluster as ClientCluster } from '../../client/cluster/cluster.ts'
import type { PartitionInfo, TopicInfo } from '../../client/cluster/metadata.ts'
import { EARLIEST, LATEST } from '../../client/consumer/reset.ts'
import { KafkaJSNonRetriableError, KafkaJSNotImplemented } from '../errors/classes.ts'
import { KafkaJSTopicMetadataNotLoaded } from '../errors/special.ts'
import type { Retry } from '../retry.ts'
import { told } from '../retry.ts'
import type { Cluster, PartitionMetadata } from '../types/index.ts'

const known = new WeakMap<TopicInfo, PartitionMetadata[]>()

/** Of a topic, by the number of the partition. The same list as long as nothing is new. */
export function partitionMetadataOf(info: TopicInfo): PartitionMetadata[] {
  const before = known.get(info)
  if (before) return before
  const list = info.partitions.map(partitionMetadata)
  known.set(info, list)
  return list
}

export function partitionMetadata({ index, leaderId, replicas, isr, offlineReplicas }: PartitionInfo): PartitionMetadata {
  return {
    partitionErrorCode: 0,
    partitionId: index,
    leader: leaderId ?? -1,
    replicas: [...replicas],
    isr: [...isr],
    offlineReplicas: [...offlineReplicas],
  }
}

/** `timeoutMs` is how long a question may take. */
export function clusterView(cluster: ClientCluster, retry: Retry, timeoutMs: number): Cluster {
  const patience = (what: string) => cluster.patience(what, { timeoutMs })
  const refresh = async () => void (await told(retry, () => cluster.refresh(patience('the metadata'))))
  const partitionsOf = (topic: string) => {
    const info = cluster.peekTopic(topic)
    return info ? partitionMetadataOf(info) : []
  }
  const target = async (topics: string[]) =>
    void (await told(retry, () => cluster.topics(topics, patience('the metadata of topics'))))
  const noBroker = (method: string) => async () => {
    throw new KafkaJSNotImplemented(`cluster.${method} is not supported: there is no object for a single broker`)
  }
  return {
    getNodeIds: () => [...cluster.metadata.brokers.keys()],
    async metadata() {
      await refresh()
      const { brokers, topics } = cluster.metadata
      return {
        brokers: [...brokers.values()].map(({ id, host, port, rack }) => ({
          nodeId: id,
          host,
          port,
          ...(rack === null ? {} : { rack }),
        })),
        topicMetadata: [...topics.values()].map((info) => ({
          topicErrorCode: 0,
          topic: info.name,
          partitionMetadata: partitionMetadataOf(info),
        })),
      }
    },
    removeBroker() {
      cluster.invalidate()
    },
    addMultipleTargetTopics: target,
    addTargetTopic: (topic) => target([topic]),
    isConnected: () => cluster.metadata.brokers.size > 0 && !cluster.lifetime.isOver,
    connect: refresh,
    async disconnect() {
      throw new KafkaJSNonRetriableError('the cluster belongs to its consumer; disconnect that one')
    },
    refreshMetadata: refresh,
    async refreshMetadataIfNecessary() {
      if (cluster.metadata.brokers.size === 0) await refresh()
    },
    findTopicPartitionMetadata: partitionsOf,
    findLeaderForPartitions(topic, partitions) {
      const found = partitionsOf(topic)
      if (found.length === 0) throw new KafkaJSTopicMetadataNotLoaded(`the metadata of ${topic} are not known`, { topic })
      const leaders: { [leader: string]: number[] } = {}
      for (const partition of partitions) {
        const leader = found[partition]?.leader ?? -1
        if (leader >= 0) (leaders[leader] ??= []).push(partition)
      }
      return leaders
    },
    findBroker: noBroker('findBroker'),
    findControllerBroker: noBroker('findControllerBroker'),
    findGroupCoordinator: noBroker('findGroupCoordinator'),
    async findGroupCoordinatorMetadata({ groupId }) {
      const { id } = await told(retry, () => cluster.coordinator('group', groupId, patience('the coordinator')))
      const broker = cluster.metadata.brokers.get(id!) ?? (await cluster.refresh(patience('the metadata'))).brokers.get(id!)
      return { errorCode: 0, coordinator: { nodeId: id!, host: broker?.host ?? '', port: broker?.port ?? -1 } }
    },
    defaultOffset: ({ fromBeginning }) => (fromBeginning ? EARLIEST : LATEST),
    async fetchTopicsOffset(topics) {
      const wanted = topics.flatMap(({ topic, partitions, fromBeginning, fromTimestamp }) =>
        partitions.map(({ partition }) => ({
          topic,
          partition,
          at: fromTimestamp ?? (fromBeginning ? ('earliest' as const) : ('latest' as const)),
        })),
      )
      const outcomes = await told(retry, () => listOffsets(new Link(cluster, timeoutMs), wanted))
      return topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition }) => ({
          partition,
          offset: String(outcomes.get(`${topic}-${partition}`)!.offset),
        })),
      }))
    },
  }
}
