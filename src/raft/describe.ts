// What a leader says of its quorum (DescribeQuorum, KIP-595 and KIP-836).

import { type ErrorName, errorCode, KafkaError } from '../protocol/errors.ts'
import type { DescribeQuorumRequest, DescribeQuorumResponse } from '../protocol/messages/describe-quorum.ts'
import { METADATA_LOG } from './format.ts'
import { observersOf, progressOf } from './quorum/progress.ts'
import type { Progress, QuorumState } from './quorum/state.ts'
import { isSameReplica, type ReplicaKey } from './voters.ts'
import { metadataPartition, PARTITION } from './wire/common.ts'

type Partition = DescribeQuorumResponse['topics'][number]['partitions'][number]
type ReplicaState = Partition['currentVoters'][number]

/** All members but the leader answer NOT_LEADER_OR_FOLLOWER. Throws UNKNOWN_TOPIC_OR_PARTITION for anything but the metadata log. */
export function describeQuorum(
  state: QuorumState,
  { topics }: DescribeQuorumRequest,
  { now, timestamp }: { now: number; timestamp: number },
): DescribeQuorumResponse {
  if (!metadataPartition(topics, ({ partitionIndex }) => partitionIndex))
    throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `only ${METADATA_LOG} has a quorum`)
  const { role, epoch, leaderId, leading, log, highWatermark, settings } = state
  if (role !== 'leader' || !leading) return failed('NOT_LEADER_OR_FOLLOWER')
  const partition: Partition = {
    partitionIndex: PARTITION,
    errorCode: 0,
    errorMessage: '',
    leaderId: leaderId ?? -1,
    leaderEpoch: epoch,
    highWatermark: leading.hasHighWatermark ? highWatermark : -1,
    currentVoters: log.voters.map((voter) =>
      isSameReplica(voter, settings.self)
        ? replicaState(voter, { endOffset: log.endOffset, lastFetchTimestamp: timestamp, lastCaughtUpTimestamp: timestamp })
        : replicaState(voter, progressOf(state, voter)),
    ),
    observers: observersOf(state, now).map((progress) => replicaState(progress.replica, progress)),
  }
  const nodes = log.voters.map(({ id, endpoints }) => ({
    nodeId: id,
    listeners: endpoints.map(({ name, host, port }) => ({ name, host, port })),
  }))
  return { errorCode: 0, errorMessage: '', topics: [{ topicName: METADATA_LOG, partitions: [partition] }], nodes }
}

function replicaState(
  { id, directoryId }: ReplicaKey,
  progress: Pick<Progress, 'endOffset' | 'lastFetchTimestamp' | 'lastCaughtUpTimestamp'> | undefined,
): ReplicaState {
  return {
    replicaId: id,
    replicaDirectoryId: directoryId,
    logEndOffset: progress?.endOffset ?? -1,
    lastFetchTimestamp: progress?.lastFetchTimestamp ?? -1,
    lastCaughtUpTimestamp: progress?.lastCaughtUpTimestamp ?? -1,
  }
}

function failed(error: ErrorName): DescribeQuorumResponse {
  const partition: Partition = {
    partitionIndex: PARTITION,
    errorCode: errorCode(error),
    errorMessage: '',
    leaderId: 0,
    leaderEpoch: 0,
    highWatermark: 0,
    currentVoters: [],
    observers: [],
  }
  return { errorCode: 0, errorMessage: '', topics: [{ topicName: METADATA_LOG, partitions: [partition] }], nodes: [] }
}
