// A gap in an idempotent producer's sequence right after others led the partition.
//
// librdkafka counts a request as answered a moment before it puts its records back into the queue (`rktp_msgs_inflight`), and another of its threads serves
// the new leader: that one may be sent the second batch while the first, which the leader before refused, is not in the queue yet. Told of the gap, it would
// begin a new producer epoch, and write again what other brokers wrote and did not answer yet. Told that this leader is not ready, it sends both, in order.

import { KafkaError } from '../protocol/errors.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import type { Partition } from '../replication/partition.ts'

/** On a busy machine a client was seen to take a second for it. */
const YOUNG_MS = 5000
/** What is not known at all may have expired: then nothing comes before it, however long it waits. */
const YOUNG_TO_STRANGERS_MS = 1000

/** Throws NOT_LEADER_OR_FOLLOWER for a batch that does not come right behind what the partition has of its producer, in the first seconds of a new leader. */
export function requireNoEarlyGap(batch: RecordBatch, { name, leadership, log: { producers } }: Partition): void {
  // The first batch of a producer, or of its epoch, has nothing before it.
  if (leadership === null || leadership.leaderEpoch === 0 || batch.producerId < 0 || batch.baseSequence === 0) return
  if (producers.continues(batch) || producers.isFenced(batch)) return
  if (leadership.ageMs > (producers.entries.has(batch.producerId) ? YOUNG_MS : YOUNG_TO_STRANGERS_MS)) return
  throw new KafkaError(
    'NOT_LEADER_OR_FOLLOWER',
    `${name} is led here since a moment; what producer ${batch.producerId} wrote before sequence ${batch.baseSequence} has not come yet`,
  )
}
