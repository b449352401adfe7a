// A partition as the one who leads it knows it: what Leadership asks of it, as it is at the moment of the question.

import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { LedPartition } from './leadership.ts'
import type { ReplicationLinks } from './links.ts'
import type { PartitionState } from './partition-state.ts'

export interface LedParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly links: ReplicationLinks
  /** Who is in sync, or how far, has changed. */
  readonly changed: () => void
}

export function asLed(partition: PartitionState, parts: LedParts): LedPartition {
  const { name, topic, topicId, index, localId } = partition
  return {
    ...{ name, topic, topicId, index, localId },
    ...parts,
    get endOffset() {
      return partition.endOffset
    },
    get durableOffset() {
      return partition.durableOffset
    },
    get highWatermark() {
      return partition.highWatermark
    },
    get startOffset() {
      return partition.startOffset
    },
    get minInSync() {
      return partition.minInSync
    },
    doubt: (offset) => partition.log.doubt(offset),
  }
}
