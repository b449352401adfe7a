// What this member asks, as Kafka's requests: field for field what Apache Kafka 4.2 was seen to send.

import { ZERO_UUID } from '../../base/uuid.ts'
import { METADATA_LOG, METADATA_TOPIC_ID } from '../format.ts'
import type { QuorumApi, QuorumApis } from '../peers.ts'
import type { Ask, BeginEpochAsk, EndEpochAsk, FetchAsk, FetchSnapshotAsk, VoteAsk } from '../quorum/events.ts'
import type { ReplicaKey } from '../voters.ts'
import { addRequest, removeRequest, updateRequest, versionsRequest } from './changes.ts'
import { PARTITION } from './common.ts'

const MAX_BYTES = 8 * 1024 * 1024
const MAX_WAIT_MS = 500

/** Who asks. */
export interface Asker {
  readonly clusterId: string | null
  readonly self: ReplicaKey
  /** The name of the listener that `BeginQuorumEpoch` gives the leader's address for. */
  readonly listener: string
  /** controller.quorum.request.timeout.ms: how long a change of the voters may take that this node asks for. */
  readonly requestTimeoutMs: number
}

export type QuorumRequest = { [A in QuorumApi]: { readonly api: A; readonly request: QuorumApis[A]['request'] } }[QuorumApi]

export function requestOf(ask: Ask, asker: Asker): QuorumRequest {
  switch (ask.kind) {
    case 'vote':
      return { api: 'Vote', request: voteRequest(ask, asker) }
    case 'beginEpoch':
      return { api: 'BeginQuorumEpoch', request: beginRequest(ask, asker) }
    case 'endEpoch':
      return { api: 'EndQuorumEpoch', request: endRequest(ask, asker) }
    case 'fetch':
      return { api: 'Fetch', request: fetchRequest(ask, asker) }
    case 'fetchSnapshot':
      return { api: 'FetchSnapshot', request: fetchSnapshotRequest(ask, asker) }
    case 'addVoter':
      return { api: 'AddRaftVoter', request: addRequest(ask, asker) }
    case 'removeVoter':
      return { api: 'RemoveRaftVoter', request: removeRequest(ask, asker) }
    case 'updateVoter':
      return { api: 'UpdateRaftVoter', request: updateRequest(ask, asker) }
    case 'versions':
      return { api: 'ApiVersions', request: versionsRequest }
  }
}

function voteRequest({ epoch, candidate, last, isPreVote, voter }: VoteAsk, { clusterId }: Asker): QuorumApis['Vote']['request'] {
  const partition = {
    partitionIndex: PARTITION,
    replicaEpoch: epoch,
    replicaId: candidate.id,
    replicaDirectoryId: candidate.directoryId,
    voterDirectoryId: voter?.directoryId ?? ZERO_UUID,
    lastOffsetEpoch: last.epoch,
    lastOffset: last.endOffset,
    preVote: isPreVote,
  }
  return { clusterId, voterId: voter?.id ?? -1, topics: [{ topicName: METADATA_LOG, partitions: [partition] }] }
}

function beginRequest(
  { epoch, leaderId, leaderAddress, voter }: BeginEpochAsk,
  { clusterId, listener }: Asker,
): QuorumApis['BeginQuorumEpoch']['request'] {
  const partition = {
    partitionIndex: PARTITION,
    voterDirectoryId: voter?.directoryId ?? ZERO_UUID,
    leaderId,
    leaderEpoch: epoch,
  }
  return {
    clusterId,
    voterId: voter?.id ?? -1,
    topics: [{ topicName: METADATA_LOG, partitions: [partition] }],
    leaderEndpoints: leaderAddress ? [{ name: listener, ...leaderAddress }] : [],
  }
}

function endRequest({ epoch, leaderId, preferred }: EndEpochAsk, { clusterId }: Asker): QuorumApis['EndQuorumEpoch']['request'] {
  const partition = {
    partitionIndex: PARTITION,
    leaderId,
    leaderEpoch: epoch,
    preferredSuccessors: preferred.map(({ id }) => id),
    preferredCandidates: preferred.map(({ id, directoryId }) => ({ candidateId: id, candidateDirectoryId: directoryId })),
  }
  return { clusterId, topics: [{ topicName: METADATA_LOG, partitions: [partition] }], leaderEndpoints: [] }
}

function fetchRequest(
  { epoch, offset, lastEpoch, highWatermark }: FetchAsk,
  { clusterId, self }: Asker,
): QuorumApis['Fetch']['request'] {
  const partition = {
    partition: PARTITION,
    currentLeaderEpoch: epoch,
    fetchOffset: offset,
    lastFetchedEpoch: lastEpoch,
    logStartOffset: -1,
    partitionMaxBytes: 0,
    replicaDirectoryId: self.directoryId,
    highWatermark: BigInt(highWatermark),
  }
  return {
    clusterId,
    replicaId: -1,
    replicaState: { replicaId: self.id, replicaEpoch: -1 },
    maxWaitMs: MAX_WAIT_MS,
    minBytes: 0,
    maxBytes: MAX_BYTES,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic: '', topicId: METADATA_TOPIC_ID, partitions: [partition] }],
    forgottenTopicsData: [],
    rackId: '',
  }
}

function fetchSnapshotRequest(
  { epoch, id, position }: FetchSnapshotAsk,
  { clusterId, self }: Asker,
): QuorumApis['FetchSnapshot']['request'] {
  const partition = {
    partition: PARTITION,
    currentLeaderEpoch: epoch,
    snapshotId: { endOffset: id.endOffset, epoch: id.epoch },
    position,
    replicaDirectoryId: self.directoryId,
  }
  return {
    clusterId,
    replicaId: self.id,
    maxBytes: MAX_BYTES,
    topics: [{ name: METADATA_LOG, partitions: [partition] }],
  }
}
