// Topics with their partitions: who leads each, and where its replicas are.

import type { Exchange } from '../../net/peer.ts'
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../protocol/messages/describe-topic-partitions.ts'
import { MetadataRequest, MetadataResponse } from '../../protocol/messages/metadata.ts'
import { brokerError, ClientError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import { type AclOperation, operationsOf } from './acl.ts'
import type { CallOptions, Link } from './link.ts'
import { Outcomes } from './outcomes.ts'
import { idOf, type TopicCollection, type TopicListing } from './topics.ts'

const METADATA: Exchange<MetadataRequest, MetadataResponse> = { request: MetadataRequest, response: MetadataResponse }
const DESCRIBE: Exchange<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse> = {
  request: DescribeTopicPartitionsRequest,
  response: DescribeTopicPartitionsResponse,
}
/** Versions 10 and 11 have ids, and brokers that do not find topics by them. */
const FIRST_WITH_IDS = 12
const FIRST_WITH_OPERATIONS = 8

export interface PartitionDescription {
  readonly partition: number
  /** Null while it has none. */
  readonly leader: number | null
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  /** Replicas that may lead although they are not in sync (KIP-966); null where the broker does not tell. */
  readonly elr: readonly number[] | null
  readonly lastKnownElr: readonly number[] | null
}

export interface TopicDescription extends TopicListing {
  /** `partitions[n].partition === n`. */
  readonly partitions: readonly PartitionDescription[]
  /** What the one who asks may do with it; null unless it was asked for. */
  readonly authorizedOperations: readonly AclOperation[] | null
}

export interface DescribeTopicsOptions extends CallOptions {
  /** As many partitions come in one answer; then the next one is asked for. Default: 2000. */
  readonly partitionsPerAnswer?: number | undefined
  /** Tells also what the one who asks may do. */
  readonly includeAuthorizedOperations?: boolean | undefined
}

/** Topics with the leaders and replicas of their partitions. By name, or by id where they were given so. */
export async function describeTopics(
  link: Link,
  topics: TopicCollection,
  options: DescribeTopicsOptions = {},
): Promise<Outcomes<TopicDescription>> {
  const { partitionsPerAnswer = 2000, includeAuthorizedOperations = false } = options
  const patience = link.patience('the description of topics', options)
  if ('topicIds' in topics) return describeByMetadata(link, topics, includeAuthorizedOperations, patience)
  if (topics.length === 0) return new Outcomes()
  try {
    const described = await describeInParts(link, topics, partitionsPerAnswer, patience)
    return includeAuthorizedOperations ? described : withoutOperations(described)
  } catch (thrown) {
    // Before Kafka 3.8.
    if (!(thrown instanceof ClientError) || thrown.code !== 'UNSUPPORTED_VERSION') throw thrown
    return describeByMetadata(link, topics, includeAuthorizedOperations, patience)
  }
}

/** KIP-966: pages of so many partitions, the next one beginning where the last one ended. */
async function describeInParts(
  link: Link,
  names: readonly string[],
  limit: number,
  patience: Patience,
): Promise<Outcomes<TopicDescription>> {
  const outcomes = new Outcomes<TopicDescription>()
  const parts = new Map<string, PartitionDescription[]>()
  const sorted = [...names].sort()
  let cursor: DescribeTopicPartitionsResponse['nextCursor'] = null
  do {
    const from: string = cursor?.topicName ?? ''
    const topics = sorted.filter((name) => name >= from).map((name) => ({ name }))
    const answer: DescribeTopicPartitionsResponse = await link.any(
      DESCRIBE,
      { topics, responsePartitionLimit: limit, cursor },
      patience,
    )
    for (const { name, errorCode: code, topicId, isInternal, partitions, topicAuthorizedOperations } of answer.topics) {
      if (code !== 0) {
        outcomes.failed(name!, brokerError(code, `the description of ${name}`))
        continue
      }
      const known = parts.get(name!) ?? []
      parts.set(name!, known)
      for (const each of partitions) {
        known.push({
          partition: each.partitionIndex,
          leader: each.leaderId < 0 ? null : each.leaderId,
          replicas: each.replicaNodes,
          isr: each.isrNodes,
          elr: each.eligibleLeaderReplicas,
          lastKnownElr: each.lastKnownElr,
        })
      }
      const authorizedOperations = operationsOf(topicAuthorizedOperations)
      outcomes.succeeded(name!, { name: name!, id: topicId, isInternal, partitions: known, authorizedOperations })
    }
    const next: DescribeTopicPartitionsResponse['nextCursor'] = answer.nextCursor
    if (next && cursor && next.topicName === cursor.topicName && next.partitionIndex === cursor.partitionIndex)
      throw new ClientError('MALFORMED_ANSWER', `${patience.what}: the broker goes on where it began`)
    cursor = next
  } while (cursor)
  return outcomes.settle(names, patience.what)
}

/** This answer tells them always. */
function withoutOperations(outcomes: Outcomes<TopicDescription>): Outcomes<TopicDescription> {
  for (const [name, topic] of outcomes.values) outcomes.succeeded(name, { ...topic, authorizedOperations: null })
  return outcomes
}

async function describeByMetadata(
  link: Link,
  topics: TopicCollection,
  includeAuthorizedOperations: boolean,
  patience: Patience,
): Promise<Outcomes<TopicDescription>> {
  const byId = 'topicIds' in topics
  if (byId && topics.topicIds.length === 0) return new Outcomes()
  const body = (version: number) => {
    if (byId) link.needs(version, FIRST_WITH_IDS, 'topics by their ids')
    if (includeAuthorizedOperations) link.needs(version, FIRST_WITH_OPERATIONS, 'authorized operations of topics')
    return {
      topics: byId ? topics.topicIds.map((topicId) => ({ topicId, name: null })) : topics.map((name) => ({ name })),
      allowAutoTopicCreation: false,
      ...(includeAuthorizedOperations ? { includeTopicAuthorizedOperations: true } : {}),
    }
  }
  const answer = await link.any(METADATA, body, patience)
  const outcomes = new Outcomes<TopicDescription>()
  for (const { name, errorCode: code, topicId, isInternal, partitions, topicAuthorizedOperations } of answer.topics) {
    const key = byId ? topicId : name!
    if (code !== 0) {
      outcomes.failed(key, brokerError(code, `the description of ${key}`))
      continue
    }
    const described = partitions.map(({ partitionIndex, leaderId, replicaNodes, isrNodes }) => ({
      partition: partitionIndex,
      leader: leaderId < 0 ? null : leaderId,
      replicas: replicaNodes,
      isr: isrNodes,
      elr: null,
      lastKnownElr: null,
    }))
    described.sort((a, b) => a.partition - b.partition)
    const authorizedOperations = operationsOf(topicAuthorizedOperations)
    outcomes.succeeded(key, { name: name!, id: idOf(topicId), isInternal, partitions: described, authorizedOperations })
  }
  return outcomes.settle(byId ? topics.topicIds : topics, patience.what)
}
