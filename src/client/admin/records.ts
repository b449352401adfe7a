// What partitions hold: their offsets by time, and the deletion of their oldest records.

import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { DeleteRecordsRequest, DeleteRecordsResponse } from '../../protocol/messages/delete-records.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../protocol/messages/list-offsets.ts'
import { byTopic } from './by-topic.ts'
import { askLeaders } from './leaders.ts'
import type { CallOptions, Link } from './link.ts'
import { numbered } from './numbered.ts'
import type { Outcomes } from './outcomes.ts'

const LIST: Exchange<ListOffsetsRequest, ListOffsetsResponse> = { request: ListOffsetsRequest, response: ListOffsetsResponse }
const DELETE: Exchange<DeleteRecordsRequest, DeleteRecordsResponse> = {
  request: DeleteRecordsRequest,
  response: DeleteRecordsResponse,
}

/** A place in a partition: its end, its beginning, its record with the highest timestamp, and those of tiered storage (KIP-405, KIP-1005, KIP-1023). */
export type OffsetPlace = 'latest' | 'earliest' | 'maxTimestamp' | 'earliestLocal' | 'latestTiered' | 'earliestPendingUpload'
/** A place by name, or the first record of this time (milliseconds since 1970) or later. */
export type OffsetSpec = OffsetPlace | number
/** Times that stand for places. */
const places = numbered<OffsetPlace>({
  latest: -1,
  earliest: -2,
  maxTimestamp: -3,
  earliestLocal: -4,
  latestTiered: -5,
  earliestPendingUpload: -6,
})
/** By the time that stands for it: the lowest version that knows a place. */
const since: Readonly<Record<number, number>> = { [-3]: 7, [-4]: 8, [-5]: 9, [-6]: 11 }

export type IsolationLevel = 'read_uncommitted' | 'read_committed'
const isolationLevels = numbered<IsolationLevel>({ read_uncommitted: 0, read_committed: 1 })

export interface ListedOffset {
  /** -1 where there is no such record. */
  readonly offset: number
  /** Of the record; -1 for a place that is none. */
  readonly timestamp: number
  /** Null where the broker does not tell. */
  readonly leaderEpoch: number | null
}

/** The offset at a place or a time, of each partition. */
export async function listOffsets(
  link: Link,
  partitions: readonly (TopicPartition & { readonly at: OffsetSpec })[],
  options: CallOptions & { readonly isolationLevel?: IsolationLevel | undefined } = {},
): Promise<Outcomes<ListedOffset>> {
  const { isolationLevel = 'read_uncommitted' } = options
  const patience = link.patience('the offsets', options)
  const isolation = isolationLevels.numberOf('isolationLevel', isolationLevel)
  const wanted = partitions.map(({ topic, partition, at }) => ({
    topic,
    partition,
    timestamp: typeof at === 'number' ? at : places.numberOf('at', at),
  }))
  return askLeaders(link, wanted, patience, async (leader, some) => {
    const needs = some.reduce((most, { timestamp }) => Math.max(most, since[timestamp] ?? 1), 1)
    const body = (version: number) => {
      link.needs(version, needs, 'offsets of this kind')
      return {
        replicaId: -1,
        isolationLevel: isolation,
        topics: byTopic(some).map(([name, these]) => ({
          name,
          partitions: these.map(({ partition, timestamp }) => ({ partitionIndex: partition, timestamp })),
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
