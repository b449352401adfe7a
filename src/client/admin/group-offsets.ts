// The offsets that groups have committed.

import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../protocol/messages/offset-commit.ts'
import { OffsetDeleteRequest, OffsetDeleteResponse } from '../../protocol/messages/offset-delete.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../protocol/messages/offset-fetch.ts'
import { brokerError } from '../errors/index.ts'
import { byTopic } from './by-topic.ts'
import type { CallOptions, Link } from './link.ts'
import { Outcomes, partitionKey, partitionKeys } from './outcomes.ts'

const FETCH: Exchange<OffsetFetchRequest, OffsetFetchResponse> = { request: OffsetFetchRequest, response: OffsetFetchResponse }
const COMMIT: Exchange<OffsetCommitRequest, OffsetCommitResponse> = {
  request: OffsetCommitRequest,
  response: OffsetCommitResponse,
}
const DELETE: Exchange<OffsetDeleteRequest, OffsetDeleteResponse> = {
  request: OffsetDeleteRequest,
  response: OffsetDeleteResponse,
}
/** Later ones name topics by id alone. */
const LAST_WITH_NAMES = 9
const FIRST_WITH_GROUPS = 8
/** Of OffsetCommit. */
const FIRST_WITH_EPOCHS = 6

export interface CommittedOffset extends TopicPartition {
  readonly offset: number
  /** Null where none was committed. */
  readonly leaderEpoch: number | null
  /** What the one who committed has written beside it. */
  readonly metadata: string
}

/** What the group has committed, for these partitions or for all. */
export function listGroupOffsets(
  link: Link,
  groupId: string,
  options: CallOptions & {
    readonly partitions?: readonly TopicPartition[] | undefined
    /** Waits for offsets of transactions that are not completed yet (KIP-447). */
    readonly requireStable?: boolean | undefined
  } = {},
): Promise<readonly CommittedOffset[]> {
  const { partitions, requireStable = false } = options
  const patience = link.patience(`the offsets of ${groupId}`, options)
  const topics = partitions
    ? byTopic(partitions).map(([name, some]) => ({ name, partitionIndexes: some.map((each) => each.partition) }))
    : null
  return link.coordinator('group', groupId, patience, async (node) => {
    const body = (version: number) => ({
      ...(version < FIRST_WITH_GROUPS ? { groupId, topics } : { groups: [{ groupId, topics }] }),
      requireStable: version >= 7 && requireStable,
    })
    const answer = await link.send(node, FETCH, body, patience, { maxVersion: LAST_WITH_NAMES })
    const { errorCode: code, topics: found } = answer.groups[0] ?? answer
    if (code !== 0) throw brokerError(code, patience.what)
    return found.flatMap(({ name, partitions: some }) =>
      some.flatMap(({ partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode: wrong }) => {
        if (wrong !== 0) throw brokerError(wrong, `the offset of ${groupId} in ${partitionKey(name, partitionIndex)}`)
        if (committedOffset < 0n) return [] // nothing is committed
        return {
          topic: name,
          partition: partitionIndex,
          offset: Number(committedOffset),
          leaderEpoch: committedLeaderEpoch < 0 ? null : committedLeaderEpoch,
          metadata: metadata ?? '',
        }
      }),
    )
  })
}

/** Commits in place of a group that has no members. */
export function alterGroupOffsets(
  link: Link,
  groupId: string,
  offsets: readonly (TopicPartition & {
    readonly offset: number
    readonly leaderEpoch?: number | null | undefined
    readonly metadata?: string | undefined
  })[],
  options?: CallOptions,
): Promise<Outcomes<void>> {
  const patience = link.patience(`setting the offsets of ${groupId}`, options)
  return link.coordinator('group', groupId, patience, async (node) => {
    const body = (version: number) => ({
      groupId,
      topics: byTopic(offsets).map(([name, some]) => ({
        name,
        partitions: some.map(({ partition, offset, leaderEpoch, metadata = '' }) => ({
          partitionIndex: partition,
          committedOffset: BigInt(offset),
          committedLeaderEpoch: version < FIRST_WITH_EPOCHS ? -1 : (leaderEpoch ?? -1),
          committedMetadata: metadata,
        })),
      })),
    })
    const answer = await link.send(node, COMMIT, body, patience, { maxVersion: LAST_WITH_NAMES })
    return outcomesOf(answer.topics, `the offset of ${groupId} in`).settle(partitionKeys(offsets), patience.what)
  })
}

/** Takes committed offsets away, of topics that the group is not subscribed to at the moment. */
export function deleteGroupOffsets(
  link: Link,
  groupId: string,
  partitions: readonly TopicPartition[],
  options?: CallOptions,
): Promise<Outcomes<void>> {
  const patience = link.patience(`deleting offsets of ${groupId}`, options)
  return link.coordinator('group', groupId, patience, async (node) => {
    const topics = byTopic(partitions).map(([name, some]) => ({
      name,
      partitions: some.map(({ partition }) => ({ partitionIndex: partition })),
    }))
    const answer = await link.send(node, DELETE, { groupId, topics }, patience)
    if (answer.errorCode !== 0) throw brokerError(answer.errorCode, patience.what)
    return outcomesOf(answer.topics, `deleting the offset of ${groupId} in`).settle(partitionKeys(partitions), patience.what)
  })
}

interface Answered {
  readonly name: string
  readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[]
}

/** An error of the coordinator, or of the moment, is thrown, so that it is asked again. */
function outcomesOf(topics: readonly Answered[], what: string): Outcomes<void> {
  const outcomes = new Outcomes<void>()
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, errorCode: code } of partitions) {
      const key = partitionKey(name, partitionIndex)
      if (code === 0) outcomes.succeeded(key, undefined)
      else {
        const error = brokerError(code, `${what} ${key}`)
        if (PASSING.has(error.code)) throw error
        outcomes.failed(key, error)
      }
    }
  }
  return outcomes
}

const PASSING: ReadonlySet<string> = new Set([
  'NOT_COORDINATOR',
  'COORDINATOR_NOT_AVAILABLE',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'REBALANCE_IN_PROGRESS',
])
