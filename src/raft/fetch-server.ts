// Gives the log and its snapshots to those who ask this member. A fetch that finds nothing new waits for records, for the high watermark, or for the end of its time.

import { type Deferred, deferred } from '../base/deferred.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'
import { type ErrorName, errorCode, KafkaError } from '../protocol/errors.ts'
import type { FetchRequest, FetchResponse } from '../protocol/messages/fetch.ts'
import type { FetchSnapshotRequest, FetchSnapshotResponse } from '../protocol/messages/fetch-snapshot.ts'
import { METADATA_LOG } from './format.ts'
import { placeOf } from './log-view.ts'
import type { QuorumEvent } from './quorum/events.ts'
import { rivalOf } from './quorum/progress.ts'
import { type QuorumState, standing } from './quorum/state.ts'
import type { ReplicaLog } from './replica-log.ts'
import { readSnapshotBytes } from './snapshot-bytes.ts'
import type { ReplicaKey } from './voters.ts'
import { leaderFields, metadataPartition, nodeEndpoints } from './wire/common.ts'
import { type FetchPlaceAnswer, fetchResponse, fetchTarget, noFetch, type ReplicaFetch } from './wire/fetches.ts'

export interface FetchServerOptions {
  readonly state: QuorumState
  readonly log: ReplicaLog
  readonly clock: Clock
  readonly disk: Disk
  readonly logger: Logger
  readonly clusterId: string | null
  readonly handle: (event: QuorumEvent) => void
  /** The log gave out damage; nobody may rely on it any more. */
  readonly onDamage: (why: KafkaError) => void
}

/** Answers are made in memory. */
const MAX_BYTES = 8 * 1024 * 1024
/** Replicas ask for half a second; nobody may stay for longer than this. */
const MAX_WAIT_MS = 30_000

export class FetchServer {
  readonly #options: FetchServerOptions
  readonly #parked = new Set<Deferred<void>>()
  #isStopped = false
  #toldOf = ''

  constructor(options: FetchServerOptions) {
    this.#options = options
  }

  /** The log grew, more is committed, or this node leads no longer: everybody looks again. */
  wake(): void {
    for (const waiting of this.#parked) waiting.resolve()
    this.#parked.clear()
  }

  /** Nobody waits any more. */
  stop(): void {
    this.#isStopped = true
    this.wake()
  }

  // ---- records

  /** Answers a replica's Fetch of the metadata log as its leader; any other member says whom it knows to lead. */
  async fetch(request: FetchRequest, gone?: AbortSignal): Promise<FetchResponse> {
    const { clusterId, clock, state } = this.#options
    if (!isSameCluster(clusterId, request.clusterId)) return noFetch('INCONSISTENT_CLUSTER_ID')
    const wanted = fetchTarget(request)
    if (!wanted) return noFetch('UNKNOWN_TOPIC_OR_PARTITION')
    if (this.#isTwice(wanted.replica)) return noFetch('DUPLICATE_VOTER')
    const deadline = clock.monotonic() + Math.min(wanted.maxWaitMs, MAX_WAIT_MS)
    for (let isFirst = true; ; isFirst = false) {
      const found = await this.#look(wanted, isFirst)
      const hasNews = found.error !== 'NONE' || found.place.kind !== 'valid' || found.records.length > 0
      const left = deadline - clock.monotonic()
      if (hasNews || found.highWatermark > wanted.highWatermark || left <= 0 || this.#isStopped || gone?.aborted)
        return fetchResponse(state, found)
      await this.#park(wanted, left, gone)
    }
  }

  /** Only the first look is the replica's own word; it says nothing new by waiting. */
  async #look(wanted: ReplicaFetch, isFirst: boolean): Promise<FetchPlaceAnswer> {
    const { state, log, handle } = this.#options
    const nothing = { place: { kind: 'valid' as const }, records: new Uint8Array(0), logStartOffset: log.startOffset }
    const refused = this.#refusal(wanted.epoch)
    if (refused) return { ...nothing, error: refused, highWatermark: -1 }
    const place = placeOf(log, wanted.offset, wanted.lastEpoch)
    const offset = place.kind === 'valid' ? wanted.offset : null
    if (isFirst) handle({ kind: 'fetchedBy', epoch: wanted.epoch, replica: wanted.replica, offset })
    let records: Uint8Array = nothing.records
    let error: ErrorName = 'NONE'
    if (place.kind === 'valid' && wanted.offset < log.endOffset) {
      try {
        records = await log.read(wanted.offset, Math.min(wanted.maxBytes, MAX_BYTES))
      } catch (thrown) {
        error = this.#failure(thrown)
      }
    }
    // Reading took a while: somebody else may lead by now.
    const refusedNow = this.#refusal(wanted.epoch)
    if (refusedNow) return { ...nothing, error: refusedNow, highWatermark: -1 }
    const highWatermark = state.leading?.hasHighWatermark ? state.highWatermark : -1
    return { error, place, records, logStartOffset: log.startOffset, highWatermark }
  }

  #refusal(epoch: number): ErrorName | null {
    const { state } = this.#options
    if (this.#isStopped) return 'BROKER_NOT_AVAILABLE'
    if (epoch < state.epoch) return 'FENCED_LEADER_EPOCH'
    if (epoch > state.epoch) return 'UNKNOWN_LEADER_EPOCH'
    return state.role === 'leader' ? null : 'NOT_LEADER_OR_FOLLOWER'
  }

  /** Whether this leader knows another living process by the id of this one, which must not be counted for it. */
  #isTwice(replica: ReplicaKey): boolean {
    const { state, clock, logger } = this.#options
    const rival = state.role === 'leader' ? rivalOf(state, replica, clock.monotonic()) : null
    if (!rival) return false
    const told = `${replica.id} ${replica.directoryId}`
    if (told !== this.#toldOf)
      logger.error('two processes take part in the metadata quorum as one node; the second one is refused', {
        nodeId: replica.id,
        first: rival.directoryId,
        second: replica.directoryId,
        whatToDo: 'give each process a node.id of its own, or stop the one whose meta.properties has the second directory.id',
      })
    this.#toldOf = told
    return true
  }

  #failure(thrown: unknown): ErrorName {
    const { logger, onDamage } = this.#options
    const why = KafkaError.of(thrown)
    logger.error('the metadata log could not be read for a replica', { error: thrown })
    if (why.error === 'CORRUPT_MESSAGE') onDamage(why)
    return why.error
  }

  /** Whatever changed between the look and here woke nobody, so it is asked once more. */
  async #park({ offset, highWatermark, epoch }: ReplicaFetch, ms: number, gone?: AbortSignal): Promise<void> {
    const { clock, log, state } = this.#options
    const hasMoved = log.endOffset > offset || (state.leading?.hasHighWatermark && state.highWatermark > highWatermark)
    if (hasMoved || this.#refusal(epoch)) return
    const waiting = deferred<void>()
    this.#parked.add(waiting)
    const wake = () => waiting.resolve()
    const timer = clock.after(ms, wake)
    gone?.addEventListener('abort', wake)
    await waiting.promise
    gone?.removeEventListener('abort', wake)
    timer.cancel()
    this.#parked.delete(waiting)
  }

  // ---- snapshots

  /** One piece of a snapshot (KIP-630). */
  async fetchSnapshot(request: FetchSnapshotRequest): Promise<FetchSnapshotResponse> {
    const { clusterId, log, handle, disk, state } = this.#options
    if (!isSameCluster(clusterId, request.clusterId)) return noSnapshot('INCONSISTENT_CLUSTER_ID')
    const partition = metadataPartition(request.topics, (one) => one.partition)
    if (!partition) return noSnapshot('UNKNOWN_TOPIC_OR_PARTITION')
    const { currentLeaderEpoch: epoch, snapshotId, position, replicaDirectoryId: directoryId } = partition
    const answer = (error: ErrorName, size = 0, bytes: Uint8Array = new Uint8Array(0)): FetchSnapshotResponse => ({
      throttleTimeMs: 0,
      errorCode: 0,
      topics: [
        {
          name: METADATA_LOG,
          partitions: [
            {
              index: 0,
              errorCode: errorCode(error),
              snapshotId,
              currentLeader: leaderFields(standing(state)),
              size,
              position,
              unalignedRecords: bytes,
            },
          ],
        },
      ],
      nodeEndpoints: nodeEndpoints(standing(state)),
    })
    if (this.#isTwice({ id: request.replicaId, directoryId })) return noSnapshot('DUPLICATE_VOTER')
    const refused = this.#refusal(epoch)
    if (refused) return answer(refused)
    handle({ kind: 'fetchedBy', epoch, replica: { id: request.replicaId, directoryId }, offset: null })
    if (!log.hasSnapshot(snapshotId)) return answer('SNAPSHOT_NOT_FOUND')
    const piece = await readSnapshotBytes(disk, log.dir, snapshotId, position, Math.min(request.maxBytes, MAX_BYTES))
    if (piece === null) return answer('SNAPSHOT_NOT_FOUND')
    if (position < 0 || position >= piece.sizeInBytes) return answer('POSITION_OUT_OF_RANGE', piece.sizeInBytes)
    return answer(this.#refusal(epoch) ?? 'NONE', piece.sizeInBytes, piece.bytes)
  }
}

/** Who does not say which cluster it means is believed. */
export function isSameCluster(own: string | null, other: string | null): boolean {
  return own === null || other === null || own === other
}

function noSnapshot(error: ErrorName): FetchSnapshotResponse {
  return { throttleTimeMs: 0, errorCode: errorCode(error), topics: [], nodeEndpoints: [] }
}
