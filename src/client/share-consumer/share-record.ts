// Records as programs get them from a share group.

import type { TopicPartition } from '../consumer/place.ts'
import type { ConsumerRecord } from '../consumer/record.ts'

export interface ShareRecord<K, V> extends ConsumerRecord<K, V> {
  /** How often it was given to a member of the group, this time included: above 1 somebody had it before, and has not accepted it. */
  readonly deliveryCount: number
}

/** Several records of one partition, by offset; others may have those between them. */
export interface ShareBatch<K, V> extends TopicPartition {
  readonly records: readonly ShareRecord<K, V>[]
}
