// Where the replicas of new partitions go: spread over racks first, over brokers then, beginning at a random place.

import type { Random } from '../../platform/random.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { BrokerImage } from '../image.ts'

/**
 * The replicas of `count` partitions; the first of each is on a broker that serves. Brokers that are fenced or leaving are used only where
 * the others do not suffice. Throws INVALID_REPLICATION_FACTOR.
 */
export function placeReplicas(
  brokers: Iterable<BrokerImage>,
  count: number,
  replicationFactor: number,
  random: Random,
): number[][] {
  const all = [...brokers]
    .filter(({ fenced, inControlledShutdown }) => fenced || !inControlledShutdown)
    .sort((one, other) => one.id - other.id)
  const serving = all.filter(({ fenced }) => !fenced)
  const because = `Unable to replicate the partition ${replicationFactor} time(s)`
  if (all.length < replicationFactor) {
    throw new KafkaError(
      'INVALID_REPLICATION_FACTOR',
      `${because}: the replication factor cannot be reached because only ${all.length} broker(s) are registered.`,
    )
  }
  if (serving.length === 0) throw new KafkaError('INVALID_REPLICATION_FACTOR', `${because}: all brokers are fenced.`)
  const ring = interleaved(serving)
  const reserve = interleaved(all.filter(({ fenced }) => fenced))
  const start = Math.floor(random.next() * ring.length)
  const stride = Math.floor(random.next() * ring.length)
  return Array.from({ length: count }, (_, index) => pick(ring, reserve, { index, start, stride, replicationFactor }))
}

/** One broker of each rack in turn, so that neighbours in the list share a rack only where it cannot be helped. */
function interleaved(brokers: readonly BrokerImage[]): BrokerImage[] {
  const byRack = new Map<string, BrokerImage[]>()
  for (const broker of brokers) {
    const rack = broker.rack ?? ''
    byRack.set(rack, [...(byRack.get(rack) ?? []), broker])
  }
  const racks = [...byRack.values()]
  const ring: BrokerImage[] = []
  for (let turn = 0; ring.length < brokers.length; turn++) {
    for (const rack of racks) if (rack[turn]) ring.push(rack[turn]!)
  }
  return ring
}

interface Pick {
  readonly index: number
  readonly start: number
  readonly stride: number
  readonly replicationFactor: number
}

function pick(
  ring: readonly BrokerImage[],
  reserve: readonly BrokerImage[],
  { index, start, stride, replicationFactor }: Pick,
): number[] {
  const leader = ring[(start + index) % ring.length]!
  // Followers begin further along with every round of leaders, so that the same pairs do not meet again and again.
  const shift = 1 + ((stride + Math.floor(index / ring.length)) % Math.max(1, ring.length - 1))
  const others = ring.map((_, step) => ring[(start + index + shift + step) % ring.length]!).filter((broker) => broker !== leader)
  const candidates = [...others, ...reserve]
  const chosen = [leader]
  const racks = new Set([leader.rack])
  for (const broker of candidates) {
    if (chosen.length === replicationFactor) break
    if (racks.has(broker.rack)) continue
    racks.add(broker.rack)
    chosen.push(broker)
  }
  for (const broker of candidates) {
    if (chosen.length === replicationFactor) break
    if (!chosen.includes(broker)) chosen.push(broker)
  }
  return chosen.map(({ id }) => id)
}
