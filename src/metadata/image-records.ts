// An image as the records that make it: what a snapshot holds. Applied to an empty image they give the same image again.

import { METADATA_VERSION } from './features.ts'
import type { MetadataImage, TopicImage } from './image.ts'
import type { PartitionImage } from './partition.ts'
import { type MetadataRecord, record } from './records.ts'
import { resourceNumber } from './resources.ts'

/**
 * All records of the image, features first. What the image holds at the call is what comes out, however late the records are taken: parts
 * of an image are never changed in place.
 */
export function recordsOf(image: MetadataImage): Iterable<MetadataRecord> {
  // The lists are copied now, the records are made one by one when they are asked for.
  const topics = [...image.topics.values()].map((topic) => ({ ...topic, partitions: [...topic.partitions] }))
  const parts: Iterable<MetadataRecord>[] = [
    features(new Map(image.features)),
    lazily([...image.brokers.values()], function* ({ id, epoch, ...rest }) {
      yield record('RegisterBrokerRecord', { brokerId: id, brokerEpoch: epoch, isMigratingZkBroker: false, ...rest })
    }),
    lazily([...image.controllers.values()], function* (value) {
      yield record('RegisterControllerRecord', value)
    }),
    lazily(topics, topicRecords),
    lazily([...image.configs.values()], function* ({ resource: { type, name: resourceName }, values }) {
      for (const [name, value] of values)
        yield record('ConfigRecord', { resourceType: resourceNumber(type), resourceName, name, value })
    }),
    lazily([...image.quotas.values()], function* ({ entity, values }) {
      for (const [key, value] of values) yield record('ClientQuotaRecord', { entity, key, value, remove: false })
    }),
    producerIds(image.nextProducerId),
    lazily([...image.acls.values()], function* (value) {
      yield record('AccessControlEntryRecord', value)
    }),
    lazily([...image.scram.values()], function* (value) {
      yield record('UserScramCredentialRecord', value)
    }),
    lazily([...image.delegationTokens.values()], function* (value) {
      yield record('DelegationTokenRecord', value)
    }),
    zkMigration(image.zkMigrationState),
  ]
  return flatten(parts)
}

function* flatten<T>(parts: readonly Iterable<T>[]): Generator<T> {
  for (const part of parts) yield* part
}

function* lazily<T>(items: readonly T[], make: (item: T) => Iterable<MetadataRecord>): Generator<MetadataRecord> {
  for (const item of items) yield* make(item)
}

/** metadata.version comes first: it says how the others are to be read. */
function* features(levels: ReadonlyMap<string, number>): Generator<MetadataRecord> {
  const first = levels.get(METADATA_VERSION)
  if (first !== undefined) yield record('FeatureLevelRecord', { name: METADATA_VERSION, featureLevel: first })
  for (const [name, featureLevel] of levels) {
    if (name !== METADATA_VERSION) yield record('FeatureLevelRecord', { name, featureLevel })
  }
}

function* topicRecords({ name, id: topicId, partitions }: TopicImage): Generator<MetadataRecord> {
  yield record('TopicRecord', { name, topicId })
  for (const partition of partitions) yield partitionRecord(topicId, partition)
}

/** The whole of a partition as one record. */
export function partitionRecord(
  topicId: string,
  { partition: partitionId, elr, lastKnownElr, ...rest }: PartitionImage,
): MetadataRecord {
  return record('PartitionRecord', {
    topicId,
    partitionId,
    ...rest,
    eligibleLeaderReplicas: elr.length > 0 ? elr : null,
    lastKnownElr: lastKnownElr.length > 0 ? lastKnownElr : null,
  })
}

/** Nobody holds the block any more once it is a snapshot's, so it names no broker. */
function* producerIds(nextProducerId: number): Generator<MetadataRecord> {
  if (nextProducerId > 0) yield record('ProducerIdsRecord', { brokerId: -1, brokerEpoch: -1, nextProducerId })
}

function* zkMigration(zkMigrationState: number | null): Generator<MetadataRecord> {
  if (zkMigrationState !== null) yield record('ZkMigrationStateRecord', { zkMigrationState })
}
