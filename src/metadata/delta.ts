// What changed in an image between two moments, for those who must react.

import type { MetadataImage, TopicImage } from './image.ts'
import type { ImageObserver, OtherPart } from './observer.ts'
import type { PartitionImage } from './partition.ts'
import { type ConfigResource, configKey } from './resources.ts'

export interface PartitionChange {
  readonly topic: TopicImage
  /** Null for a partition that is new. */
  readonly before: PartitionImage | null
  readonly after: PartitionImage
}

export interface MetadataDelta {
  /** The image, at least as new as this change. */
  readonly image: MetadataImage
  /** Everything below this offset of the metadata log is in. */
  readonly endOffset: number
  /** How much log the change took, in bytes. */
  readonly sizeInBytes: number
  /** The first change of all, out of a snapshot and the log: everything is new. */
  readonly isFirst: boolean
  readonly topicsCreated: readonly TopicImage[]
  /** As they were. A topic that was deleted and made again under its name is in both lists, with two ids. */
  readonly topicsDeleted: readonly TopicImage[]
  /** Ids of all topics that were deleted, of those too that came and went: what is left of them on disk nobody wants any more. */
  readonly deletedIds: ReadonlySet<string>
  /** Of new topics too; several changes of one partition are one. */
  readonly partitionsChanged: readonly PartitionChange[]
  readonly configsChanged: readonly ConfigResource[]
  readonly brokersChanged: ReadonlySet<number>
  readonly featuresChanged: ReadonlySet<string>
  readonly othersChanged: ReadonlySet<OtherPart>
}

/** Collects what records changed. What appears and vanishes again in between is not told. */
export class DeltaCollector implements ImageObserver {
  readonly #created = new Map<string, TopicImage>()
  readonly #deleted = new Map<string, TopicImage>()
  readonly #deletedIds = new Set<string>()
  readonly #partitions = new Map<string, PartitionChange>()
  readonly #configs = new Map<string, ConfigResource>()
  readonly #brokers = new Set<number>()
  readonly #features = new Set<string>()
  readonly #others = new Set<OtherPart>()
  sizeInBytes = 0

  topicCreated(topic: TopicImage): void {
    this.#created.set(topic.id, topic)
  }

  topicDeleted(topic: TopicImage): void {
    for (const { partition } of topic.partitions) this.#partitions.delete(partitionKey(topic.id, partition))
    this.#configs.delete(configKey({ type: 'topic', name: topic.name }))
    this.#deletedIds.add(topic.id)
    if (!this.#created.delete(topic.id)) this.#deleted.set(topic.id, topic)
  }

  partitionChanged(topic: TopicImage, before: PartitionImage | null, after: PartitionImage): void {
    const key = partitionKey(topic.id, after.partition)
    const earlier = this.#partitions.get(key)
    this.#partitions.set(key, { topic, before: earlier ? earlier.before : before, after })
  }

  configChanged(resource: ConfigResource): void {
    this.#configs.set(configKey(resource), resource)
  }

  brokerChanged(id: number): void {
    this.#brokers.add(id)
  }

  featureChanged(name: string): void {
    this.#features.add(name)
  }

  otherChanged(part: OtherPart): void {
    this.#others.add(part)
  }

  finish(image: MetadataImage, endOffset: number, isFirst: boolean): MetadataDelta {
    return {
      image,
      endOffset,
      isFirst,
      sizeInBytes: this.sizeInBytes,
      topicsCreated: [...this.#created.values()],
      topicsDeleted: [...this.#deleted.values()],
      deletedIds: this.#deletedIds,
      partitionsChanged: [...this.#partitions.values()],
      configsChanged: [...this.#configs.values()],
      brokersChanged: this.#brokers,
      featuresChanged: this.#features,
      othersChanged: this.#others,
    }
  }
}

function partitionKey(topicId: string, partition: number): string {
  return `${topicId} ${partition}`
}
