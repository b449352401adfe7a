// Topics and their partitions.

import { ZERO_UUID } from '../../base/uuid.ts'
import type { Exchange } from '../../net/peer.ts'
import { errorCode } from '../../protocol/errors.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from '../../protocol/messages/create-partitions.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../protocol/messages/create-topics.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../protocol/messages/delete-topics.ts'
import {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../protocol/messages/describe-topic-partitions.ts'
import { MetadataRequest, MetadataResponse } from '../../protocol/messages/metadata.ts'
import { brokerError, ClientError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import type { CallOptions, Link } from './link.ts'
import { Outcomes } from './outcomes.ts'

const METADATA: Exchange<MetadataRequest, MetadataResponse> = { request: MetadataRequest, response: MetadataResponse }
const CREATE: Exchange<CreateTopicsRequest, CreateTopicsResponse> = {
  request: CreateTopicsRequest,
  response: CreateTopicsResponse,
}
const DELETE: Exchange<DeleteTopicsRequest, DeleteTopicsResponse> = {
  request: DeleteTopicsRequest,
  response: DeleteTopicsResponse,
}
const GROW: Exchange<CreatePartitionsRequest, CreatePartitionsResponse> = {
  request: CreatePartitionsRequest,
  response: CreatePartitionsResponse,
}
const DESCRIBE: Exchange<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse> = {
  request: DescribeTopicPartitionsRequest,
  response: DescribeTopicPartitionsResponse,
}
const NOT_CONTROLLER = errorCode('NOT_CONTROLLER')
/** In an older version no list means none; an empty one means all. */
const FIRST_WITH_NULL = 1
const FIRST_WITH_IDS = 6

export interface TopicListing {
  readonly name: string
  /** Null where the broker is too old to tell. */
  readonly id: string | null
  readonly isInternal: boolean
}

export interface NewTopic {
  readonly name: string
  /** Missing: as many as the cluster gives. */
  readonly partitions?: number | undefined
  /** Missing: as many as the cluster gives. */
  readonly replicationFactor?: number | undefined
  /** The brokers of each partition, the first of which should lead; instead of the two above. */
  readonly assignments?: readonly (readonly number[])[] | undefined
  /** Kafka's own names. */
  readonly configs?: Readonly<Record<string, string>> | undefined
}

export interface CreatedTopic {
  /** Null where the broker is too old to tell. */
  readonly id: string | null
  /** -1 where the broker does not tell. */
  readonly partitions: number
  readonly replicationFactor: number
}

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
}

export interface NewPartitions {
  /** How many there are to be in all. */
  readonly count: number
  /** The brokers of each new one; missing: the cluster chooses. */
  readonly assignments?: readonly (readonly number[])[] | undefined
}

/** All topics, in the order in which the broker tells them. */
export async function listTopics(link: Link, options?: CallOptions): Promise<readonly TopicListing[]> {
  const answer = await link.any(
    METADATA,
    (version) => ({ topics: version < FIRST_WITH_NULL ? [] : null, allowAutoTopicCreation: true }),
    link.patience('the list of topics', options),
  )
  return answer.topics
    .filter((topic) => topic.errorCode === 0)
    .map(({ name, topicId, isInternal }) => ({ name: name!, id: topicId === ZERO_UUID ? null : topicId, isInternal }))
}

/** Creates topics, or only checks whether it could. */
export async function createTopics(
  link: Link,
  topics: readonly NewTopic[],
  { validateOnly = false, ...options }: CallOptions & { readonly validateOnly?: boolean } = {},
): Promise<Outcomes<CreatedTopic>> {
  const patience = link.patience('creating topics', options)
  const { topics: answers } = await link.controller(
    CREATE,
    () => ({
      topics: topics.map(({ name, partitions = -1, replicationFactor = -1, assignments, configs = {} }) => ({
        name,
        numPartitions: assignments ? -1 : partitions,
        replicationFactor: assignments ? -1 : replicationFactor,
        assignments: (assignments ?? []).map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds: [...brokerIds] })),
        configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
      })),
      timeoutMs: link.timeoutMs(patience),
      validateOnly,
    }),
    patience,
    (answer) => answer.topics.some((topic) => topic.errorCode === NOT_CONTROLLER),
  )
  const outcomes = new Outcomes<CreatedTopic>()
  for (const { name, errorCode: code, errorMessage, topicId, numPartitions, replicationFactor } of answers) {
    if (code !== 0) outcomes.failed(name, brokerError(code, `creating ${name}`, errorMessage))
    else outcomes.succeeded(name, { id: topicId === ZERO_UUID ? null : topicId, partitions: numPartitions, replicationFactor })
  }
  return outcomes
}

/** Deletes topics with all their records. */
export async function deleteTopics(link: Link, names: readonly string[], options?: CallOptions): Promise<Outcomes<void>> {
  const patience = link.patience('deleting topics', options)
  const { responses } = await link.controller(
    DELETE,
    (version) => ({
      ...(version < FIRST_WITH_IDS ? { topicNames: [...names] } : { topics: names.map((name) => ({ name })) }),
      timeoutMs: link.timeoutMs(patience),
    }),
    patience,
    (answer) => answer.responses.some((topic) => topic.errorCode === NOT_CONTROLLER),
  )
  const outcomes = new Outcomes<void>()
  for (const { name, errorCode: code, errorMessage } of responses) {
    if (code !== 0) outcomes.failed(name!, brokerError(code, `deleting ${name}`, errorMessage))
    else outcomes.succeeded(name!, undefined)
  }
  return outcomes
}

/** Gives topics more partitions. */
export async function createPartitions(
  link: Link,
  topics: Readonly<Record<string, NewPartitions>>,
  { validateOnly = false, ...options }: CallOptions & { readonly validateOnly?: boolean } = {},
): Promise<Outcomes<void>> {
  const patience = link.patience('creating partitions', options)
  const { results } = await link.controller(
    GROW,
    () => ({
      topics: Object.entries(topics).map(([name, { count, assignments }]) => ({
        name,
        count,
        assignments: assignments?.map((brokerIds) => ({ brokerIds: [...brokerIds] })) ?? null,
      })),
      timeoutMs: link.timeoutMs(patience),
      validateOnly,
    }),
    patience,
    (answer) => answer.results.some((topic) => topic.errorCode === NOT_CONTROLLER),
  )
  const outcomes = new Outcomes<void>()
  for (const { name, errorCode: code, errorMessage } of results) {
    if (code !== 0) outcomes.failed(name, brokerError(code, `more partitions for ${name}`, errorMessage))
    else outcomes.succeeded(name, undefined)
  }
  return outcomes
}

/** Topics with the leaders and replicas of their partitions. */
export async function describeTopics(
  link: Link,
  names: readonly string[],
  { partitionsPerAnswer = 2000, ...options }: CallOptions & { readonly partitionsPerAnswer?: number } = {},
): Promise<Outcomes<TopicDescription>> {
  const patience = link.patience('the description of topics', options)
  if (names.length === 0) return new Outcomes()
  try {
    return await describeInParts(link, names, partitionsPerAnswer, patience)
  } catch (thrown) {
    // Before Kafka 3.8.
    if (thrown instanceof ClientError && thrown.code === 'UNSUPPORTED_VERSION') return describeByMetadata(link, names, patience)
    throw thrown
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
    for (const { name, errorCode: code, topicId, isInternal, partitions } of answer.topics) {
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
      outcomes.succeeded(name!, { name: name!, id: topicId, isInternal, partitions: known })
    }
    const next: DescribeTopicPartitionsResponse['nextCursor'] = answer.nextCursor
    if (next && cursor && next.topicName === cursor.topicName && next.partitionIndex === cursor.partitionIndex)
      throw new ClientError('MALFORMED_ANSWER', `${patience.what}: the broker goes on where it began`)
    cursor = next
  } while (cursor)
  return outcomes
}

async function describeByMetadata(link: Link, names: readonly string[], patience: Patience): Promise<Outcomes<TopicDescription>> {
  const answer = await link.any(
    METADATA,
    () => ({ topics: names.map((name) => ({ name })), allowAutoTopicCreation: false }),
    patience,
  )
  const outcomes = new Outcomes<TopicDescription>()
  for (const { name, errorCode: code, topicId, isInternal, partitions } of answer.topics) {
    if (code !== 0) {
      outcomes.failed(name!, brokerError(code, `the description of ${name}`))
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
    outcomes.succeeded(name!, { name: name!, id: topicId === ZERO_UUID ? null : topicId, isInternal, partitions: described })
  }
  return outcomes
}
