// Topics and their partitions.

import { ZERO_UUID } from '../../base/uuid.ts'
import type { Exchange } from '../../net/peer.ts'
import { CreatePartitionsRequest, CreatePartitionsResponse } from '../../protocol/messages/create-partitions.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../protocol/messages/create-topics.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../protocol/messages/delete-topics.ts'
import { MetadataRequest, MetadataResponse } from '../../protocol/messages/metadata.ts'
import { brokerError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import { type ConfigSource, sourceOf } from './config-source.ts'
import type { CallOptions, Link } from './link.ts'
import { Outcomes } from './outcomes.ts'
import { type ChangeOptions, untilAllowed } from './quota-retries.ts'

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
  /** Null where the broker does not tell, or one may not see them. */
  readonly configs: readonly CreatedConfig[] | null
}

export interface CreatedConfig {
  readonly name: string
  /** Null where it is secret. */
  readonly value: string | null
  readonly source: ConfigSource
  readonly isSensitive: boolean
  readonly isReadOnly: boolean
}

/** Topics by their names, or by their ids (Kafka 2.8 and newer). */
export type TopicCollection = readonly string[] | { readonly topicIds: readonly string[] }

export interface NewPartitions {
  /** How many there are to be in all. */
  readonly count: number
  /** The brokers of each new one; missing: the cluster chooses. */
  readonly assignments?: readonly (readonly number[])[] | undefined
}

/** Null for the id that stands for none. */
export const idOf = (id: string) => (id === ZERO_UUID ? null : id)

/** All topics, internal ones too, in the order in which the broker tells them. */
export async function listTopics(link: Link, options?: CallOptions): Promise<readonly TopicListing[]> {
  const answer = await link.any(
    METADATA,
    (version) => ({ topics: version < FIRST_WITH_NULL ? [] : null, allowAutoTopicCreation: true }),
    link.patience('the list of topics', options),
  )
  return answer.topics
    .filter((topic) => topic.errorCode === 0)
    .map(({ name, topicId, isInternal }) => ({ name: name!, id: idOf(topicId), isInternal }))
}

/** Creates topics, or only checks whether it could. */
export function createTopics(
  link: Link,
  topics: readonly NewTopic[],
  options: ChangeOptions = {},
): Promise<Outcomes<CreatedTopic>> {
  const { validateOnly = false, retryOnQuotaViolation = true } = options
  const patience = link.patience('creating topics', options)
  const create = (some: readonly NewTopic[]) => createSome(link, some, validateOnly, patience)
  return retryOnQuotaViolation ? untilAllowed(link, topics, ({ name }) => name, patience, create) : create(topics)
}

async function createSome(
  link: Link,
  topics: readonly NewTopic[],
  validateOnly: boolean,
  patience: Patience,
): Promise<Outcomes<CreatedTopic>> {
  const body = () => ({
    topics: topics.map(({ name, partitions = -1, replicationFactor = -1, assignments, configs = {} }) => ({
      name,
      numPartitions: assignments ? -1 : partitions,
      replicationFactor: assignments ? -1 : replicationFactor,
      assignments: (assignments ?? []).map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds: [...brokerIds] })),
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    })),
    timeoutMs: link.timeoutMs(patience),
    validateOnly,
  })
  const { topics: answers } = await link.controller(CREATE, body, patience)
  const outcomes = new Outcomes<CreatedTopic>()
  for (const answer of answers) {
    const { name, errorCode: code, errorMessage } = answer
    if (code !== 0) outcomes.failed(name, brokerError(code, `creating ${name}`, errorMessage))
    else outcomes.succeeded(name, createdOf(answer))
  }
  return outcomes.settle(
    topics.map(({ name }) => name),
    patience.what,
  )
}

function createdOf({ topicId, numPartitions, replicationFactor, configs }: CreateTopicsResponse['topics'][number]): CreatedTopic {
  const told = numPartitions < 0 ? null : configs
  return {
    id: idOf(topicId),
    partitions: numPartitions,
    replicationFactor,
    configs:
      told?.map(({ configSource, readOnly, ...config }) => ({
        ...config,
        source: sourceOf(configSource),
        isReadOnly: readOnly,
      })) ?? null,
  }
}

/** Deletes topics with all their records. By name, or by id where they were given so. */
export function deleteTopics(
  link: Link,
  topics: TopicCollection,
  options: Omit<ChangeOptions, 'validateOnly'> = {},
): Promise<Outcomes<void>> {
  const { retryOnQuotaViolation = true } = options
  const patience = link.patience('deleting topics', options)
  const byId = 'topicIds' in topics
  const keys = byId ? topics.topicIds : topics
  const remove = (some: readonly string[]) => deleteSome(link, some, byId, patience)
  return retryOnQuotaViolation ? untilAllowed(link, keys, (key) => key, patience, remove) : remove(keys)
}

async function deleteSome(link: Link, keys: readonly string[], byId: boolean, patience: Patience): Promise<Outcomes<void>> {
  const body = (version: number) => {
    if (byId) link.needs(version, FIRST_WITH_IDS, 'deleting topics by their ids')
    const topics = keys.map((key) => (byId ? { name: null, topicId: key } : { name: key }))
    return { ...(version < FIRST_WITH_IDS ? { topicNames: [...keys] } : { topics }), timeoutMs: link.timeoutMs(patience) }
  }
  const { responses } = await link.controller(DELETE, body, patience)
  const outcomes = new Outcomes<void>()
  for (const { name, topicId, errorCode: code, errorMessage } of responses) {
    const key = byId ? topicId : name!
    if (code !== 0) outcomes.failed(key, brokerError(code, `deleting ${key}`, errorMessage))
    else outcomes.succeeded(key, undefined)
  }
  return outcomes.settle(keys, patience.what)
}

/** Gives topics more partitions. */
export function createPartitions(
  link: Link,
  topics: Readonly<Record<string, NewPartitions>>,
  options: ChangeOptions = {},
): Promise<Outcomes<void>> {
  const { validateOnly = false, retryOnQuotaViolation = true } = options
  const patience = link.patience('creating partitions', options)
  const all: readonly Growth[] = Object.entries(topics)
  const grow = (some: readonly Growth[]) => growSome(link, some, validateOnly, patience)
  return retryOnQuotaViolation ? untilAllowed(link, all, ([name]) => name, patience, grow) : grow(all)
}

type Growth = readonly [name: string, wanted: NewPartitions]

async function growSome(
  link: Link,
  topics: readonly Growth[],
  validateOnly: boolean,
  patience: Patience,
): Promise<Outcomes<void>> {
  const body = () => ({
    topics: topics.map(([name, { count, assignments }]) => ({
      name,
      count,
      assignments: assignments?.map((brokerIds) => ({ brokerIds: [...brokerIds] })) ?? null,
    })),
    timeoutMs: link.timeoutMs(patience),
    validateOnly,
  })
  const { results } = await link.controller(GROW, body, patience)
  const outcomes = new Outcomes<void>()
  for (const { name, errorCode: code, errorMessage } of results) {
    if (code !== 0) outcomes.failed(name, brokerError(code, `more partitions for ${name}`, errorMessage))
    else outcomes.succeeded(name, undefined)
  }
  return outcomes.settle(
    topics.map(([name]) => name),
    patience.what,
  )
}
