// What others ask, read out of Kafka's requests, and how they are answered. Fetches are read where they are served.

import type { ErrorName } from '../../protocol/errors.ts'
import { errorCode } from '../../protocol/errors.ts'
import { METADATA_LOG } from '../format.ts'
import type { QuorumApis } from '../peers.ts'
import type { Answer, BeginEpochAsk, EndEpochAsk, VoteAsk } from '../quorum/events.ts'
import type { ReplicaKey } from '../voters.ts'
import { leaderFields, metadataPartition, nodeEndpoints, PARTITION } from './common.ts'

type Request<A extends keyof QuorumApis> = QuorumApis[A]['request']
type Response<A extends keyof QuorumApis> = QuorumApis[A]['response']

/** Null where the request is about something else than the metadata log. */
export function voteAsk({ topics, voterId }: Request<'Vote'>): VoteAsk | null {
  const partition = metadataPartition(topics, ({ partitionIndex }) => partitionIndex)
  if (!partition) return null
  const { replicaEpoch, replicaId, replicaDirectoryId, voterDirectoryId, lastOffsetEpoch, lastOffset, preVote } = partition
  return {
    kind: 'vote',
    epoch: replicaEpoch,
    candidate: { id: replicaId, directoryId: replicaDirectoryId },
    last: { epoch: lastOffsetEpoch, endOffset: lastOffset },
    isPreVote: preVote,
    voter: voterKey(voterId, voterDirectoryId),
  }
}

export function beginEpochAsk({ topics, voterId, leaderEndpoints }: Request<'BeginQuorumEpoch'>): BeginEpochAsk | null {
  const partition = metadataPartition(topics, ({ partitionIndex }) => partitionIndex)
  if (!partition) return null
  const [endpoint] = leaderEndpoints
  return {
    kind: 'beginEpoch',
    epoch: partition.leaderEpoch,
    leaderId: partition.leaderId,
    leaderAddress: endpoint ? { host: endpoint.host, port: endpoint.port } : null,
    voter: voterKey(voterId, partition.voterDirectoryId),
  }
}

export function endEpochAsk({ topics }: Request<'EndQuorumEpoch'>): EndEpochAsk | null {
  const partition = metadataPartition(topics, ({ partitionIndex }) => partitionIndex)
  if (!partition) return null
  const preferred = partition.preferredCandidates.map(({ candidateId, candidateDirectoryId }) => ({
    id: candidateId,
    directoryId: candidateDirectoryId,
  }))
  return { kind: 'endEpoch', epoch: partition.leaderEpoch, leaderId: partition.leaderId, preferred }
}

function voterKey(id: number, directoryId: string): ReplicaKey | null {
  return id < 0 ? null : { id, directoryId }
}

export function voteResponse(answer: Answer): Response<'Vote'> {
  const partition = {
    partitionIndex: PARTITION,
    errorCode: errorCode(answer.error),
    ...leaderFields(answer),
    voteGranted: answer.isGranted ?? false,
  }
  return {
    errorCode: 0,
    topics: [{ topicName: METADATA_LOG, partitions: [partition] }],
    nodeEndpoints: nodeEndpoints(answer),
  }
}

/** Of BeginQuorumEpoch and EndQuorumEpoch, which say the same. */
export function epochResponse(answer: Answer): Response<'BeginQuorumEpoch'> {
  const partition = { partitionIndex: PARTITION, errorCode: errorCode(answer.error), ...leaderFields(answer) }
  return {
    errorCode: 0,
    topics: [{ topicName: METADATA_LOG, partitions: [partition] }],
    nodeEndpoints: nodeEndpoints(answer),
  }
}

/** The whole request was refused. */
export function refused(error: ErrorName): { errorCode: number; topics: []; nodeEndpoints: [] } {
  return { errorCode: errorCode(error), topics: [], nodeEndpoints: [] }
}
