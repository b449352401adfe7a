// AlterPartitionReassignments (API 45) and ListPartitionReassignments (API 46): replicas move to other brokers (KIP-455, KIP-860).

import { type Decision, decide } from '../../machine/machine.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { MetadataImage, TopicImage } from '../image.ts'
import { type PartitionImage, RECOVERING } from '../partition.ts'
import type { MetadataRecord } from '../records.ts'
import { requireFewPartitions, requireReplicas } from './assignments.ts'
import type { Controller } from './controller.ts'
import { allowsUnclean, rulesOf } from './election-rules.ts'
import { changeOf } from './partition-change.ts'
import { isReassigning, reverted, towards } from './reassignment.ts'

export interface WantedReplicas {
  readonly partitionIndex: number
  /** Where the partition shall live; null cancels what is under way. */
  readonly replicas: readonly number[] | null
}

export interface AlterReassignments {
  /** False refuses a list of another length than the partition has (KIP-860). */
  readonly allowReplicationFactorChange: boolean
  readonly topics: readonly { readonly name: string; readonly partitions: readonly WantedReplicas[] }[]
}

export interface AlterReassignmentsAnswer {
  throttleTimeMs: number
  allowReplicationFactorChange: boolean
  errorCode: number
  errorMessage: string | null
  responses: { name: string; partitions: { partitionIndex: number; errorCode: number; errorMessage: string | null }[] }[]
}

/** Partition by partition; one that is refused leaves the others alone. Throws POLICY_VIOLATION for an excessive number of them. */
export function alterReassignments(
  controller: Controller,
  request: AlterReassignments,
): Decision<MetadataRecord, AlterReassignmentsAnswer> {
  const { allowReplicationFactorChange } = request
  requireFewPartitions(
    request.topics.reduce((sum, { partitions }) => sum + partitions.length, 0),
    'reassigned',
  )
  const records: MetadataRecord[] = []
  const moved = new Set<string>()
  const responses = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, replicas }) => {
      try {
        const place = requireOnce(moved, name, partitionIndex)
        const { topic, partition } = requirePartition(controller, name, partitionIndex)
        const record = replicas
          ? move(controller, topic, partition, { replicas, allowReplicationFactorChange })
          : cancel(controller, topic, partition)
        moved.add(place)
        if (record) records.push(record)
        return { partitionIndex, errorCode: 0, errorMessage: null }
      } catch (thrown) {
        const { code, message } = KafkaError.of(thrown)
        return { partitionIndex, errorCode: code, errorMessage: message }
      }
    }),
  }))
  return decide({ throttleTimeMs: 0, allowReplicationFactorChange, errorCode: 0, errorMessage: null, responses }, records)
}

function requireOnce(moved: ReadonlySet<string>, name: string, partitionIndex: number): string {
  const place = `${partitionIndex} ${name}`
  if (moved.has(place)) throw new KafkaError('INVALID_REQUEST', `partition ${name}-${partitionIndex} stands in the request twice`)
  return place
}

function requirePartition({ image }: Controller, name: string, index: number): { topic: TopicImage; partition: PartitionImage } {
  const topic = image.topic(name)
  if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find a topic named ${name}.`)
  const partition = topic.partitions[index]
  if (!partition) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Unable to find partition ${name}:${index}.`)
  return { topic, partition }
}

/** Old replicas stay until the new ones are in sync. One that is under way is replaced: what it had added is to go now. */
function move(
  controller: Controller,
  topic: TopicImage,
  partition: PartitionImage,
  { replicas, allowReplicationFactorChange }: { replicas: readonly number[]; allowReplicationFactorChange: boolean },
) {
  requireReplicas(controller, replicas, null)
  const before = partition.replicas.length - partition.removingReplicas.length
  if (!allowReplicationFactorChange && replicas.length !== before) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `The replication factor is changed from ${before} to ${replicas.length}, and allowReplicationFactorChange is false.`,
    )
  }
  return changeOf(topic.id, partition, towards(partition, replicas), rulesOf(controller, topic, { election: 'online' }))
}

function cancel(controller: Controller, topic: TopicImage, partition: PartitionImage) {
  if (!isReassigning(partition)) throw new KafkaError('NO_REASSIGNMENT_IN_PROGRESS', 'No partition reassignment is in progress.')
  const rules = rulesOf(controller, topic)
  const { replicas, isr, isUnclean } = reverted(partition, (id) => rules.canLead(partition, id))
  if (isUnclean && !allowsUnclean(controller, topic)) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `Unable to revert partition assignment for ${topic.name}:${partition.partition} because it would require an unclean leader election.`,
    )
  }
  const back = { replicas, isr, addingReplicas: [], removingReplicas: [] }
  const wanted = isUnclean ? { ...back, leaderRecoveryState: RECOVERING } : back
  return changeOf(topic.id, partition, wanted, rules)
}

export interface OngoingReassignment {
  name: string
  partitions: { partitionIndex: number; replicas: number[]; addingReplicas: number[]; removingReplicas: number[] }[]
}

/**
 * What is under way, in the order of the topics.
 * @param topics null for all
 */
export function ongoingReassignments(
  image: MetadataImage,
  topics: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null,
): OngoingReassignment[] {
  const asked = topics
    ? topics.map(({ name, partitionIndexes }) => ({ topic: image.topic(name), partitionIndexes }))
    : [...image.topics.values()].map((topic) => ({ topic, partitionIndexes: [...topic.partitions.keys()] }))
  return asked.flatMap(({ topic, partitionIndexes }): OngoingReassignment[] => {
    const partitions = partitionIndexes.flatMap((partitionIndex) => {
      const partition = topic?.partitions[partitionIndex]
      if (!partition || !isReassigning(partition)) return []
      const { replicas, addingReplicas, removingReplicas } = partition
      return [
        {
          partitionIndex,
          replicas: [...replicas],
          addingReplicas: [...addingReplicas],
          removingReplicas: [...removingReplicas],
        },
      ]
    })
    return topic && partitions.length > 0 ? [{ name: topic.name, partitions }] : []
  })
}
