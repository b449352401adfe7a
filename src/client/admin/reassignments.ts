// Replicas on their way from broker to broker.

import type { Exchange } from '../../net/peer.ts'
import {
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../../protocol/messages/list-partition-reassignments.ts'
import type { TopicPartition } from './assigned.ts'
import { byTopic } from './by-topic.ts'
import type { CallOptions, Link } from './link.ts'

const LIST: Exchange<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse> = {
  request: ListPartitionReassignmentsRequest,
  response: ListPartitionReassignmentsResponse,
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
  { partitions, ...options }: CallOptions & { readonly partitions?: readonly TopicPartition[] } = {},
): Promise<readonly Reassignment[]> {
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
