// What the client knows of a cluster: its brokers, and who leads each partition of the topics that it asked for. Never changed; what is learned makes
// another one.

import { MalformedBytes } from '../../base/bytes.ts'
import { ZERO_UUID } from '../../base/uuid.ts'
import type { MetadataResponse } from '../../protocol/messages/metadata.ts'

export interface BrokerInfo {
  readonly id: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

export interface PartitionInfo {
  readonly index: number
  /** Null while it has none. */
  readonly leaderId: number | null
  /** -1 where the broker is too old to tell. */
  readonly leaderEpoch: number
  /** Ids of brokers. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly offlineReplicas: readonly number[]
}

export interface TopicInfo {
  readonly name: string
  /** Null where the broker is too old to tell. */
  readonly id: string | null
  readonly isInternal: boolean
  /** `partitions[n].index === n`. */
  readonly partitions: readonly PartitionInfo[]
}

export interface LeaderHint {
  readonly leaderId: number
  readonly leaderEpoch: number
}

export class Metadata {
  readonly clusterId: string | null
  /** Who takes requests for the controller; null where nobody does at the moment. */
  readonly controllerId: number | null
  readonly brokers: ReadonlyMap<number, BrokerInfo>
  /** By name. */
  readonly topics: ReadonlyMap<string, TopicInfo>
  /** Error codes of topics that could not be told, by name. */
  readonly refused: ReadonlyMap<string, number>
  /** Made when somebody asks for it. */
  #byId: ReadonlyMap<string, TopicInfo> | null = null

  static readonly none = new Metadata(null, null, new Map(), new Map(), new Map())

  private constructor(
    clusterId: string | null,
    controllerId: number | null,
    brokers: ReadonlyMap<number, BrokerInfo>,
    topics: ReadonlyMap<string, TopicInfo>,
    refused: ReadonlyMap<string, number>,
  ) {
    this.clusterId = clusterId
    this.controllerId = controllerId
    this.brokers = brokers
    this.topics = topics
    this.refused = refused
  }

  topicById(id: string): TopicInfo | undefined {
    this.#byId ??= new Map([...this.topics.values()].flatMap((topic) => (topic.id === null ? [] : [[topic.id, topic]])))
    return this.#byId.get(id)
  }

  partition(topic: string, index: number): PartitionInfo | undefined {
    return this.topics.get(topic)?.partitions[index]
  }

  /** What a broker answered; topics that it was not asked for stay as they were where `keep` says so. */
  answered({ clusterId, controllerId, brokers, topics }: MetadataResponse, keep: (topic: string) => boolean): Metadata {
    const known = new Map([...this.topics].filter(([name]) => keep(name)))
    const refused = new Map([...this.refused].filter(([name]) => keep(name)))
    for (const topic of topics) {
      const { name, errorCode } = topic
      if (name === null) continue
      refused.delete(name)
      // While a leader is being chosen the partitions are told all the same.
      if (errorCode !== 0 && topic.partitions.length === 0) {
        known.delete(name)
        refused.set(name, errorCode)
      } else known.set(name, topicOf(topic, this.topics.get(name)))
    }
    return new Metadata(
      clusterId,
      controllerId < 0 ? null : controllerId,
      new Map(brokers.map(({ nodeId, host, port, rack }) => [nodeId, { id: nodeId, host, port, rack }])),
      known,
      refused,
    )
  }

  /** Whether `before` says the same of who leads what, and where the brokers are. */
  isAs(before: Metadata): boolean {
    if (this.topics.size !== before.topics.size || this.brokers.size !== before.brokers.size) return false
    for (const [id, { host, port }] of this.brokers) {
      const other = before.brokers.get(id)
      if (other?.host !== host || other.port !== port) return false
    }
    for (const [name, { id, partitions }] of this.topics) {
      const other = before.topics.get(name)
      if (other?.id !== id || other.partitions.length !== partitions.length) return false
      if (partitions.some(({ leaderId, leaderEpoch }, at) => !leads(other.partitions[at]!, leaderId, leaderEpoch))) return false
    }
    return true
  }

  /** A newer leader, as a partition's former one tells it (KIP-951); the same where that is no news. */
  withLeader(topic: string, index: number, { leaderId, leaderEpoch }: LeaderHint, endpoints: readonly BrokerInfo[]): Metadata {
    const known = this.topics.get(topic)
    const partition = known?.partitions[index]
    if (!known || !partition || leaderEpoch <= partition.leaderEpoch) return this
    const brokers = withEndpoints(this.brokers, endpoints)
    if (!brokers.has(leaderId)) return this
    const partitions = known.partitions.with(index, { ...partition, leaderId, leaderEpoch })
    const topics = new Map(this.topics).set(topic, { ...known, partitions })
    return new Metadata(this.clusterId, this.controllerId, brokers, topics, this.refused)
  }
}

function leads(partition: PartitionInfo, leaderId: number | null, leaderEpoch: number): boolean {
  return partition.leaderId === leaderId && partition.leaderEpoch === leaderEpoch
}

/** The same where they tell nothing new. */
function withEndpoints(
  brokers: ReadonlyMap<number, BrokerInfo>,
  endpoints: readonly BrokerInfo[],
): ReadonlyMap<number, BrokerInfo> {
  const news = endpoints.filter(({ id, host, port }) => {
    const known = brokers.get(id)
    return !known || known.host !== host || known.port !== port
  })
  return news.length === 0 ? brokers : new Map([...brokers, ...news.map((each) => [each.id, each] as const)])
}

type TopicAnswer = MetadataResponse['topics'][number]

function topicOf({ name, topicId, isInternal, partitions }: TopicAnswer, before: TopicInfo | undefined): TopicInfo {
  const id = topicId === ZERO_UUID ? null : topicId
  // A topic that was made again counts its epochs from 0 again.
  const same = before && (id === null || before.id === null || before.id === id) ? before : undefined
  const infos: PartitionInfo[] = []
  const stranger = partitions.find(({ partitionIndex }) => partitionIndex < 0 || partitionIndex >= partitions.length)
  if (stranger) throw new MalformedBytes(`partition ${stranger.partitionIndex} of ${name}, which has ${partitions.length}`)
  for (const { partitionIndex: index, leaderId, leaderEpoch, replicaNodes, isrNodes, offlineReplicas } of partitions) {
    const known = same?.partitions[index]
    // Brokers learn one after the other: one that is behind must not take the client back.
    infos[index] =
      known && leaderEpoch >= 0 && known.leaderEpoch > leaderEpoch
        ? known
        : { index, leaderId: leaderId < 0 ? null : leaderId, leaderEpoch, replicas: replicaNodes, isr: isrNodes, offlineReplicas }
  }
  return { name: name!, id, isInternal, partitions: Array.from(infos, (info, index) => info ?? unknownPartition(index)) }
}

function unknownPartition(index: number): PartitionInfo {
  return { index, leaderId: null, leaderEpoch: -1, replicas: [], isr: [], offlineReplicas: [] }
}
