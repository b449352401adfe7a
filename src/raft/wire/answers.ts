// What others answered, read out of Kafka's responses.

import { errorName } from '../../protocol/errors.ts'
import type { FetchResponse } from '../../protocol/messages/fetch.ts'
import type { FetchSnapshotResponse } from '../../protocol/messages/fetch-snapshot.ts'
import { METADATA_TOPIC_ID } from '../format.ts'
import type { QuorumApi, QuorumApis } from '../peers.ts'
import type { Answer } from '../quorum/events.ts'
import { changeAnswer, updateAnswer, versionsAnswer } from './changes.ts'
import { metadataPartition, PARTITION, refusal, standingOf } from './common.ts'

type Responses = { [A in QuorumApi]: QuorumApis[A]['response'] }

/** What a response says; one that is about something else, or was refused as a whole, says nothing of a leader. */
export function answerOf<A extends QuorumApi>(api: A, response: Responses[A]): Answer {
  switch (api) {
    case 'Vote':
      return voteAnswer(response as Responses['Vote'])
    case 'Fetch':
      return fetchAnswer(response as Responses['Fetch'])
    case 'FetchSnapshot':
      return pieceAnswer(response as Responses['FetchSnapshot'])
    case 'AddRaftVoter':
    case 'RemoveRaftVoter':
      return changeAnswer(response as Responses['AddRaftVoter' | 'RemoveRaftVoter'])
    case 'UpdateRaftVoter':
      return updateAnswer(response as Responses['UpdateRaftVoter'])
    case 'ApiVersions':
      return versionsAnswer(response as Responses['ApiVersions'])
    default:
      return epochAnswer(response as Responses['BeginQuorumEpoch'])
  }
}

const MEANINGLESS = 'UNKNOWN_SERVER_ERROR'

function voteAnswer({ errorCode, topics, nodeEndpoints }: Responses['Vote']): Answer {
  if (errorCode !== 0) return refusal(errorName(errorCode))
  const partition = metadataPartition(topics, ({ partitionIndex }) => partitionIndex)
  if (!partition) return refusal(MEANINGLESS)
  return { ...standingOf(partition.errorCode, partition, nodeEndpoints), isGranted: partition.voteGranted }
}

function epochAnswer({ errorCode, topics, nodeEndpoints }: Responses['BeginQuorumEpoch']): Answer {
  if (errorCode !== 0) return refusal(errorName(errorCode))
  const partition = metadataPartition(topics, ({ partitionIndex }) => partitionIndex)
  return partition ? standingOf(partition.errorCode, partition, nodeEndpoints) : refusal(MEANINGLESS)
}

function fetchAnswer({ errorCode, responses, nodeEndpoints }: FetchResponse): Answer {
  if (errorCode !== 0) return refusal(errorName(errorCode))
  const [topic] = responses
  const partition = topic?.partitions[0]
  if (topic?.topicId !== METADATA_TOPIC_ID || partition?.partitionIndex !== PARTITION) return refusal(MEANINGLESS)
  const { divergingEpoch, snapshotId, highWatermark, records } = partition
  return {
    ...standingOf(partition.errorCode, partition.currentLeader, nodeEndpoints),
    fetched: {
      highWatermark,
      diverging: divergingEpoch.epoch >= 0 ? divergingEpoch : null,
      snapshot: snapshotId.epoch >= 0 || snapshotId.endOffset >= 0 ? snapshotId : null,
      records: copyOf(records),
    },
  }
}

function pieceAnswer({ errorCode, topics, nodeEndpoints }: FetchSnapshotResponse): Answer {
  if (errorCode !== 0) return refusal(errorName(errorCode))
  const partition = metadataPartition(topics, ({ index }) => index)
  if (!partition) return refusal(MEANINGLESS)
  const { snapshotId: id, position, size: sizeInBytes, unalignedRecords: bytes } = partition
  return {
    ...standingOf(partition.errorCode, partition.currentLeader, nodeEndpoints),
    piece: { id, position, sizeInBytes, bytes: copyOf(bytes) },
  }
}

/** What came may lie in a buffer that is used again as soon as this turn is over. */
function copyOf(bytes: Uint8Array | null): Uint8Array {
  return bytes ? Uint8Array.from(bytes) : new Uint8Array(0)
}
