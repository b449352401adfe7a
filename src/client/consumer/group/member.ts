// What the two protocols of groups have in common, seen from the consumer.

import type { ConsumerSettings } from '../../../config/client/consumer.ts'
import type { ClientError } from '../../errors/index.ts'
import type { Deliveries } from '../deliveries.ts'
import type { Trouble } from '../engine.ts'
import type { ConsumerGroupMetadata, TopicPartition } from '../place.ts'
import type { Subscription } from '../subscription.ts'
import type { CoordinatorLink } from './coordinator-link.ts'

/** Who holds the partitions that the group gives. */
export interface Holder {
  readonly owned: readonly TopicPartition[]
  /** Waits until nothing of them is in the hands of the program, commits where that goes by itself, tells the program, and lets them go. */
  revoke(partitions: readonly TopicPartition[]): Promise<void>
  /** Others may have them by now: they are let go at once, and the program is told. */
  lose(partitions: readonly TopicPartition[]): Promise<void>
  assign(partitions: readonly TopicPartition[]): Promise<void>
}

export interface MemberOptions {
  readonly link: CoordinatorLink
  readonly config: ConsumerSettings
  readonly subscription: Subscription
  readonly deliveries: Deliveries
  readonly holder: Holder
  /** For the program; with a final one the member has stopped. */
  readonly onError: (error: ClientError, trouble?: Trouble) => void
}

export interface Member {
  readonly identity: ConsumerGroupMetadata
  /** Takes part from now on. */
  start(): void
  /** The subscription, or what is known of its topics, has changed. */
  changed(): void
  /** Gives up everything and takes no part any more; a static member stays known to the coordinator. */
  leave(): Promise<void>
}
