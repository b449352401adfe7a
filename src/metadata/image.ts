// What a node knows of its cluster: topics, brokers, configurations and the rest, as the metadata records say it. Its parts (a partition, a
// broker) are never changed in place, only replaced, so that whoever holds one holds one moment of it.

import { assert, unreachable } from '../base/assert.ts'
import { FlatNames } from './flat-names.ts'
import { LeaderlessPartitions } from './leaderless.ts'
import { type ImageObserver, silentObserver } from './observer.ts'
import { NO_LEADER, type PartitionImage, partitionFrom, withChange } from './partition.ts'
import type { MetadataRecord, RecordOf } from './records.ts'
import { type ConfigResource, configKey, quotaKey, resourceTypeOf, scramKey } from './resources.ts'

export interface TopicImage {
  readonly name: string
  readonly id: string
  /** By partition number, without gaps. */
  readonly partitions: readonly PartitionImage[]
}

/** A broker's registration. Its epoch is the offset at which it was written. */
export interface BrokerImage extends Omit<RecordOf<'RegisterBrokerRecord'>, 'isMigratingZkBroker' | 'brokerId' | 'brokerEpoch'> {
  readonly id: number
  readonly epoch: number
}

export interface ResourceConfigs {
  readonly resource: ConfigResource
  readonly values: ReadonlyMap<string, string>
}

export interface QuotaImage {
  readonly entity: RecordOf<'ClientQuotaRecord'>['entity']
  readonly values: ReadonlyMap<string, number>
}

interface MutableTopic extends TopicImage {
  readonly partitions: PartitionImage[]
}

const NO_CONFIGS: ReadonlyMap<string, string> = new Map()

export class MetadataImage {
  readonly features = new Map<string, number>()
  readonly brokers = new Map<number, BrokerImage>()
  readonly controllers = new Map<number, RecordOf<'RegisterControllerRecord'>>()
  readonly #topicsByName = new Map<string, MutableTopic>()
  readonly #topicsById = new Map<string, MutableTopic>()
  #flatNames = new FlatNames()
  readonly leaderless = new LeaderlessPartitions()
  /** By `configKey`. */
  readonly configs = new Map<string, ResourceConfigs>()
  /** By `quotaKey`. */
  readonly quotas = new Map<string, QuotaImage>()
  /** By user name and mechanism. */
  readonly scram = new Map<string, RecordOf<'UserScramCredentialRecord'>>()
  readonly acls = new Map<string, RecordOf<'AccessControlEntryRecord'>>()
  readonly delegationTokens = new Map<string, RecordOf<'DelegationTokenRecord'>>()
  /** The first producer id of the block that nobody has yet. */
  nextProducerId = 0
  zkMigrationState: number | null = null
  /** Records of a metadata transaction (KIP-868) that is not decided yet: they count at its end, or never. */
  #open: MetadataRecord[] | null = null

  get topics(): ReadonlyMap<string, TopicImage> {
    return this.#topicsByName
  }

  get topicsById(): ReadonlyMap<string, TopicImage> {
    return this.#topicsById
  }

  get isInTransaction(): boolean {
    return this.#open !== null
  }

  topic(name: string): TopicImage | undefined {
    return this.#topicsByName.get(name)
  }

  /** A topic whose name metrics could not tell from `name`. */
  topicLike(name: string): string | undefined {
    return this.#flatNames.like(name)
  }

  partition(topic: string, partition: number): PartitionImage | undefined {
    return this.#topicsByName.get(topic)?.partitions[partition]
  }

  /** The values set for exactly this resource; defaults and the cluster's own are not mixed in. */
  configsOf(resource: ConfigResource): ReadonlyMap<string, string> {
    return this.configs.get(configKey(resource))?.values ?? NO_CONFIGS
  }

  get hasEligibleLeaderReplicas(): boolean {
    return (this.features.get('eligible.leader.replicas.version') ?? 0) > 0
  }

  /** Takes over all that another image holds, which nobody may use from then on. Whoever holds this one sees the new moment at once. */
  become(other: MetadataImage): void {
    replace(this.features, other.features)
    replace(this.brokers, other.brokers)
    replace(this.controllers, other.controllers)
    replace(this.#topicsByName, other.#topicsByName)
    replace(this.#topicsById, other.#topicsById)
    this.#flatNames = other.#flatNames
    this.leaderless.become(other.leaderless)
    replace(this.configs, other.configs)
    replace(this.quotas, other.quotas)
    replace(this.scram, other.scram)
    replace(this.acls, other.acls)
    replace(this.delegationTokens, other.delegationTokens)
    this.nextProducerId = other.nextProducerId
    this.zkMigrationState = other.zkMigrationState
    this.#open = other.#open
  }

  /** The only code that changes what an image holds, record by record. `observer` hears what changed, inside a metadata transaction only once it ends. */
  apply(record: MetadataRecord, observer: ImageObserver = silentObserver): void {
    switch (record.kind) {
      case 'BeginTransactionRecord':
        assert(this.#open === null, 'a metadata transaction begins while none is open')
        this.#open = []
        return
      case 'EndTransactionRecord': {
        assert(this.#open !== null, 'a metadata transaction ends that has begun')
        const records = this.#open
        this.#open = null
        for (const one of records) this.#change(one, observer)
        return
      }
      case 'AbortTransactionRecord':
        assert(this.#open !== null, 'a metadata transaction is aborted that has begun')
        this.#open = null
        return
      default:
        if (this.#open) this.#open.push(record)
        else this.#change(record, observer)
    }
  }

  #change(record: MetadataRecord, observer: ImageObserver): void {
    switch (record.kind) {
      case 'TopicRecord':
        return this.#addTopic(record.value, observer)
      case 'PartitionRecord':
        return this.#addPartition(record.value, observer)
      case 'PartitionChangeRecord':
        return this.#changePartition(record.value, observer)
      case 'RemoveTopicRecord':
        return this.#removeTopic(record.value.topicId, observer)
      case 'ClearElrRecord':
        return this.#clearElr(record.value.topicName, observer)
      case 'ConfigRecord':
        return this.#setConfig(record.value, observer)
      case 'FeatureLevelRecord':
        if (record.value.featureLevel === 0) this.features.delete(record.value.name)
        else this.features.set(record.value.name, record.value.featureLevel)
        return observer.featureChanged(record.value.name)
      case 'RegisterBrokerRecord': {
        const { brokerId: id, brokerEpoch: epoch, isMigratingZkBroker: _, ...rest } = record.value
        return this.#setBroker({ id, epoch, ...rest }, observer)
      }
      case 'UnregisterBrokerRecord':
        this.brokers.delete(record.value.brokerId)
        return observer.brokerChanged(record.value.brokerId)
      case 'BrokerRegistrationChangeRecord':
        return this.#changeBroker(record.value, observer)
      case 'FenceBrokerRecord':
        return this.#setBroker({ ...this.#broker(record.value.id), fenced: true }, observer)
      case 'UnfenceBrokerRecord':
        return this.#setBroker({ ...this.#broker(record.value.id), fenced: false }, observer)
      case 'RegisterControllerRecord':
        this.controllers.set(record.value.controllerId, record.value)
        return observer.otherChanged('controllers')
      case 'ProducerIdsRecord':
        this.nextProducerId = record.value.nextProducerId
        return
      case 'ClientQuotaRecord':
        return this.#setQuota(record.value, observer)
      case 'UserScramCredentialRecord':
        this.scram.set(scramKey(record.value), record.value)
        return observer.otherChanged('scram')
      case 'RemoveUserScramCredentialRecord':
        this.scram.delete(scramKey(record.value))
        return observer.otherChanged('scram')
      case 'AccessControlEntryRecord':
        this.acls.set(record.value.id, record.value)
        return observer.otherChanged('acls')
      case 'RemoveAccessControlEntryRecord':
        this.acls.delete(record.value.id)
        return observer.otherChanged('acls')
      case 'DelegationTokenRecord':
        this.delegationTokens.set(record.value.tokenId, record.value)
        return observer.otherChanged('delegationTokens')
      case 'RemoveDelegationTokenRecord':
        this.delegationTokens.delete(record.value.tokenId)
        return observer.otherChanged('delegationTokens')
      case 'ZkMigrationStateRecord':
        this.zkMigrationState = record.value.zkMigrationState
        return
      case 'NoOpRecord':
        return
      case 'BeginTransactionRecord':
      case 'EndTransactionRecord':
      case 'AbortTransactionRecord':
        return assert(false, 'metadata transactions do not nest')
      default:
        return unreachable(record)
    }
  }

  #addTopic({ name, topicId }: RecordOf<'TopicRecord'>, observer: ImageObserver): void {
    const topic: MutableTopic = { name, id: topicId, partitions: [] }
    this.#topicsByName.set(name, topic)
    this.#topicsById.set(topicId, topic)
    this.#flatNames.add(name)
    observer.topicCreated(topic)
  }

  #addPartition(record: RecordOf<'PartitionRecord'>, observer: ImageObserver): void {
    const topic = this.#topicOf(record.topicId)
    const before = topic.partitions[record.partitionId] ?? null
    assert(record.partitionId <= topic.partitions.length, `partition ${record.partitionId} of ${topic.name} leaves no gap`)
    const after = partitionFrom(record)
    this.#put(topic, after)
    observer.partitionChanged(topic, before, after)
  }

  #changePartition(record: RecordOf<'PartitionChangeRecord'>, observer: ImageObserver): void {
    const topic = this.#topicOf(record.topicId)
    const before = topic.partitions[record.partitionId]
    assert(before, `partition ${record.partitionId} of ${topic.name} exists before it changes`)
    const after = withChange(before, record)
    this.#put(topic, after)
    observer.partitionChanged(topic, before, after)
  }

  #put(topic: MutableTopic, partition: PartitionImage): void {
    topic.partitions[partition.partition] = partition
    this.leaderless.note(topic.id, partition.partition, partition.leader !== NO_LEADER)
  }

  /** A topic's configurations go with it, without records of their own. */
  #removeTopic(topicId: string, observer: ImageObserver): void {
    const topic = this.#topicOf(topicId)
    this.#topicsById.delete(topicId)
    this.#topicsByName.delete(topic.name)
    this.#flatNames.remove(topic.name)
    this.leaderless.forgetTopic(topicId)
    this.configs.delete(configKey({ type: 'topic', name: topic.name }))
    observer.topicDeleted(topic)
  }

  /** An empty name means every topic. */
  #clearElr(topicName: string, observer: ImageObserver): void {
    const named = this.#topicsByName.get(topicName)
    const topics = topicName === '' ? [...this.#topicsByName.values()] : named ? [named] : []
    for (const topic of topics) {
      topic.partitions.forEach((before, index) => {
        if (before.elr.length === 0 && before.lastKnownElr.length === 0) return
        const after = { ...before, elr: [], lastKnownElr: [], partitionEpoch: before.partitionEpoch + 1 }
        topic.partitions[index] = after
        observer.partitionChanged(topic, before, after)
      })
    }
  }

  #topicOf(topicId: string): MutableTopic {
    const topic = this.#topicsById.get(topicId)
    assert(topic, `topic ${topicId} exists before records name it`)
    return topic
  }

  #setConfig({ resourceType, resourceName, name, value }: RecordOf<'ConfigRecord'>, observer: ImageObserver): void {
    const type = resourceTypeOf(resourceType)
    assert(type, `a configuration belongs to a resource of a known type, not ${resourceType}`)
    const resource = { type, name: resourceName }
    const key = configKey(resource)
    const values = new Map(this.configs.get(key)?.values)
    if (value === null) values.delete(name)
    else values.set(name, value)
    if (values.size === 0) this.configs.delete(key)
    else this.configs.set(key, { resource, values })
    observer.configChanged(resource)
  }

  #broker(id: number): BrokerImage {
    const broker = this.brokers.get(id)
    assert(broker, `broker ${id} is registered before it changes`)
    return broker
  }

  #setBroker(broker: BrokerImage, observer: ImageObserver): void {
    this.brokers.set(broker.id, broker)
    observer.brokerChanged(broker.id)
  }

  #changeBroker(change: RecordOf<'BrokerRegistrationChangeRecord'>, observer: ImageObserver): void {
    const broker = this.#broker(change.brokerId)
    assert(broker.epoch === change.brokerEpoch, `a change of broker ${broker.id} names its epoch ${broker.epoch}`)
    const after = {
      ...broker,
      // 1 sets, -1 clears, 0 leaves.
      fenced: change.fenced === 0 ? broker.fenced : change.fenced > 0,
      inControlledShutdown: change.inControlledShutdown === 0 ? broker.inControlledShutdown : change.inControlledShutdown > 0,
      logDirs: change.logDirs.length === 0 ? broker.logDirs : change.logDirs,
    }
    this.#setBroker(after, observer)
  }

  #setQuota({ entity, key, value, remove }: RecordOf<'ClientQuotaRecord'>, observer: ImageObserver): void {
    const id = quotaKey(entity)
    const values = new Map(this.quotas.get(id)?.values)
    if (remove) values.delete(key)
    else values.set(key, value)
    if (values.size === 0) this.quotas.delete(id)
    else this.quotas.set(id, { entity, values })
    observer.otherChanged('quotas')
  }
}

function replace<K, V>(map: Map<K, V>, other: ReadonlyMap<K, V>): void {
  map.clear()
  for (const [key, value] of other) map.set(key, value)
}
