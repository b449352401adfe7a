// What a partition needs of the broker that holds it.

import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import type { ReplicationLinks } from './links.ts'

/** When an acknowledged batch counts as kept: on the device (`fsync`, our default) or with the operating system (`os`, Apache's rule). */
export type FlushPolicy = 'fsync' | 'os'

export interface PartitionOptions {
  readonly localId: number
  readonly clock: Clock
  readonly flushPolicy: FlushPolicy
  readonly logger?: Logger
  /** Null or missing where this broker is alone. */
  readonly links?: ReplicationLinks | null
}
