// Who wants to know what a record changed in an image.

import type { TopicImage } from './image.ts'
import type { PartitionImage } from './partition.ts'
import type { ConfigResource } from './resources.ts'

export type OtherPart = 'controllers' | 'quotas' | 'scram' | 'acls' | 'delegationTokens'

export interface ImageObserver {
  topicCreated(topic: TopicImage): void
  /** The topic as it was; its partitions get no call of their own. */
  topicDeleted(topic: TopicImage): void
  partitionChanged(topic: TopicImage, before: PartitionImage | null, after: PartitionImage): void
  configChanged(resource: ConfigResource): void
  brokerChanged(id: number): void
  featureChanged(name: string): void
  otherChanged(part: OtherPart): void
}

export const silentObserver: ImageObserver = {
  topicCreated() {},
  topicDeleted() {},
  partitionChanged() {},
  configChanged() {},
  brokerChanged() {},
  featureChanged() {},
  otherChanged() {},
}
