// Replicas that move from broker to broker.

import { alterPartitionReassignments, listPartitionReassignments } from '../../client/admin/reassignments.ts'
import { KafkaJSAggregateError } from '../errors/classes.ts'
import { KafkaJSAlterPartitionReassignmentsError } from '../errors/special.ts'
import { translated } from '../errors/translate.ts'
import { told } from '../retry.ts'
import type {
  ListPartitionReassignmentsResponse,
  OngoingTopicReassignment,
  PartitionReassignment,
  TopicPartitions,
} from '../types/index.ts'
import { checkTopicList, need } from './checks.ts'
import { type Desk, within } from './desk.ts'

export async function alter(
  desk: Desk,
  { topics, timeout }: { topics: PartitionReassignment[]; timeout?: number },
): Promise<void> {
  checkTopicList(topics, 'topics')
  for (const { topic, partitionAssignment } of topics) {
    need(Array.isArray(partitionAssignment), `Invalid partitions array: ${partitionAssignment} for topic: ${topic}`)
    for (const { partition, replicas } of partitionAssignment) {
      need(isNumber(partition), `Invalid partitions index: ${partition} for topic: ${topic}`)
      const where = `${replicas} for topic: ${topic} on partition: ${partition}`
      need(Array.isArray(replicas), `Invalid replica assignment: ${where}`)
      need(replicas.every(isNumber), `Invalid replica assignment: ${where}. Replicas must be a non negative number`)
    }
  }
  const wanted = topics.flatMap(({ topic, partitionAssignment }) =>
    partitionAssignment.map(({ partition, replicas }) => ({ topic, partition, replicas })),
  )
  const outcomes = await told(desk.retry, () => alterPartitionReassignments(desk.link, wanted, within(timeout)))
  if (outcomes.errors.size === 0) return
  const errors = wanted.flatMap(({ topic, partition }) => {
    const error = outcomes.errors.get(`${topic}-${partition}`)
    return error ? [new KafkaJSAlterPartitionReassignmentsError(translated(error), topic, partition)] : []
  })
  throw new KafkaJSAggregateError('Errors altering partition reassignments', errors)
}

export async function list(
  desk: Desk,
  { topics, timeout }: { topics?: TopicPartitions[] | null; timeout?: number } = {},
): Promise<ListPartitionReassignmentsResponse> {
  if (topics) {
    checkTopicList(topics, 'topics')
    for (const { topic, partitions } of topics) {
      need(Array.isArray(partitions), `Invalid partition array: ${partitions} for topic: ${topic}`)
      const hint = 'The partition indices have to be a valid number greater than 0.'
      need(partitions.every(isNumber), `Invalid partition array: ${partitions} for topic: ${topic}. ${hint}`)
    }
  }
  const wanted = topics?.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
  const found = await told(desk.retry, () =>
    listPartitionReassignments(desk.link, { ...(wanted ? { partitions: wanted } : {}), ...within(timeout) }),
  )
  const byTopic = new Map<string, OngoingTopicReassignment>()
  for (const { topic, partition, replicas, adding, removing } of found) {
    const known = byTopic.get(topic) ?? { topic, partitions: [] }
    byTopic.set(topic, known)
    known.partitions.push({
      partitionIndex: partition,
      replicas: [...replicas],
      addingReplicas: [...adding],
      removingReplicas: [...removing],
    })
  }
  return { topics: [...byTopic.values()] }
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && value >= 0
}
