// Replicas moved from broker to broker, and from directory to directory.

import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
} from '../../protocol/messages/alter-partition-reassignments.ts'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../protocol/messages/list-partition-reassignments.ts'
import { brokerError } from '../errors/index.ts'
import { byTopic } from './by-topic.ts'
import type { CallOptions, Link } from './link.ts'
import { Outcomes, partitionKey, partitionKeys } from './outcomes.ts'

const LIST: Exchange<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse> = {
  request: ListPartitionReassignmentsRequest,
  response: ListPartitionReassignmentsResponse,
}
const ALTER: Exchange<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse> = {
  request: AlterPartitionReassignmentsRequest,
  response: AlterPartitionReassignmentsResponse,
}

export interface Reassignment extends TopicPartition {
  /** All that there are while it lasts. */
  readonly replicas: readonly number[]
  readonly adding: readonly number[]
  readonly removing: readonly number[]
}

/** Those under way, of these partitions or of all. */
export async function listPartitionReassignments(
  link: Link,
  options: CallOptions & { readonly partitions?: readonly TopicPartition[] | undefined } = {},
): Promise<readonly Reassignment[]> {
  const { partitions } = options
  const patience = link.patience('the list of reassignments', options)
  const topics = partitions
    ? byTopic(partitions).map(([name, some]) => ({ name, partitionIndexes: some.map(({ partition }) => partition) }))
    : null
  const answer = await link.controller(LIST, () => ({ timeoutMs: link.timeoutMs(patience), topics }), patience)
  return answer.topics.flatMap(({ name, partitions: some }) =>
    some.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => ({
      topic: name,
      partition: partitionIndex,
      replicas,
      adding: addingReplicas,
      removing: removingReplicas,
    })),
  )
}

/** Begins to move replicas to these brokers, the first of which should lead; null ends what is under way. It goes on when this has answered. */
export async function alterPartitionReassignments(
  link: Link,
  reassignments: readonly (TopicPartition & { readonly replicas: readonly number[] | null })[],
  options: CallOptions & { readonly allowReplicationFactorChange?: boolean | undefined } = {},
): Promise<Outcomes<void>> {
  const { allowReplicationFactorChange = true } = options
  const patience = link.patience('reassigning partitions', options)
  const body = (version: number) => {
    if (!allowReplicationFactorChange) link.needs(version, 1, 'keeping replication factors')
    return {
      timeoutMs: link.timeoutMs(patience),
      allowReplicationFactorChange,
      topics: byTopic(reassignments).map(([name, some]) => ({
        name,
        partitions: some.map(({ partition, replicas }) => ({ partitionIndex: partition, replicas: replicas && [...replicas] })),
      })),
    }
  }
  const { responses } = await link.controller(ALTER, body, patience)
  const outcomes = new Outcomes<void>()
  for (const { name, partitions } of responses) {
    for (const { partitionIndex, errorCode: code, errorMessage } of partitions) {
      const key = partitionKey(name, partitionIndex)
      if (code === 0) outcomes.succeeded(key, undefined)
      else outcomes.failed(key, brokerError(code, `the reassignment of ${key}`, errorMessage))
    }
  }
  return outcomes.settle(partitionKeys(reassignments), patience.what)
}
