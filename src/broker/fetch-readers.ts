// Who fetches, and what it may see: a consumer what is committed, a follower all there is; and what the leader learns from a follower's fetch.

import type { LogRead } from '../log/log.ts'
import type { Clock } from '../platform/clock.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { FetchRequest } from '../protocol/messages/fetch.ts'
import type { Partition } from '../replication/partition.ts'
import type { ReplicaSelector } from '../replication/replica-selector.ts'
import type { ReplicationQuota } from '../replication/replication-quota.ts'
import type { EpochEnd } from '../replication/truncation.ts'
import type { FetchedPartition } from './fetch-sessions.ts'

const READ_COMMITTED = 1
/** Since this version consumers may be sent to a follower, and followers serve them (KIP-392). */
const CLOSEST_REPLICA_SINCE = 11

export interface Reader {
  readonly readCommitted: boolean
  /** Throws where the partition does not serve this reader here, or has not what it asks for. Gives where their histories part, if they do. */
  look(partition: Partition, asked: FetchedPartition): EpochEnd | null
  /** Nothing at or behind it is given. */
  bound(partition: Partition): number
  /** While it stands still, and the partition as it stands, there is nothing new for this reader. */
  horizon(partition: Partition): number
  /** Calls `run` when that moved, or the partition stands otherwise, until the returned function is called. */
  watch(partition: Partition, run: () => void): () => void
  /** The broker that this reader should ask instead; null: it is right here. */
  preferredReplica(partition: Partition, asked: FetchedPartition): number | null
  /** Whether it gets nothing for now, because an operator throttles it. */
  isThrottled(partition: Partition): boolean
  read(partition: Partition, from: number, maxBytes: number, minOneBatch: boolean): Promise<LogRead>
  /** So many bytes of the partition go out to it. */
  sent(partition: Partition, bytes: number): void
}

export interface ReaderRooms {
  readonly clock: Clock
  /** Null: consumers are sent nowhere else. */
  readonly selector: ReplicaSelector | null
  /** Of throttled replicas; null: none are. */
  readonly leaderQuota: ReplicationQuota | null
}

/** The node id of a follower; -1 for consumers and for tools that read as one. */
export function replicaIdOf({ replicaState, replicaId }: FetchRequest): number {
  return Math.max(-1, replicaState.replicaId >= 0 ? replicaState.replicaId : replicaId)
}

export function readerOf(request: FetchRequest, version: number, rooms: ReaderRooms): Reader {
  const replicaId = replicaIdOf(request)
  return replicaId >= 0 ? replica(request, replicaId, rooms) : consumer(request, version, rooms)
}

function consumer({ isolationLevel, maxBytes, rackId }: FetchRequest, version: number, { selector }: ReaderRooms): Reader {
  const readCommitted = isolationLevel === READ_COMMITTED
  return {
    readCommitted,
    look(partition, asked) {
      if (version >= CLOSEST_REPLICA_SINCE) partition.requireReplica(asked.currentLeaderEpoch)
      else partition.requireLeader(asked.currentLeaderEpoch)
      requireLimits(asked, maxBytes)
      return placeOf(partition, asked)
    },
    bound: (partition) => (readCommitted ? partition.lastStableOffset : partition.highWatermark),
    horizon: (partition) => partition.highWatermark,
    watch: (partition, run) => partition.watch(run),
    preferredReplica: (partition, { fetchOffset }) =>
      selector && version >= CLOSEST_REPLICA_SINCE && partition.isLeader ? selector(partition, rackId, fetchOffset) : null,
    isThrottled: () => false,
    read: (partition, from, size, minOneBatch) => partition.readFor(from, size, readCommitted, minOneBatch),
    sent() {},
  }
}

function replica(request: FetchRequest, brokerId: number, { clock, leaderQuota }: ReaderRooms): Reader {
  const { maxBytes } = request
  const brokerEpoch = request.replicaState.replicaEpoch
  const at = clock.monotonic()
  const isInSync = (partition: Partition) => partition.leadership?.isInSync(brokerId) ?? false
  return {
    readCommitted: false,
    look(partition, asked) {
      partition.requireLeader(asked.currentLeaderEpoch)
      requireLimits(asked, maxBytes)
      const diverging = placeOf(partition, asked)
      // Where histories part, the offset says nothing of what the follower has in common with us.
      if (!diverging) {
        const { fetchOffset: offset, logStartOffset: startOffset } = asked
        const leaderEndOffset = partition.endOffset
        try {
          partition.fetchedBy(brokerId, { offset, startOffset, brokerEpoch, leaderEndOffset, at })
        } catch (thrown) {
          throw withoutEpoch(thrown, asked)
        }
      }
      return diverging
    },
    bound: (partition) => partition.endOffset,
    horizon: (partition) => partition.endOffset,
    watch: (partition, run) => partition.watchAppends(run),
    preferredReplica: () => null,
    isThrottled: (partition) => leaderQuota?.mustWait(partition, isInSync(partition)) ?? false,
    read: (partition, from, size, minOneBatch) => partition.readForFollower(from, size, minOneBatch),
    sent(partition, bytes) {
      leaderQuota?.count(partition, bytes, isInSync(partition))
      if (bytes > 0) partition.leadership?.gave(brokerId)
    },
  }
}

/** Who names no leader epoch cannot be told that it is ahead of ours: then there is nothing here to follow. */
function withoutEpoch(thrown: unknown, { currentLeaderEpoch }: FetchedPartition): unknown {
  const isUnknown = thrown instanceof KafkaError && thrown.error === 'UNKNOWN_LEADER_EPOCH'
  return isUnknown && currentLeaderEpoch < 0 ? new KafkaError('NOT_LEADER_OR_FOLLOWER', thrown.message) : thrown
}

function requireLimits(asked: FetchedPartition, maxBytes: number): void {
  if (asked.maxBytes < 0 || maxBytes < 0) throw new KafkaError('UNKNOWN_SERVER_ERROR', `a negative byte limit: ${asked.maxBytes}`)
}

/**
 * Where the reader's history and ours part (KIP-595): it must truncate there first. Null where they agree. Throws OFFSET_OUT_OF_RANGE. Where they
 * part, an offset behind our end is no other error: it is the reader that has too much.
 */
function placeOf(partition: Partition, { fetchOffset, lastFetchedEpoch }: FetchedPartition): EpochEnd | null {
  const { startOffset, log, name } = partition
  const parting = lastFetchedEpoch < 0 ? null : log.endOffsetForEpoch(lastFetchedEpoch)
  if (parting && parting.epoch < 0) throw new KafkaError('OFFSET_OUT_OF_RANGE', `${name} knows no epoch ${lastFetchedEpoch}`)
  const isBefore = fetchOffset < startOffset
  if (!isBefore && parting && (parting.epoch < lastFetchedEpoch || parting.endOffset < fetchOffset)) return parting
  if (!isBefore && fetchOffset <= log.endOffset) return null
  throw new KafkaError(
    'OFFSET_OUT_OF_RANGE',
    `${name} holds offsets ${startOffset} to ${log.endOffset}; asked for ${fetchOffset}`,
  )
}
