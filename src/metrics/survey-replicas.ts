// One walk over the partitions of this broker, for all that is counted of them.

import type { Slices } from '../platform/slices.ts'
import type { Partition } from '../replication/partition.ts'
import type { Rooms } from './scene.ts'

/** How a partition stands, by what its replica here knows and the metadata says. */
export interface PartitionStand {
  readonly isLeader: boolean
  readonly replicas: number
  readonly inSync: number
  readonly minInSync: number
}

export interface ReplicaSurvey {
  readonly partitions: readonly Partition[]
  readonly leaders: number
  readonly underReplicated: number
  readonly underMinIsr: number
  readonly atMinIsr: number
  /** Replicas whose log directory failed. */
  readonly offline: number
  readonly reassigning: number
  readonly producerIds: number
}

export function standOf({ isLeader, role, log }: Partition): PartitionStand {
  const replicas = role.replicas.length
  return { isLeader, replicas, inSync: role.isr.length, minInSync: Math.min(log.config['min.insync.replicas'], replicas) }
}

export const isUnderReplicated = ({ isLeader, inSync, replicas }: PartitionStand) => isLeader && inSync < replicas
export const isUnderMinIsr = ({ isLeader, inSync, minInSync }: PartitionStand) => isLeader && inSync < minInSync
export const isAtMinIsr = ({ isLeader, inSync, minInSync }: PartitionStand) => isLeader && inSync === minInSync

export async function surveyReplicas({ replicas, image }: Rooms, slices: Slices): Promise<ReplicaSurvey> {
  const partitions = [...replicas!.all()]
  const found = { leaders: 0, underReplicated: 0, underMinIsr: 0, atMinIsr: 0, offline: 0, reassigning: 0, producerIds: 0 }
  for (let i = 0; i < partitions.length; i++) {
    while (slices.isOverAt(i)) await slices.turn()
    const partition = partitions[i]!
    const stand = standOf(partition)
    if (stand.isLeader) found.leaders++
    if (isUnderReplicated(stand)) found.underReplicated++
    if (isUnderMinIsr(stand)) found.underMinIsr++
    if (isAtMinIsr(stand)) found.atMinIsr++
    if (partition.log.offline || replicas!.dirOf(partition)?.offline) found.offline++
    const known = image.partition(partition.topic, partition.index)
    if (stand.isLeader && known && known.addingReplicas.length + known.removingReplicas.length > 0) found.reassigning++
    found.producerIds += partition.log.producers.count
  }
  return { partitions, ...found }
}
