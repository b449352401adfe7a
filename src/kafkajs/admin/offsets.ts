// Offsets: where partitions begin and end, and what groups have committed.

import { alterGroupOffsets } from '../../client/admin/group-offsets.ts'
import { deleteRecords, type ListedOffset, listOffsets, type OffsetSpec } from '../../client/admin/records.ts'
import { EARLIEST, LATEST } from '../../client/consumer/reset.ts'
import { brokerError } from '../../client/errors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../protocol/messages/offset-fetch.ts'
import { type KafkaJSError, KafkaJSNonRetriableError } from '../errors/classes.ts'
import { KafkaJSBrokerNotFound, KafkaJSDeleteTopicRecordsError } from '../errors/special.ts'
import { translated } from '../errors/translate.ts'
import { told } from '../retry.ts'
import type { FetchOffsetsPartition, SeekEntry } from '../types/index.ts'
import { checkName, need } from './checks.ts'
import { allOf, type Desk } from './desk.ts'
import { describeGroup } from './groups.ts'
import { partitionsOf } from './topics.ts'

const FETCH: Exchange<OffsetFetchRequest, OffsetFetchResponse> = { request: OffsetFetchRequest, response: OffsetFetchResponse }
/** Later ones name topics by id alone. */
const LAST_WITH_NAMES = 9
const FIRST_WITH_GROUPS = 8

export async function topicOffsets(desk: Desk, topic: string): Promise<(SeekEntry & { high: string; low: string })[]> {
  checkName(topic, 'topic')
  const partitions = await partitionsOf(desk, topic)
  const [high, low] = await Promise.all([
    offsetsAt(desk, topic, partitions, 'latest'),
    offsetsAt(desk, topic, partitions, 'earliest'),
  ])
  return partitions.map((partition, i) => ({
    partition,
    offset: String(high[i]!.offset),
    high: String(high[i]!.offset),
    low: String(low[i]!.offset),
  }))
}

/** The first message of this time or later; the end where there is none. Without a time the end. */
export async function topicOffsetsByTimestamp(desk: Desk, topic: string, timestamp?: number): Promise<SeekEntry[]> {
  checkName(topic, 'topic')
  const partitions = await partitionsOf(desk, topic)
  const ends = await offsetsAt(desk, topic, partitions, 'latest')
  const found = timestamp === undefined || timestamp === null ? ends : await offsetsAt(desk, topic, partitions, timestamp)
  return partitions.map((partition, i) => ({
    partition,
    offset: String(found[i]!.offset >= 0 ? found[i]!.offset : ends[i]!.offset),
  }))
}

async function offsetsAt(desk: Desk, topic: string, partitions: readonly number[], at: OffsetSpec): Promise<ListedOffset[]> {
  const queries = partitions.map((partition) => ({ topic, partition, at }))
  const found = await allOf(desk, () => listOffsets(desk.link, queries))
  return partitions.map((partition) => found.get(`${topic}-${partition}`)!)
}

export interface CommittedOf {
  topic: string
  partitions: FetchOffsetsPartition[]
}

/** -1 where nothing is committed. With `resolveOffsets`, -1 and -2 are replaced by where that is now, and committed so. */
export async function groupOffsets(
  desk: Desk,
  { groupId, topics = [], resolveOffsets = false }: { groupId: string; topics?: string[]; resolveOffsets?: boolean },
): Promise<CommittedOf[]> {
  checkName(groupId, 'groupId')
  need(Array.isArray(topics ?? []), 'Expected topics array to be set')
  const wanted = topics?.length
    ? await Promise.all(topics.map(async (name) => ({ name, partitionIndexes: await partitionsOf(desk, name) })))
    : null
  const committed = await fetchCommitted(desk, groupId, wanted)
  return resolveOffsets ? Promise.all(committed.map((each) => resolved(desk, groupId, each))) : committed
}

function fetchCommitted(
  desk: Desk,
  groupId: string,
  topics: { name: string; partitionIndexes: number[] }[] | null,
): Promise<CommittedOf[]> {
  const { link, retry } = desk
  const patience = link.patience(`the offsets of ${groupId}`)
  return told(retry, () =>
    link.coordinator('group', groupId, patience, async (node) => {
      const body = (version: number) => (version < FIRST_WITH_GROUPS ? { groupId, topics } : { groups: [{ groupId, topics }] })
      const answer = await link.send(node, FETCH, body, patience, { maxVersion: LAST_WITH_NAMES })
      const group = answer.groups[0] ?? answer
      if (group.errorCode !== 0) throw brokerError(group.errorCode, patience.what)
      return group.topics.map(({ name, partitions }) => ({
        topic: name,
        partitions: partitions.map(({ partitionIndex, committedOffset, metadata, errorCode }) => {
          if (errorCode !== 0) throw brokerError(errorCode, `the offset of ${groupId} in ${name}-${partitionIndex}`)
          return { partition: partitionIndex, offset: String(committedOffset), metadata: metadata || null }
        }),
      }))
    }),
  )
}

async function resolved(desk: Desk, groupId: string, { topic, partitions }: CommittedOf): Promise<CommittedOf> {
  const places = new Map((await topicOffsets(desk, topic)).map((each) => [each.partition, each]))
  const now = partitions.map(({ partition, offset, metadata }) => {
    const place = places.get(partition)
    const found = Number(offset) === EARLIEST ? place?.low : Number(offset) === LATEST ? place?.high : offset
    return { partition, offset: found ?? offset, metadata }
  })
  await setOffsets(desk, { groupId, topic, partitions: now })
  return { topic, partitions: now }
}

/** Throws a KafkaJSNonRetriableError while the group has members. */
export async function setOffsets(
  desk: Desk,
  { groupId, topic, partitions }: { groupId: string; topic: string; partitions: SeekEntry[] },
): Promise<void> {
  checkName(groupId, 'groupId')
  checkName(topic, 'topic')
  need(partitions?.length > 0, 'Invalid partitions')
  const { state } = await told(desk.retry, () => describeGroup(desk.link, groupId))
  need(state === 'Empty' || state === 'Dead', `The consumer group must have no running instances, current state: ${state}`)
  const offsets = partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }))
  need(
    offsets.every(({ offset }) => Number.isSafeInteger(offset) && offset >= EARLIEST),
    'Invalid offsets, they have to be whole numbers of at least -2',
  )
  await allOf(desk, () => alterGroupOffsets(desk.link, groupId, offsets))
}

/** What is committed says "the beginning" or "the end": consumers then look where that is. */
export async function resetOffsets(
  desk: Desk,
  { groupId, topic, earliest = false }: { groupId: string; topic: string; earliest?: boolean },
): Promise<void> {
  checkName(groupId, 'groupId')
  checkName(topic, 'topic')
  const offset = String(earliest ? EARLIEST : LATEST)
  const partitions = (await partitionsOf(desk, topic)).map((partition) => ({ partition, offset }))
  await setOffsets(desk, { groupId, topic, partitions })
}

/** Deletes all below each offset (exclusive), and all that there is with -1. */
export async function deleteBefore(desk: Desk, { topic, partitions }: { topic: string; partitions: SeekEntry[] }): Promise<void> {
  need(typeof topic === 'string' && topic !== '', `Invalid topic "${topic}"`)
  need(partitions?.length > 0, 'Invalid partitions')
  const known = new Map((await topicOffsets(desk, topic)).map((each) => [each.partition, each]))
  const missing = partitions.filter(({ partition }) => !known.has(partition))
  if (missing.length > 0) {
    const why = () => new KafkaJSBrokerNotFound('Could not find the leader for the partition', { retriable: false })
    throw new KafkaJSDeleteTopicRecordsError({ topic, partitions: missing.map((each) => ({ ...each, error: why() })) })
  }
  for (const { partition, offset } of partitions) {
    const { low } = known.get(partition)!
    if (Number(offset) !== LATEST && Number(offset) < Number(low)) {
      desk.logger.warn('The requested offset is before the earliest offset of the partition: nothing is deleted there', {
        topic,
        partition,
        offset,
      })
    }
  }
  const wanted = partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }))
  const outcomes = await told(desk.retry, () => deleteRecords(desk.link, wanted))
  if (outcomes.errors.size === 0) return
  const failed = partitions.flatMap((each) => {
    const error = outcomes.errors.get(`${topic}-${each.partition}`)
    return error ? [{ ...each, error: translated(error) as KafkaJSError }] : []
  })
  const error = new KafkaJSDeleteTopicRecordsError({ topic, partitions: failed })
  throw error.retriable ? error : new KafkaJSNonRetriableError(error, { cause: error })
}
