// Elections of leaders that somebody asks for.

import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { ElectLeadersRequest, ElectLeadersResponse } from '../../protocol/messages/elect-leaders.ts'
import { brokerError } from '../errors/index.ts'
import { byTopic } from './by-topic.ts'
import type { CallOptions, Link } from './link.ts'
import { numbered } from './numbered.ts'
import { Outcomes, partitionKey, partitionKeys } from './outcomes.ts'

const ELECT: Exchange<ElectLeadersRequest, ElectLeadersResponse> = {
  request: ElectLeadersRequest,
  response: ElectLeadersResponse,
}

/** `preferred`: the first replica in sync; `unclean`: any that lives, where no replica in sync does. Records may be lost by that. */
export type ElectionType = 'preferred' | 'unclean'
const electionTypes = numbered<ElectionType>({ preferred: 0, unclean: 1 })

/** Elects for these partitions, or for all that need it; one that needs none fails with ELECTION_NOT_NEEDED where it was named. */
export async function electLeaders(
  link: Link,
  type: ElectionType,
  options: CallOptions & { readonly partitions?: readonly TopicPartition[] | undefined } = {},
): Promise<Outcomes<void>> {
  const { partitions } = options
  const patience = link.patience('the election of leaders', options)
  const electionType = electionTypes.numberOf('type', type)
  const topicPartitions = partitions
    ? byTopic(partitions).map(([topic, some]) => ({ topic, partitions: some.map(({ partition }) => partition) }))
    : null
  const answer = await link.controller(
    ELECT,
    () => ({ electionType, topicPartitions, timeoutMs: link.timeoutMs(patience) }),
    patience,
  )
  const outcomes = new Outcomes<void>()
  for (const { topic, partitionResult } of answer.replicaElectionResults) {
    for (const { partitionId, errorCode: code, errorMessage } of partitionResult) {
      const key = partitionKey(topic, partitionId)
      if (code === 0) outcomes.succeeded(key, undefined)
      else outcomes.failed(key, brokerError(code, `the election of a leader of ${key}`, errorMessage))
    }
  }
  return outcomes.settle(partitionKeys(partitions ?? []), patience.what)
}
