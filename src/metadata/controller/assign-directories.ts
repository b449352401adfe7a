// AssignReplicasToDirs (API 73): a broker with several log directories says where its replicas lie (KIP-858).

import { type Decision, decide } from '../../machine/machine.ts'
import { type ErrorName, errorCode } from '../../protocol/errors.ts'
import type { BrokerImage, TopicImage } from '../image.ts'
import { LOST_DIRECTORY } from '../partition.ts'
import type { MetadataRecord } from '../records.ts'
import { type BrokerEpoch, requireBroker } from './brokers.ts'
import type { Controller } from './controller.ts'
import { isActive, rulesOf } from './election-rules.ts'
import { changeOf, type Wanted } from './partition-change.ts'

export interface AssignDirectories extends BrokerEpoch {
  readonly directories: readonly {
    readonly id: string
    readonly topics: readonly { readonly topicId: string; readonly partitions: readonly { readonly partitionIndex: number }[] }[]
  }[]
}

export interface AssignDirectoriesAnswer {
  throttleTimeMs: number
  errorCode: number
  directories: { id: string; topics: { topicId: string; partitions: { partitionIndex: number; errorCode: number }[] }[] }[]
}

/** Replica by replica. One that lies in a directory that failed leaves its ISR. Throws STALE_BROKER_EPOCH. */
export function assignDirectories(
  controller: Controller,
  request: AssignDirectories,
): Decision<MetadataRecord, AssignDirectoriesAnswer> {
  const broker = requireBroker(controller, request)
  const records = new Map<string, MetadataRecord | null>()
  const assign = (directory: string, topicId: string, index: number): ErrorName => {
    const place = `${topicId} ${index}`
    const topic = controller.image.topicsById.get(topicId)
    if (!topic) return 'UNKNOWN_TOPIC_ID'
    const partition = topic.partitions[index]
    if (!partition) return 'UNKNOWN_TOPIC_OR_PARTITION'
    if (!partition.replicas.includes(broker.id)) return 'NOT_LEADER_OR_FOLLOWER'
    // A replica that is named twice lies where it was named last, as in Kafka.
    records.set(place, assignOne(controller, broker, topic, index, directory))
    return 'NONE'
  }
  const directories = request.directories.map(({ id, topics }) => ({
    id,
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: errorCode(assign(id, topicId, partitionIndex)),
      })),
    })),
  }))
  const written = [...records.values()].filter((record) => record !== null)
  return decide({ throttleTimeMs: 0, errorCode: 0, directories }, written)
}

function assignOne(
  controller: Controller,
  { id, logDirs }: BrokerImage,
  topic: TopicImage,
  index: number,
  directory: string,
): MetadataRecord | null {
  const partition = topic.partitions[index]!
  const isOffline = directory === LOST_DIRECTORY || !logDirs.includes(directory)
  const leaves: Wanted = isOffline ? { isr: partition.isr.filter((other) => other !== id) } : {}
  const serves = (other: number) => isActive(controller, other) && !(isOffline && other === id)
  return changeOf(
    topic.id,
    partition,
    { directories: new Map([[id, directory]]), ...leaves },
    rulesOf(controller, topic, { serves }),
  )
}
