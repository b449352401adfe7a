// How far a plan is: which replicas partitions have, and in which directories they lie.

import type { Admin } from '../../../client/admin/admin.ts'
import { partitionKey } from '../../../client/admin/outcomes.ts'
import { Failure } from '../failure.ts'
import { inOrder, type PlannedPartition, type PlannedReplica, replicaKey } from './reassign-plan.ts'

/** What is said of the partitions of a plan, and whether anything at all is under way in the cluster. */
export async function partitionStates(
  admin: Admin,
  planned: readonly PlannedPartition[],
): Promise<{ readonly lines: readonly string[]; readonly isUnderWay: boolean }> {
  const underWay = await admin.listPartitionReassignments()
  const moving = new Set(underWay.map(({ topic, partition }) => partitionKey(topic, partition)))
  const isMoving = ({ topic, partition }: PlannedPartition) => moving.has(partitionKey(topic, partition))
  const names = [...new Set(planned.filter((each) => !isMoving(each)).map(({ topic }) => topic))]
  const described = await admin.describeTopics(names)
  const current = ({ topic, partition }: PlannedPartition): readonly number[] => {
    const error = described.errors.get(topic)
    if (error?.code === 'UNKNOWN_TOPIC_OR_PARTITION') return []
    const { partitions } = described.get(topic)!
    if (partitions.length < partition) return []
    if (partitions.length === partition) throw new Failure(`Index ${partition} out of bounds for length ${partitions.length}`)
    return partitions[partition]!.replicas
  }
  const byKey = new Map(planned.map((each) => [partitionKey(each.topic, each.partition), each]))
  const lines = inOrder(byKey.values()).map((each) => {
    const key = partitionKey(each.topic, each.partition)
    if (isMoving(each)) return `Reassignment of partition ${key} is still in progress.`
    const now = current(each).join(',')
    const wanted = each.replicas.join(',')
    if (now === wanted) return `Reassignment of partition ${key} is completed.`
    return `There is no active reassignment of partition ${key}, but replica set is ${now} rather than ${wanted}.`
  })
  return { lines, isUnderWay: underWay.length > 0 }
}

/** Where a replica lies, and where it is being moved to; null where it does not lie, or is not moved. */
export interface ReplicaPlace extends PlannedReplica {
  readonly current: string | null
  readonly future: string | null
}

/** The places of the replicas of a plan, by broker, topic and partition. */
export async function replicaPlaces(admin: Admin, replicas: readonly PlannedReplica[]): Promise<readonly ReplicaPlace[]> {
  const brokers = [...new Set(replicas.map(({ broker }) => broker))].sort((a, b) => a - b)
  const described = brokers.length === 0 ? null : await admin.describeLogDirs(brokers)
  const placed = replicas.map((replica): ReplicaPlace => {
    const dirs = described!.get(String(replica.broker))!
    const found = dirs.flatMap((dir) =>
      dir.replicas
        .filter(({ topic, partition }) => topic === replica.topic && partition === replica.partition)
        .map(({ isFuture }) => ({ path: dir.path, isFuture })),
    )
    const pathOf = (isFuture: boolean) => found.find((each) => each.isFuture === isFuture)?.path ?? null
    return { ...replica, current: pathOf(false), future: pathOf(true) }
  })
  return inOrder(placed).sort((a, b) => a.broker - b.broker)
}

/** In which directory each replica of these partitions lies, by its key, as far as its broker serves. */
export async function currentDirs(admin: Admin, partitions: readonly PlannedPartition[]): Promise<ReadonlyMap<string, string>> {
  const serving = new Set((await admin.describeCluster()).nodes.map(({ id }) => id))
  const replicas = partitions.flatMap(({ topic, partition, replicas: ids }) =>
    ids.filter((id) => serving.has(id)).map((broker) => ({ topic, partition, broker, logDir: '' })),
  )
  const places = await replicaPlaces(admin, replicas)
  return new Map(places.flatMap((place) => (place.current === null ? [] : [[replicaKey(place), place.current] as const])))
}

export const isBeingMoved = ({ current, future }: ReplicaPlace) => current !== null && future !== null

/** What is said of a replica's place. */
export function placeText({ topic, partition, broker, logDir, current, future }: ReplicaPlace): string {
  const key = partitionKey(topic, partition)
  if (current === null) {
    return `Partition ${key} is not found in any live log dir on broker ${broker}. There is likely an offline log directory on the broker.`
  }
  if (future === null) {
    return current === logDir
      ? `Reassignment of replica ${key}-${broker} completed successfully.`
      : `Partition ${key} on broker ${broker} is not being moved from log dir ${current} to ${logDir}.`
  }
  return future === logDir
    ? `Reassignment of replica ${key}-${broker} is still in progress.`
    : `Partition ${key} on broker ${broker} is being moved to log dir ${future} instead of ${logDir}.`
}
