// What lies between two images of a cluster, where no records tell: a node that was away for long goes on behind a snapshot.

import type { BrokerImage, MetadataImage, ResourceConfigs, TopicImage } from './image.ts'
import type { ImageObserver } from './observer.ts'
import type { PartitionImage } from './partition.ts'

/** Those parts of an image whose changes are told one by one, as they were. */
export interface EarlierParts {
  readonly topicsById: ReadonlyMap<string, TopicImage>
  readonly configs: ReadonlyMap<string, ResourceConfigs>
  readonly brokers: ReadonlyMap<number, BrokerImage>
  readonly features: ReadonlyMap<string, number>
}

export function partsOf({ topicsById, configs, brokers, features }: MetadataImage): EarlierParts {
  return {
    topicsById: new Map(topicsById),
    configs: new Map(configs),
    brokers: new Map(brokers),
    features: new Map(features),
  }
}

/** Tells `observer` what changed, as the records would have in between; topics that came and went are not known. */
export function tellDifference(before: EarlierParts, after: MetadataImage, observer: ImageObserver): void {
  for (const [id, topic] of before.topicsById) if (!after.topicsById.has(id)) observer.topicDeleted(topic)
  for (const topic of after.topics.values()) tellTopic(before.topicsById.get(topic.id), topic, observer)
  for (const key of keysOf(before.configs, after.configs)) {
    const [was, is] = [before.configs.get(key), after.configs.get(key)]
    if (textOf(was?.values) !== textOf(is?.values)) observer.configChanged((is ?? was)!.resource)
  }
  for (const id of keysOf(before.brokers, after.brokers))
    if (JSON.stringify(before.brokers.get(id)) !== JSON.stringify(after.brokers.get(id))) observer.brokerChanged(id)
  for (const name of keysOf(before.features, after.features))
    if (before.features.get(name) !== after.features.get(name)) observer.featureChanged(name)
  for (const part of ['controllers', 'quotas', 'scram', 'acls', 'delegationTokens'] as const) observer.otherChanged(part)
}

function tellTopic(was: TopicImage | undefined, is: TopicImage, observer: ImageObserver): void {
  if (!was) observer.topicCreated(is)
  for (const partition of is.partitions) {
    const earlier = was?.partitions[partition.partition] ?? null
    if (!earlier || !isSame(earlier, partition)) observer.partitionChanged(is, earlier, partition)
  }
}

/** Every change begins a new partition epoch. */
function isSame(one: PartitionImage, other: PartitionImage): boolean {
  return one.partitionEpoch === other.partitionEpoch && one.leaderEpoch === other.leaderEpoch
}

function keysOf<K>(one: ReadonlyMap<K, unknown>, other: ReadonlyMap<K, unknown>): Set<K> {
  return new Set([...one.keys(), ...other.keys()])
}

function textOf(values: ReadonlyMap<string, string> | undefined): string {
  return JSON.stringify([...(values ?? [])].sort())
}
