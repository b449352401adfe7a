// Replicas that a request names itself, checked; and the records of new partitions.

import { KafkaError } from '../../protocol/errors.ts'
import { partitionRecord } from '../image-records.ts'
import { RECOVERED } from '../partition.ts'
import type { MetadataRecord } from '../records.ts'
import type { Controller } from './controller.ts'
import { directoryOn, isActive } from './election-rules.ts'

export interface PartitionAssignment {
  readonly partitionIndex: number
  readonly brokerIds: readonly number[]
}

/** More than these in one request would make a batch that stops everybody else for too long. */
const MAX_PARTITIONS = 10_000

/**
 * Throws POLICY_VIOLATION where one request, with all its topics, asks for an excessive number of partitions.
 * @param what is to happen to them, for the message
 */
export function requireFewPartitions(count: number, what: string): void {
  if (count <= MAX_PARTITIONS) return
  throw new KafkaError(
    'POLICY_VIOLATION',
    `${count} partitions to be ${what} in one request; at most ${MAX_PARTITIONS} are allowed`,
  )
}

/** Throws INVALID_REPLICA_ASSIGNMENT for brokers that are unknown or named twice, or a number of them other than `replicationFactor`. */
export function requireReplicas({ image }: Controller, replicas: readonly number[], replicationFactor: number | null): void {
  const refuse = (why: string) => new KafkaError('INVALID_REPLICA_ASSIGNMENT', `The manual partition assignment ${why}`)
  if (replicas.length === 0) throw refuse('includes an empty list of replicas.')
  const unknown = replicas.find((id) => !image.brokers.has(id))
  if (unknown !== undefined) throw refuse(`includes broker ${unknown}, but no such broker is registered.`)
  const twice = replicas.find((id, index) => replicas.indexOf(id) !== index)
  if (twice !== undefined) throw refuse(`includes broker ${twice} more than once.`)
  if (replicationFactor === null || replicas.length === replicationFactor) return
  throw refuse(`has ${replicas.length} replica(s) where others have ${replicationFactor}.`)
}

/** The replica lists of a new topic, by partition. Throws INVALID_REPLICA_ASSIGNMENT where partitions are missing or named twice. */
export function manualReplicas(controller: Controller, assignments: readonly PartitionAssignment[]): (readonly number[])[] {
  const byPartition = new Map<number, readonly number[]>()
  for (const { partitionIndex, brokerIds } of assignments) {
    if (byPartition.has(partitionIndex)) {
      throw new KafkaError(
        'INVALID_REPLICA_ASSIGNMENT',
        `Found multiple manual partition assignments for partition ${partitionIndex}`,
      )
    }
    requireReplicas(controller, brokerIds, assignments[0]!.brokerIds.length)
    byPartition.set(partitionIndex, brokerIds)
  }
  return assignments.map((_, index) => {
    const replicas = byPartition.get(index)
    if (replicas) return replicas
    throw new KafkaError('INVALID_REPLICA_ASSIGNMENT', `partitions must be numbered from 0 without gaps; ${index} is missing`)
  })
}

/** A partition that begins its life: led by the first of its replicas that serves. Throws INVALID_REPLICA_ASSIGNMENT where none does. */
export function newPartition(
  controller: Controller,
  topicId: string,
  partition: number,
  replicas: readonly number[],
): MetadataRecord {
  const isr = replicas.filter((id) => isActive(controller, id))
  if (isr.length === 0) {
    throw new KafkaError(
      'INVALID_REPLICA_ASSIGNMENT',
      `All brokers of partition ${partition} (${replicas}) are fenced or shutting down.`,
    )
  }
  return partitionRecord(topicId, {
    partition,
    replicas,
    isr,
    directories: replicas.map((id) => directoryOn(controller, id)),
    removingReplicas: [],
    addingReplicas: [],
    leader: isr[0]!,
    leaderRecoveryState: RECOVERED,
    leaderEpoch: 0,
    partitionEpoch: 0,
    elr: [],
    lastKnownElr: [],
  })
}
