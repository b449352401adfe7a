// What one scrape sees: the rooms of the node, what was counted, and lists that several metrics share, made once and in slices.

import type { Histogram } from '../base/histogram.ts'
import type { GroupMachine } from '../coordinator/group/group-machine.ts'
import type { BrokerImage, TopicImage } from '../metadata/image.ts'
import type { Slices } from '../platform/slices.ts'
import type { VitalSigns } from '../platform/vitals.ts'
import type { Partition } from '../replication/partition.ts'
import type { Changes } from './changes.ts'
import type { Health } from './health.ts'
import type { LoopLag } from './loop-lag.ts'
import type { Meters } from './meters.ts'
import { type ClusterSurvey, surveyCluster } from './survey-cluster.ts'
import { type ReplicaSurvey, surveyReplicas } from './survey-replicas.ts'

/** A log directory. */
export interface DirFacts {
  readonly path: string
  readonly offline: Error | null
  /** Flushes of files so far. */
  readonly flushes: number
  /** How long they took, in microseconds. */
  readonly flushTimes: Histogram
  /** Appended bytes that only memory has. */
  readonly unwrittenBytes: number
}

/** The metadata's log, whoever leads it. */
export interface QuorumFacts {
  readonly isLeader: boolean
  readonly leaderId: number | null
  readonly leaderEpoch: number
  readonly endOffset: number
  readonly committedOffset: number
  /** Ids of those who vote, where a quorum of ours does. */
  readonly voters?: readonly { readonly id: number }[]
}

/** The rooms of a node that is up, as far as metrics look into them. A node has `replicas` and `groups` if it is a broker. */
export interface Rooms {
  readonly nodeId: number
  readonly clusterId: string
  readonly isController: boolean
  readonly image: {
    readonly topics: ReadonlyMap<string, TopicImage>
    readonly topicsById: ReadonlyMap<string, TopicImage>
    readonly brokers: ReadonlyMap<number, BrokerImage>
    readonly features: ReadonlyMap<string, number>
    partition(topic: string, partition: number): TopicImage['partitions'][number] | undefined
  }
  /** The follower of the metadata's log. */
  readonly publisher: { readonly endOffset: number; readonly lastTimestamp: number }
  readonly quorum: QuorumFacts
  /** When the active controller heard of a broker last, by the wall clock; undefined for one it has not heard of. Null where this is not it. */
  readonly lastHeard: () => ((brokerId: number) => number | undefined) | null
  readonly replicas: {
    all(): Iterable<Partition>
    dirOf(partition: Partition): DirFacts | undefined
    get(topic: string, index: number): Partition | undefined
  } | null
  readonly groups: { readonly machines: ReadonlyMap<number, GroupMachine> } | null
  readonly dirs: readonly DirFacts[]
  readonly space: (path: string) => Promise<{ readonly total: number; readonly usable: number }>
  /** Bytes of requests that were read and not answered, and how many there may be. */
  readonly requestMemory: () => { readonly used: number; readonly limit: number }
}

/** What stays from scrape to scrape. */
export interface Stage {
  readonly meters: Meters
  readonly changes: Changes
  readonly lag: LoopLag
  readonly health: Health
  readonly vitals: () => VitalSigns | null
  readonly now: () => number
  readonly version: string
  /** Null while the node starts. */
  readonly rooms: () => Rooms | null
  readonly slices: Slices
}

export interface DirSpace {
  readonly dir: DirFacts
  /** Null where the disk does not say. */
  readonly total: number | null
  readonly usable: number | null
}

export interface Scene {
  readonly stage: Stage
  readonly now: number
  readonly vitals: VitalSigns | null
  /** All below are null, or empty, while the node starts. */
  readonly rooms: Rooms | null
  readonly replicas: ReplicaSurvey | null
  readonly cluster: ClusterSurvey | null
  readonly dirs: readonly DirSpace[]
  /** How many subjects of each kind were left out of this page, so far. */
  readonly leftOut: Map<string, number>
}

/** Looks at all there is, in slices. */
export async function openScene(stage: Stage): Promise<Scene> {
  const rooms = stage.rooms()
  const { slices } = stage
  return {
    stage,
    now: stage.now(),
    vitals: stage.vitals(),
    rooms,
    replicas: rooms?.replicas ? await surveyReplicas(rooms, slices) : null,
    cluster: rooms ? await surveyCluster(rooms, slices) : null,
    dirs: rooms ? await Promise.all(rooms.dirs.map((dir) => spaceOf(dir, rooms))) : [],
    leftOut: new Map(),
  }
}

async function spaceOf(dir: DirFacts, { space }: Rooms): Promise<DirSpace> {
  if (dir.offline) return { dir, total: null, usable: null }
  try {
    return { dir, ...(await space(dir.path)) }
  } catch {
    return { dir, total: null, usable: null } // a disk that fails says so where it is written
  }
}
