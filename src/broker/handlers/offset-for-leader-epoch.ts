// OffsetForLeaderEpoch (API 23): where a leader epoch ends in our log, so that a reader can find out where histories part (KIP-101).

import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type {
  OffsetForLeaderEpochRequest,
  OffsetForLeaderEpochResponse,
} from '../../protocol/messages/offset-for-leader-epoch.ts'
import type { Handler, RequestContext } from '../handler.ts'
import type { Topics } from '../topics.ts'

type Asked = OffsetForLeaderEpochRequest['topics'][number]['partitions'][number]

export function offsetForLeaderEpoch({
  topics,
}: {
  topics: Topics
}): Handler<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse> {
  return {
    api: api('OffsetForLeaderEpoch'),

    async handle(request, context) {
      return {
        topics: await context.slices.map(request.topics, async ({ topic, partitions }) => ({
          topic,
          partitions: await context.slices.map(partitions, (asked) => answerOne(topic, asked, context)),
        })),
      }
    },

    refuse: (request, error) => ({
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((asked) => failure(asked, error)),
      })),
    }),
  }

  function answerOne(topic: string, asked: Asked, context: RequestContext) {
    try {
      if (!context.may('Describe', { type: 'Topic', name: topic })) throw new KafkaError('TOPIC_AUTHORIZATION_FAILED')
      const partition = topics.partition(topic, asked.partition)
      partition.requireLeader(asked.currentLeaderEpoch)
      // The epoch we lead in reaches to the end of the log, also before its first record.
      const isCurrent = asked.leaderEpoch === partition.leaderEpoch
      const { epoch, endOffset } = isCurrent
        ? { epoch: partition.leaderEpoch, endOffset: partition.endOffset }
        : partition.log.endOffsetForEpoch(asked.leaderEpoch)
      return { partition: asked.partition, errorCode: 0, leaderEpoch: epoch, endOffset: epoch < 0 ? -1 : endOffset }
    } catch (thrown) {
      return failure(asked, context.answerFor(thrown))
    }
  }
}

function failure({ partition }: Asked, error: KafkaError) {
  return { partition, errorCode: error.code, leaderEpoch: -1, endOffset: -1 }
}
