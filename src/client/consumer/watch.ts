// What somebody who watches a consumer is told.

import type { ConsumerGroupMetadata, TopicPartition } from './place.ts'

export interface GroupJoin {
  readonly identity: ConsumerGroupMetadata
  /** The member that shares the partitions. */
  readonly leaderId: string
  /** The assignor's name. */
  readonly protocolName: string
  readonly assignment: readonly TopicPartition[]
  readonly durationMs: number
}

export interface ConsumerWatch {
  /** It has its place in the group, and partitions or none. */
  joined?(join: GroupJoin): void
  /** The coordinator has heard of it. */
  heartbeat?(identity: ConsumerGroupMetadata): void
  /** It has to join again: others come or go, or its place was lost. */
  rebalancing?(identity: ConsumerGroupMetadata): void
  /** A broker is asked for records. */
  fetchStarted?(nodeId: number): void
  /** It has answered with records of so many partitions. */
  fetched?(nodeId: number, partitions: number, durationMs: number): void
}
