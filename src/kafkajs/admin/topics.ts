// Topics and their partitions.

import { createPartitions, createTopics, deleteTopics, listTopics } from '../../client/admin/topics.ts'
import { ClientError } from '../../client/errors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { MetadataRequest, MetadataResponse } from '../../protocol/messages/metadata.ts'
import { KafkaJSAggregateError } from '../errors/classes.ts'
import { KafkaJSCreateTopicError, KafkaJSTimeout } from '../errors/special.ts'
import { protocolError, translated } from '../errors/translate.ts'
import { sleep, told } from '../retry.ts'
import type { Admin, ITopicConfig, ITopicMetadata } from '../types/index.ts'
import { checkName, checkTopicList, need } from './checks.ts'
import { allOf, type Desk, within } from './desk.ts'

const METADATA: Exchange<MetadataRequest, MetadataResponse> = { request: MetadataRequest, response: MetadataResponse }
const CREATE_TIMEOUT_MS = 5000
const LEADER_PAUSE_MS = 100
/** In an older version no list means none; an empty one means all. */
const FIRST_WITH_NULL = 1

type Given<M extends keyof Admin> = Parameters<Extract<Admin[M], (...args: never[]) => unknown>>[0]

export function listAll(desk: Desk): Promise<string[]> {
  return told(desk.retry, async () => (await listTopics(desk.link)).map(({ name }) => name))
}

/** False where they are there already. */
export async function create(
  desk: Desk,
  { topics, validateOnly = false, timeout = CREATE_TIMEOUT_MS, waitForLeaders = true }: Given<'createTopics'>,
): Promise<boolean> {
  checkTopicList(topics, 'topics')
  for (const { topic, configEntries } of topics) checkConfigEntries(topic, configEntries)
  const outcomes = await told(desk.retry, () =>
    createTopics(desk.link, topics.map(newTopic), { validateOnly, timeoutMs: timeout }),
  )
  if (outcomes.errors.size > 0) {
    if ([...outcomes.errors.values()].every(({ code }) => code === 'TOPIC_ALREADY_EXISTS')) return false
    const errors = [...outcomes.errors].map(([topic, error]) => new KafkaJSCreateTopicError(translated(error), topic))
    throw new KafkaJSAggregateError('Topic creation errors', errors)
  }
  if (waitForLeaders && !validateOnly)
    await leaders(
      desk,
      topics.map(({ topic }) => topic),
      timeout,
    )
  return true
}

function newTopic({ topic, numPartitions, replicationFactor, replicaAssignment = [], configEntries = [] }: ITopicConfig) {
  const assignments = [...replicaAssignment].sort((a, b) => a.partition - b.partition).map(({ replicas }) => replicas)
  return {
    name: topic,
    partitions: numPartitions,
    replicationFactor,
    ...(assignments.length > 0 ? { assignments } : {}),
    configs: Object.fromEntries((configEntries ?? []).map(({ name, value }) => [name, value])),
  }
}

function checkConfigEntries(topic: string, entries: ITopicConfig['configEntries']): void {
  if (entries === undefined || entries === null) return
  need(Array.isArray(entries), `Invalid configEntries for topic "${topic}", must be an array`)
  for (const [index, entry] of entries.entries()) {
    need(
      typeof entry === 'object' && entry !== null,
      `Invalid configEntries for topic "${topic}". Entry ${index} must be an object`,
    )
    for (const property of ['name', 'value'] as const) {
      need(
        typeof entry[property] === 'string',
        `Invalid configEntries for topic "${topic}". Entry ${index} must have a valid "${property}" property`,
      )
    }
  }
}

/** Until all partitions have one. */
async function leaders({ link }: Desk, names: readonly string[], timeoutMs: number): Promise<void> {
  const { clock } = link.cluster.platform
  const endsAt = clock.monotonic() + timeoutMs
  for (;;) {
    const now = await link.topicsNow(names, link.patience('the leaders of topics'))
    const isLed = (name: string) => {
      const known = now.get(name)
      return known?.errorCode === 0 && [...known.leaderOf.values()].every((leader) => leader >= 0)
    }
    if (names.every(isLed)) return
    if (clock.monotonic() >= endsAt) throw new KafkaJSTimeout('Timed out while waiting for topic leaders')
    await sleep(clock, LEADER_PAUSE_MS)
  }
}

export async function remove(desk: Desk, { topics, timeout }: Given<'deleteTopics'>): Promise<void> {
  need(Array.isArray(topics), `Invalid topics array ${topics}`)
  need(
    topics.every((topic) => typeof topic === 'string'),
    'Invalid topics array, the names must be a valid string',
  )
  await allOf(desk, () => deleteTopics(desk.link, topics, within(timeout)))
  for (const topic of topics) desk.link.cluster.forgetTopic(topic)
}

export async function grow(
  desk: Desk,
  { topicPartitions, validateOnly = false, timeout }: Given<'createPartitions'>,
): Promise<boolean> {
  checkTopicList(topicPartitions, 'topic partitions')
  need(topicPartitions.length > 0, 'Empty topic partitions array')
  const wanted = Object.fromEntries(topicPartitions.map(({ topic, count, assignments }) => [topic, { count, assignments }]))
  await allOf(desk, () => createPartitions(desk.link, wanted, { validateOnly, ...within(timeout) }))
  return true
}

/** Of these topics, or of all. Throws a KafkaJSProtocolError for one that is not there. */
export async function metadata(
  desk: Desk,
  { topics = [] }: Partial<{ topics: string[] }> = {},
): Promise<{ topics: ITopicMetadata[] }> {
  for (const topic of topics ?? []) checkName(topic, 'topic')
  const names = topics?.length ? topics.map((name) => ({ name })) : null
  const answer = await told(desk.retry, () =>
    desk.link.any(
      METADATA,
      (version) => ({ topics: names ?? (version < FIRST_WITH_NULL ? [] : null), allowAutoTopicCreation: false }),
      desk.link.patience('the metadata of topics'),
    ),
  )
  return {
    topics: answer.topics.map(({ name, errorCode, partitions }) => {
      if (errorCode !== 0) throw protocolError(errorCode)
      return {
        name: name!,
        partitions: partitions.map((each) => ({
          partitionErrorCode: each.errorCode,
          partitionId: each.partitionIndex,
          leader: each.leaderId,
          replicas: each.replicaNodes,
          isr: each.isrNodes,
          offlineReplicas: each.offlineReplicas,
        })),
      }
    }),
  }
}

/** Numbers of its partitions. */
export async function partitionsOf(desk: Desk, topic: string): Promise<number[]> {
  try {
    const { topics } = await metadata(desk, { topics: [topic] })
    return topics[0]!.partitions.map(({ partitionId }) => partitionId).sort((a, b) => a - b)
  } catch (thrown) {
    throw thrown instanceof ClientError ? translated(thrown) : thrown
  }
}
