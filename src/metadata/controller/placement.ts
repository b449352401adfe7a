// Where the replicas of new partitions go.

import { dealReplicas, PlacementError } from '../../base/replica-racks.ts'
import type { Random } from '../../platform/random.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { BrokerImage } from '../image.ts'

/**
 * The replicas of `count` partitions; the first of each is on a broker that serves. Brokers that are fenced are used only where the others of their
 * rack do not suffice, those that are leaving never. Throws INVALID_REPLICATION_FACTOR.
 */
export function placeReplicas(
  brokers: Iterable<BrokerImage>,
  count: number,
  replicationFactor: number,
  random: Random,
): number[][] {
  const usable = [...brokers].filter(({ fenced, inControlledShutdown }) => fenced || !inControlledShutdown)
  try {
    return dealReplicas(usable, count, replicationFactor, () => random.next())
  } catch (thrown) {
    if (!(thrown instanceof PlacementError)) throw thrown
    const because = `Unable to replicate the partition ${replicationFactor} time(s)`
    throw new KafkaError('INVALID_REPLICATION_FACTOR', `${because}: ${thrown.message}`)
  }
}
