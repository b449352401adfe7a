// CreatePartitions (API 37): a topic grows, it never shrinks.

import { type Decision, decide } from '../../machine/machine.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { TopicImage } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import { newPartition, requireFewPartitions, requireReplicas } from './assignments.ts'
import type { Controller } from './controller.ts'
import { duplicates } from './create-topics.ts'
import { placeReplicas } from './placement.ts'

export interface MorePartitions {
  readonly name: string
  /** How many there shall be in all. */
  readonly count: number
  /** The replicas of the new ones; null places them automatically. */
  readonly assignments: readonly { readonly brokerIds: readonly number[] }[] | null
}

export interface GrownTopic {
  name: string
  errorCode: number
  errorMessage: string | null
}

/** Names that stand in the request twice are answered once, first. Throws POLICY_VIOLATION for an excessive number of new partitions. */
export function createPartitions(
  controller: Controller,
  request: { readonly topics: readonly MorePartitions[]; readonly validateOnly: boolean },
): Decision<MetadataRecord, { throttleTimeMs: number; results: GrownTopic[] }> {
  const twice = duplicates(request.topics.map(({ name }) => name))
  const results: GrownTopic[] = [...twice].map((name) =>
    refused(name, new KafkaError('INVALID_REQUEST', 'Duplicate topic name.')),
  )
  const once = request.topics.filter(({ name }) => !twice.has(name))
  requireFewPartitions(
    once.reduce((sum, topic) => sum + newPartitionsOf(controller, topic), 0),
    'made',
  )
  const records: MetadataRecord[] = []
  for (const topic of once) {
    try {
      records.push(...grow(controller, topic))
      results.push({ name: topic.name, errorCode: 0, errorMessage: null })
    } catch (thrown) {
      results.push(refused(topic.name, KafkaError.of(thrown)))
    }
  }
  return decide({ throttleTimeMs: 0, results }, request.validateOnly ? [] : records)
}

function newPartitionsOf({ image }: Controller, { name, count }: MorePartitions): number {
  const topic = image.topic(name)
  return topic ? Math.max(0, count - topic.partitions.length) : 0
}

function grow(controller: Controller, { name, count, assignments }: MorePartitions): MetadataRecord[] {
  const topic = controller.image.topic(name)
  if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
  const has = topic.partitions.length
  if (count === has) throw new KafkaError('INVALID_PARTITIONS', `Topic already has ${has} partition(s).`)
  if (count < has)
    throw new KafkaError('INVALID_PARTITIONS', `The topic ${name} has ${has} partition(s); ${count} would not be an increase.`)
  const replicas = assignments ? checked(controller, topic, count - has, assignments) : placed(controller, topic, count - has)
  return replicas.map((list, index) => newPartition(controller, topic.id, has + index, list))
}

function checked(
  controller: Controller,
  { partitions }: TopicImage,
  added: number,
  assignments: readonly { readonly brokerIds: readonly number[] }[],
): (readonly number[])[] {
  if (assignments.length !== added) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `${added} additional partition(s) were asked for, but ${assignments.length} assignment(s) were specified.`,
    )
  }
  return assignments.map(({ brokerIds }) => {
    requireReplicas(controller, brokerIds, partitions[0]!.replicas.length)
    return brokerIds
  })
}

function placed({ image, settings }: Controller, { partitions }: TopicImage, added: number): number[][] {
  return placeReplicas(image.brokers.values(), added, partitions[0]!.replicas.length, settings.random)
}

function refused(name: string, error: KafkaError): GrownTopic {
  // Kafka says nothing about a topic that does not exist.
  return { name, errorCode: error.code, errorMessage: error.error === 'UNKNOWN_TOPIC_OR_PARTITION' ? null : error.message }
}
