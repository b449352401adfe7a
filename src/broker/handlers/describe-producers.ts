// DescribeProducers (API 61): which producers a partition remembers, for finding a transaction that hangs (KIP-664).

import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { DescribeProducersRequest, DescribeProducersResponse } from '../../protocol/messages/describe-producers.ts'
import type { Handler, RequestContext } from '../handler.ts'
import type { Topics } from '../topics.ts'

export function describeProducers({ topics }: { topics: Topics }): Handler<DescribeProducersRequest, DescribeProducersResponse> {
  return {
    api: api('DescribeProducers'),

    async handle(request, context) {
      return {
        topics: await context.slices.map(request.topics, async ({ name, partitionIndexes }) => ({
          name,
          partitions: await context.slices.map(partitionIndexes, (index) => describeOne(name, index, context)),
        })),
      }
    },

    refuse: (request, error) => ({
      topics: request.topics.map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((index) => failure(index, error)),
      })),
    }),
  }

  function describeOne(topic: string, index: number, context: RequestContext) {
    try {
      if (!context.may('Read', { type: 'Topic', name: topic })) throw new KafkaError('TOPIC_AUTHORIZATION_FAILED')
      const partition = topics.partition(topic, index)
      partition.requireLeader()
      return { partitionIndex: index, errorCode: 0, errorMessage: null, activeProducers: [...partition.log.producers.describe()] }
    } catch (thrown) {
      return failure(index, context.answerFor(thrown), topics.idOf(topic) !== undefined)
    }
  }
}

// Kafka says no word about a partition of a topic that exists.
function failure(index: number, error: KafkaError, isTopicKnown = false) {
  return { partitionIndex: index, errorCode: error.code, errorMessage: isTopicKnown ? null : error.message, activeProducers: [] }
}
