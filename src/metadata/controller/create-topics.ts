// CreateTopics (API 19), topic by topic: one that is refused leaves the others alone.

import { randomUuid, ZERO_UUID } from '../../base/uuid.ts'
import { type Decision, decide } from '../../machine/machine.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { type MetadataRecord, record } from '../records.ts'
import { manualReplicas, newPartition, type PartitionAssignment, requireFewPartitions } from './assignments.ts'
import type { ShownConfig } from './config-rules.ts'
import { topicConfigRecords } from './configs.ts'
import type { Controller } from './controller.ts'
import { placeReplicas } from './placement.ts'
import { METADATA_TOPIC, requireFreeName, requireLegalName } from './topic-names.ts'

export interface NewTopic {
  readonly name: string
  /** -1: the default, or as many as `assignments` name. */
  readonly numPartitions: number
  readonly replicationFactor: number
  readonly assignments: readonly PartitionAssignment[]
  readonly configs: readonly { readonly name: string; readonly value: string | null }[]
}

export interface CreateTopicsRequest {
  readonly topics: readonly NewTopic[]
  readonly validateOnly: boolean
}

export interface CreatedTopic {
  name: string
  topicId: string
  errorCode: number
  errorMessage: string | null
  topicConfigErrorCode: number
  numPartitions: number
  replicationFactor: number
  configs: ShownConfig[]
}

/**
 * Answers in the order of the request, names that stand in it twice at the end (once each). Configurations are shown to everyone: whoever
 * asks for a client hides those that it may not see. Throws POLICY_VIOLATION for an excessive number of partitions.
 */
export function createTopics(
  controller: Controller,
  request: CreateTopicsRequest,
): Decision<MetadataRecord, { throttleTimeMs: number; topics: CreatedTopic[] }> {
  const twice = duplicates(request.topics.map(({ name }) => name))
  const once = request.topics.filter(({ name }) => !twice.has(name))
  limitPartitions(controller, once)
  const records: MetadataRecord[] = []
  const topics = once.map((topic) => {
    try {
      const created = createTopic(controller, topic)
      records.push(...created.records)
      return created.answer
    } catch (thrown) {
      return refused(topic.name, KafkaError.of(thrown))
    }
  })
  for (const name of twice) topics.push(refused(name, new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')))
  return decide({ throttleTimeMs: 0, topics }, request.validateOnly ? [] : records)
}

function createTopic(controller: Controller, topic: NewTopic): { records: MetadataRecord[]; answer: CreatedTopic } {
  const { image, settings } = controller
  const { name } = topic
  if (name === METADATA_TOPIC)
    throw new KafkaError('INVALID_REQUEST', `Creation of internal topic ${METADATA_TOPIC} is prohibited.`)
  requireLegalName(name)
  requireFreeName(image, name)
  const configs = topicConfigRecords(controller, name, topic.configs)
  const replicas = replicasOf(controller, topic)
  const topicId = randomUuid((length) => settings.random.bytes(length))
  const partitions = replicas.map((list, index) => newPartition(controller, topicId, index, list))
  const answer = {
    name,
    topicId,
    errorCode: 0,
    errorMessage: null,
    topicConfigErrorCode: 0,
    numPartitions: replicas.length,
    replicationFactor: replicas[0]!.length,
    configs: [...settings.rules.describeTopic(configs.values)],
  }
  return { records: [record('TopicRecord', { name, topicId }), ...configs.records, ...partitions], answer }
}

function replicasOf(controller: Controller, { numPartitions, replicationFactor, assignments }: NewTopic): (readonly number[])[] {
  if (assignments.length > 0) {
    const named = replicationFactor !== -1 ? 'replication factor' : numPartitions !== -1 ? 'number of partitions' : null
    if (named)
      throw new KafkaError('INVALID_REQUEST', `A manual partition assignment was specified, but the ${named} was not set to -1.`)
    return manualReplicas(controller, assignments)
  }
  if (replicationFactor === 0 || replicationFactor < -1) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (numPartitions === 0 || numPartitions < -1) {
    throw new KafkaError('INVALID_PARTITIONS', 'Number of partitions must be larger than 0, or -1 to use the default value.')
  }
  const defaults = controller.settings.defaults()
  const count = numPartitions === -1 ? defaults.numPartitions : numPartitions
  const factor = replicationFactor === -1 ? defaults.replicationFactor : replicationFactor
  return placeReplicas(controller.image.brokers.values(), count, factor, controller.settings.random)
}

function limitPartitions({ settings }: Controller, topics: readonly NewTopic[]): void {
  let count = 0
  for (const { assignments, numPartitions } of topics) {
    count +=
      assignments.length > 0
        ? assignments.length
        : Math.max(0, numPartitions === -1 ? settings.defaults().numPartitions : numPartitions)
  }
  requireFewPartitions(count, 'made')
}

/** The names that occur more than once. */
export function duplicates(names: readonly string[]): Set<string> {
  const seen = new Set<string>()
  return new Set(names.filter((name) => seen.has(name) || !seen.add(name)))
}

/** What CreateTopics answers for a topic that it refuses. */
export function refused(name: string, error: KafkaError): CreatedTopic {
  return {
    name,
    topicId: ZERO_UUID,
    errorCode: error.code,
    errorMessage: error.message,
    topicConfigErrorCode: 0,
    numPartitions: -1,
    replicationFactor: -1,
    configs: [],
  }
}
