// What metrics are told of: the node, its partitions, directories, APIs, topics, listeners, groups.

import type { GroupOffsets } from '../coordinator/group/offsets.ts'
import type { Group } from '../coordinator/group/state.ts'
import type { BrokerImage, TopicImage } from '../metadata/image.ts'
import { errorName } from '../protocol/errors.ts'
import type { Partition } from '../replication/partition.ts'
import type { ListenerMeter } from './meters.ts'
import type { Subject } from './metric.ts'
import type { ApiMeter } from './request-meters.ts'
import type { DirSpace, Rooms } from './scene.ts'
import type { PartitionPlace } from './survey-cluster.ts'

export const node: Subject<null> = { name: 'nodes', labels: [], list: () => [null], valuesOf: () => [] }

/** The node once its rooms are open. */
export const openNode: Subject<Rooms> = {
  name: 'nodes',
  labels: [],
  list: ({ rooms }) => (rooms ? [rooms] : []),
  valuesOf: () => [],
}

/** The same where it is a broker, or a controller. */
export const broker: Subject<Rooms> = { ...openNode, list: ({ rooms }) => (rooms?.replicas ? [rooms] : []) }
export const controller: Subject<Rooms> = { ...openNode, list: ({ rooms }) => (rooms?.isController ? [rooms] : []) }
export const activeController: Subject<Rooms> = { ...openNode, list: ({ rooms }) => (rooms?.quorum.isLeader ? [rooms] : []) }

const BY_PARTITION = ['topic', 'partition']

/** Every replica here. */
export const replicas: Subject<Partition> = {
  name: 'replicas',
  labels: BY_PARTITION,
  list: (scene) => scene.replicas?.partitions ?? [],
  valuesOf: ({ topic, index }) => [topic, index],
}

export const ledPartitions: Subject<Partition> = {
  ...replicas,
  name: 'led partitions',
  list: (scene) => where(scene.replicas?.partitions ?? [], ({ isLeader }) => isLeader),
}

/** See `ClusterSurvey.told`. */
export const toldPartitions: Subject<PartitionPlace> = {
  name: 'told partitions',
  labels: BY_PARTITION,
  list: ({ cluster }) => cluster?.told ?? [],
  valuesOf: ({ topic, image }) => [topic, image.partition],
}

/** The active controller alone tells of topics and brokers, so that a sum over all nodes is right. */
export const topics: Subject<TopicImage> = {
  name: 'topics',
  labels: ['topic'],
  list: ({ rooms }) => (rooms?.quorum.isLeader ? rooms.image.topics.values() : []),
  valuesOf: ({ name }) => [name],
}

export const brokerAddresses: Subject<BrokerImage> = {
  name: 'brokers',
  labels: ['id', 'address'],
  list: ({ rooms }) => (rooms?.quorum.isLeader ? rooms.image.brokers.values() : []),
  valuesOf: ({ id, endPoints: [endpoint] }) => [id, endpoint ? `${endpoint.host}:${endpoint.port}` : ''],
}

export const registeredBrokers: Subject<BrokerImage> = { ...brokerAddresses, labels: ['broker'], valuesOf: ({ id }) => [id] }

export const logDirs: Subject<DirSpace> = {
  name: 'log directories',
  labels: ['logDirectory'],
  list: ({ dirs }) => dirs,
  valuesOf: ({ dir }) => [dir.path],
}

/** Their names with a label as Prometheus likes it; `logDirectory` is Kafka's. */
export const ourLogDirs: Subject<DirSpace> = { ...logDirs, labels: ['log_directory'] }

export const apis: Subject<ApiMeter> = {
  name: 'APIs',
  labels: ['request'],
  list: ({ stage }) => stage.meters.requests.all(),
  valuesOf: ({ name }) => [name],
}

export interface Counted {
  readonly labels: readonly (string | number)[]
  readonly count: number
}

export const apiVersions: Subject<Counted> = {
  name: 'API versions',
  labels: ['request', 'version'],
  *list({ stage }) {
    for (const { name, versions } of stage.meters.requests.all()) {
      for (let version = 0; version < versions.length; version++)
        if (versions[version]! > 0) yield { labels: [name, version], count: versions[version]! }
    }
  },
  valuesOf: ({ labels }) => labels,
}

export const apiErrors: Subject<Counted> = {
  name: 'API errors',
  labels: ['request', 'error'],
  *list({ stage }) {
    for (const { name, errors } of stage.meters.requests.all()) {
      for (let at = 0; at < errors.length; at++)
        if (errors[at]! > 0) yield { labels: [name, errorName(at - 1)], count: errors[at]! }
    }
  },
  valuesOf: ({ labels }) => labels,
}

export interface TopicTraffic {
  /** Null for all of them together. */
  readonly topic: string | null
  readonly counts: Float64Array
}

/** All topics together, without a label as in Kafka, and each by itself. */
export const topicTraffic: Subject<TopicTraffic> = {
  name: 'topics with traffic',
  labels: ['topic'],
  *list({ stage: { meters } }) {
    yield { topic: null, counts: meters.traffic.all }
    for (const [topic, counts] of meters.traffic.topics) yield { topic, counts }
  },
  valuesOf: ({ topic }) => [topic],
}

export const listeners: Subject<readonly [name: string, meter: ListenerMeter]> = {
  name: 'listeners',
  labels: ['listener', 'networkProcessor'],
  list: ({ stage }) => stage.meters.listeners,
  valuesOf: ([name]) => [name, 0],
}

export const groups: Subject<Group> = {
  name: 'groups',
  labels: ['consumergroup'],
  *list({ rooms }) {
    for (const { groups } of rooms?.groups?.machines.values() ?? []) yield* groups.values()
  },
  valuesOf: ({ id }) => [id],
}

type Offsets = ReturnType<GroupOffsets['topics']> extends Iterable<[string, infer P]> ? P : never

export interface GroupTopic {
  readonly group: string
  readonly topic: string
  readonly offsets: Offsets
}

export const groupTopics: Subject<GroupTopic> = {
  name: 'topics of groups',
  labels: ['consumergroup', 'topic'],
  *list(scene) {
    for (const { id, offsets } of groups.list(scene))
      for (const [topic, partitions] of offsets.topics()) yield { group: id, topic, offsets: partitions }
  },
  valuesOf: ({ group, topic }) => [group, topic],
}

export interface GroupPartition {
  readonly group: string
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export const groupPartitions: Subject<GroupPartition> = {
  name: 'partitions of groups',
  labels: ['consumergroup', 'topic', 'partition'],
  *list(scene) {
    for (const { group, topic, offsets } of groupTopics.list(scene))
      for (const [partition, { offset }] of offsets) yield { group, topic, partition, offset: Number(offset) }
  },
  valuesOf: ({ group, topic, partition }) => [group, topic, partition],
}

export const quorumState: Subject<string> = {
  name: 'states',
  labels: ['current_state'],
  list: ({ rooms }) => (rooms ? [stateOf(rooms)] : []),
  valuesOf: (state) => [state],
}

function stateOf({ quorum, isController }: Rooms): string {
  if (quorum.isLeader) return 'leader'
  if (quorum.leaderId === null) return 'unattached'
  return isController ? 'follower' : 'observer'
}

export const leftOut: Subject<readonly [subject: string, count: number]> = {
  name: 'subjects left out',
  labels: ['subject'],
  list: (scene) => scene.leftOut,
  valuesOf: ([subject]) => [subject],
}

function* where<T>(items: Iterable<T>, holds: (item: T) => boolean): Generator<T> {
  for (const item of items) if (holds(item)) yield item
}
