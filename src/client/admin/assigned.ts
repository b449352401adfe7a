// What a member of a classic group was given, as its leader wrote it: version, topics with their partitions, and bytes of the assignor's own.

import type { ByteReader } from '../../base/bytes.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Nothing for a member that was given no assignment yet. Throws MalformedBytes. */
export function assignedPartitions(from: ByteReader): TopicPartition[] {
  if (from.left === 0) return []
  from.int16() // later versions only add to the end
  const found: TopicPartition[] = []
  const topics = from.int32()
  for (let n = 0; n < topics; n++) {
    const topic = from.text(from.int16())
    const partitions = from.int32()
    for (let m = 0; m < partitions; m++) found.push({ topic, partition: from.int32() })
  }
  return found
}
