// One walk over the partitions of the cluster, for what a controller tells of all of them.

import type { TopicImage } from '../metadata/image.ts'
import { NO_LEADER } from '../metadata/partition.ts'
import type { Slices } from '../platform/slices.ts'
import type { Rooms } from './scene.ts'

export interface PartitionPlace {
  readonly topic: string
  readonly image: TopicImage['partitions'][number]
}

export interface ClusterSurvey {
  readonly partitions: number
  readonly preferredImbalance: number
  /** Without a leader: nobody else can tell of them. */
  readonly leaderless: readonly PartitionPlace[]
  /** What this broker leads, and on the active controller what nobody leads: so all brokers together tell of each partition once. */
  readonly told: readonly PartitionPlace[]
  readonly activeBrokers: number
  readonly fencedBrokers: number
  readonly leavingBrokers: number
}

export async function surveyCluster({ image, nodeId, quorum }: Rooms, slices: Slices): Promise<ClusterSurvey> {
  const leaderless: PartitionPlace[] = []
  const told: PartitionPlace[] = []
  let partitions = 0
  let preferredImbalance = 0
  for (const { name, partitions: all } of image.topics.values()) {
    for (const one of all) {
      while (slices.isOverAt(partitions)) await slices.turn()
      partitions++
      if (one.leader !== NO_LEADER && one.leader !== one.replicas[0]) preferredImbalance++
      const place = { topic: name, image: one }
      if (one.leader === NO_LEADER) leaderless.push(place)
      if (one.leader === nodeId || (one.leader === NO_LEADER && quorum.isLeader)) told.push(place)
    }
  }
  const brokers = [...image.brokers.values()]
  return {
    partitions,
    preferredImbalance,
    leaderless,
    told,
    activeBrokers: brokers.filter(({ fenced }) => !fenced).length,
    fencedBrokers: brokers.filter(({ fenced }) => fenced).length,
    leavingBrokers: brokers.filter(({ inControlledShutdown }) => inControlledShutdown).length,
  }
}
