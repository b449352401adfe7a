// Names of partitions, and of places in them, as programs give and get them.

import type { TopicPartition } from '../../assignors/index.ts'

export type { TopicPartition }

/** What is committed for a partition. */
export interface OffsetAndMetadata {
  /** The next record to read: one behind the last one that is done. */
  readonly offset: number
  /** Of the record before it (KIP-320), where it is known. */
  readonly leaderEpoch?: number | null
  /** A text of the program's own; at most 4,096 bytes. */
  readonly metadata?: string
}

export interface TopicPartitionOffset extends TopicPartition, OffsetAndMetadata {}

/** Who this consumer is in its group, as a transactional producer needs to know it (`sendOffsets`). */
export interface ConsumerGroupMetadata {
  readonly groupId: string
  /** The generation, or the member epoch (KIP-848); -1 outside of the group. */
  readonly generationId: number
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/** `orders-3`: as messages and maps name it. */
export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`
}

/** Partitions by topic, as most requests want them. */
export function byTopic<T extends TopicPartition>(partitions: Iterable<T>): Map<string, T[]> {
  const topics = new Map<string, T[]>()
  for (const each of partitions) {
    const known = topics.get(each.topic)
    if (known) known.push(each)
    else topics.set(each.topic, [each])
  }
  return topics
}
