// Which replica a consumer should read from (KIP-392): one in its own rack where there is one that serves it, else the leader.

import { KafkaError } from '../protocol/errors.ts'
import type { FollowerProgress } from './follower-progress.ts'
import type { BrokerView } from './links.ts'
import type { Partition } from './partition.ts'

const RACK_AWARE = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

/** The broker to read from instead of the leader; null for the leader itself. */
export type ReplicaSelector = (partition: Partition, rackId: string, fetchOffset: number) => number | null

/** @param name `replica.selector.class`. Throws INVALID_CONFIG for one that does not exist here. */
export function selectorFor(name: string | null, brokers: BrokerView): ReplicaSelector | null {
  if (name === null || name === '' || name === 'org.apache.kafka.common.replica.LeaderSelector') return null
  if (name === RACK_AWARE) return (partition, rackId, fetchOffset) => inRack(partition, rackId, fetchOffset, brokers)
  throw new KafkaError(
    'INVALID_CONFIG',
    `replica.selector.class is ${name}; supported are ${RACK_AWARE} and none, which is the leader`,
  )
}

function inRack({ leadership, localId }: Partition, rackId: string, fetchOffset: number, brokers: BrokerView): number | null {
  if (rackId === '' || !leadership || brokers.rackOf(localId) === rackId) return null
  let best: FollowerProgress | null = null
  for (const follower of leadership.followers) {
    const { brokerId, startOffset, endOffset } = follower
    if (!leadership.isInSync(brokerId) || brokers.rackOf(brokerId) !== rackId || brokers.activeEpochOf(brokerId) === null)
      continue
    if (startOffset > fetchOffset || endOffset < fetchOffset) continue
    if (!best || isNearer(follower, best)) best = follower
  }
  return best?.brokerId ?? null
}

/** Who has more, or had it later, comes first; at last the smaller id, so that all consumers of a rack read from one. */
function isNearer(one: FollowerProgress, other: FollowerProgress): boolean {
  if (one.endOffset !== other.endOffset) return one.endOffset > other.endOffset
  if (one.caughtUpAt !== other.caughtUpAt) return one.caughtUpAt > other.caughtUpAt
  return one.brokerId < other.brokerId
}
