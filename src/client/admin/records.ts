// What partitions hold: their offsets by time, and the deletion of their oldest records.

import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../protocol/messages/delete-records.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../protocol/messages/list-offsets.ts'
import { byTopic } from './by-topic.ts'
import { askLeaders } from './leaders.ts'
import type { CallOptions, Link } from './link.ts'
import type { Outcomes } from './outcomes.ts'

const LIST: Exchange<ListOffsetsRequest, ListOffsetsResponse> = { request: ListOffsetsRequest, response: ListOffsetsResponse }
const DELETE: Exchange<DeleteRecordsRequest, DeleteRecordsResponse> = {
  request: DeleteRecordsRequest,
  response: DeleteRecordsResponse,
}

/** Times that stand for places. */
const places = {
  latest: -1,
  earliest: -2,
  maxTimestamp: -3,
  earliestLocal: -4,
  latestTiered: -5,
  earliestPendingUpload: -6,
} as const
/** A place by name, or the first record of this time (milliseconds since 1970) or later. */
export type OffsetSpec = keyof typeof places | number
/** The lowest version that knows a place. */
const since: Partial<Record<keyof typeof places, number>> = {
  maxTimestamp: 7,
  earliestLocal: 8,
  latestTiered: 9,
  earliestPendingUpload: 11,
}

export interface ListedOffset {
  /** -1 where there is no such record. */
  readonly offset: number
  /** Of the record; -1 for a place that is none. */
  readonly timestamp: number
  /** Null where the broker does not tell. */
  readonly leaderEpoch: number | null
}

/** The offset at a place or a time, of each partition. */
export function listOffsets(
  link: Link,
  partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[],
  {
    isolationLevel = 'read_uncommitted',
    ...options
  }: CallOptions & { readonly isolationLevel?: 'read_uncommitted' | 'read_committed' } = {},
): Promise<Outcomes<ListedOffset>> {
  const patience = link.patience('the offsets', options)
  return askLeaders(link, partitions, patience, async (leader, some) => {
    const needs = Math.max(1, ...some.map(({ at }) => (typeof at === 'number' ? 1 : (since[at] ?? 1))))
    const body = (version: number) => {
      link.needs(version, needs, 'offsets of this kind')
      return {
        replicaId: -1,
        isolationLevel: version < 2 ? 0 : Number(isolationLevel === 'read_committed'),
        topics: byTopic(some).map(([name, these]) => ({
          name,
          partitions: these.map(({ partition, at }) => ({
            partitionIndex: partition,
            timestamp: typeof at === 'number' ? at : places[at],
          })),
        })),
        timeoutMs: link.timeoutMs(patience),
      }
    }
    const { topics } = await link.send(link.cluster.node(leader, 'admin'), LIST, body, patience)
    return topics.flatMap(({ name, partitions: answers }) =>
      answers.map(({ partitionIndex, errorCode, offset, timestamp, leaderEpoch }) => ({
        topic: name,
        partition: partitionIndex,
        errorCode,
        value: { offset, timestamp, leaderEpoch: leaderEpoch < 0 ? null : leaderEpoch },
      })),
    )
  })
}

/** Deletes all records below `offset` (exclusive), or with -1 all that there are; gives the first offset that is left. */
export function deleteRecords(
  link: Link,
  partitions: readonly (TopicPartition & { readonly offset: number })[],
  options?: CallOptions,
): Promise<Outcomes<number>> {
  const patience = link.patience('deleting records', options)
  return askLeaders(link, partitions, patience, async (leader, some) => {
    const body = () => ({
      topics: byTopic(some).map(([name, these]) => ({
        name,
        partitions: these.map(({ partition, offset }) => ({ partitionIndex: partition, offset })),
      })),
      timeoutMs: link.timeoutMs(patience),
    })
    const { topics } = await link.send(link.cluster.node(leader, 'admin'), DELETE, body, patience)
    return topics.flatMap(({ name, partitions: answers }) =>
      answers.map(({ partitionIndex, errorCode, lowWatermark }) => ({
        topic: name,
        partition: partitionIndex,
        errorCode,
        value: lowWatermark,
      })),
    )
  })
}
