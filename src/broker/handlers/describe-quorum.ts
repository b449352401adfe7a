// DescribeQuorum (API 55): who votes on the metadata log, who follows it, and how far they are. Only the leader knows.

import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { DescribeQuorumRequest, DescribeQuorumResponse } from '../../protocol/messages/describe-quorum.ts'
import type { Input } from '../../protocol/schema.ts'
import type { QuorumService } from '../../raft/quorum-service.ts'
import { CLUSTER, type Handler, MOST_WEIGHT_AT_ONCE } from '../handler.ts'

/** When each replica fetched last is told since this version... */
const TIMES_SINCE = 1
/** ...and which directory it has, where voters listen, and what an error means, since this one. */
const NODES_SINCE = 2

type Replica = DescribeQuorumResponse['topics'][number]['partitions'][number]['currentVoters'][number]

export function describeQuorum({
  quorum,
}: {
  readonly quorum: Pick<QuorumService, 'describeQuorum'>
}): Handler<DescribeQuorumRequest, DescribeQuorumResponse> {
  return {
    api: api('DescribeQuorum'),
    mostWeight: MOST_WEIGHT_AT_ONCE,
    requires: { operation: 'Describe', resource: CLUSTER },

    async handle(request, { version }) {
      try {
        return asIn(version, quorum.describeQuorum(request))
      } catch (thrown) {
        if (thrown instanceof KafkaError && thrown.error === 'UNKNOWN_TOPIC_OR_PARTITION')
          return unknown(request, thrown, version)
        throw thrown
      }
    },

    refuse: (_, error, { version }) =>
      version < NODES_SINCE ? { errorCode: error.code } : { errorCode: error.code, errorMessage: error.message },
  }
}

/** What an older version has no place for is left out. */
function asIn(
  version: number,
  { errorCode, errorMessage, topics, nodes }: DescribeQuorumResponse,
): Input<DescribeQuorumResponse> {
  const known = topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ errorMessage: text, currentVoters, observers, ...rest }) => ({
      ...rest,
      ...(version < NODES_SINCE ? {} : { errorMessage: text }),
      currentVoters: currentVoters.map((replica) => replicaIn(version, replica)),
      observers: observers.map((replica) => replicaIn(version, replica)),
    })),
  }))
  return version < NODES_SINCE ? { errorCode, topics: known } : { errorCode, errorMessage, topics: known, nodes }
}

function replicaIn(version: number, { replicaId, replicaDirectoryId, logEndOffset, ...times }: Replica) {
  return {
    replicaId,
    logEndOffset,
    ...(version < TIMES_SINCE ? {} : times),
    ...(version < NODES_SINCE ? {} : { replicaDirectoryId }),
  }
}

function unknown(
  { topics }: DescribeQuorumRequest,
  { code, message }: KafkaError,
  version: number,
): Input<DescribeQuorumResponse> {
  const text = version < NODES_SINCE ? {} : { errorMessage: message }
  return {
    errorCode: 0,
    ...(version < NODES_SINCE ? {} : { errorMessage: '' }),
    topics: topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: code, ...text })),
    })),
  }
}
