// A replica's Fetch of the metadata log, read and answered.

import { type ErrorName, errorCode } from '../../protocol/errors.ts'
import type { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import { METADATA_TOPIC_ID } from '../format.ts'
import type { FetchPlace } from '../log-view.ts'
import { type QuorumState, standing } from '../quorum/state.ts'
import type { ReplicaKey } from '../voters.ts'
import { leaderFields, nodeEndpoints, PARTITION } from './common.ts'

export interface ReplicaFetch {
  readonly replica: ReplicaKey
  readonly epoch: number
  readonly offset: number
  readonly lastEpoch: number
  /** Of one that says nothing, as those before version 18 do, it is beyond all: the high watermark alone is no news for it. */
  readonly highWatermark: number
  readonly maxWaitMs: number
  readonly maxBytes: number
}

/** Null where the request is about something else than the metadata log. */
export function fetchTarget({ topics, replicaState, replicaId, maxWaitMs, maxBytes }: FetchRequest): ReplicaFetch | null {
  const [topic, ...others] = topics
  const [partition, ...more] = topic?.partitions ?? []
  if (topic?.topicId !== METADATA_TOPIC_ID || others.length > 0) return null
  if (!partition || more.length > 0 || partition.partition !== PARTITION) return null
  return {
    replica: {
      id: replicaState.replicaId >= 0 ? replicaState.replicaId : replicaId,
      directoryId: partition.replicaDirectoryId,
    },
    epoch: partition.currentLeaderEpoch,
    offset: partition.fetchOffset,
    lastEpoch: partition.lastFetchedEpoch,
    highWatermark: Number(partition.highWatermark),
    maxWaitMs,
    maxBytes,
  }
}

export interface FetchPlaceAnswer {
  readonly error: ErrorName
  readonly place: FetchPlace
  readonly records: Uint8Array
  readonly highWatermark: number
  readonly logStartOffset: number
}

const NONE = { epoch: -1, endOffset: -1 }

export function fetchResponse(state: QuorumState, answer: FetchPlaceAnswer): FetchResponse {
  const { error, place, records, highWatermark, logStartOffset } = answer
  const leader = standing(state)
  const partition = {
    partitionIndex: PARTITION,
    errorCode: errorCode(error),
    highWatermark,
    lastStableOffset: -1,
    logStartOffset,
    divergingEpoch: place.kind === 'diverging' ? place.position : NONE,
    currentLeader: leaderFields(leader),
    snapshotId: place.kind === 'snapshot' ? { endOffset: place.id.endOffset, epoch: place.id.epoch } : NONE,
    abortedTransactions: [],
    preferredReadReplica: -1,
    records,
  }
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    sessionId: 0,
    responses: [{ topic: '', topicId: METADATA_TOPIC_ID, partitions: [partition] }],
    nodeEndpoints: nodeEndpoints(leader).map((endpoint) => ({ ...endpoint, rack: null })),
  }
}

/** The whole request was refused. */
export function noFetch(error: ErrorName): FetchResponse {
  return { throttleTimeMs: 0, errorCode: errorCode(error), sessionId: 0, responses: [], nodeEndpoints: [] }
}
