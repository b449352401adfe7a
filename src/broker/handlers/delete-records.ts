// DeleteRecords (API 21): moves the log start of partitions forward; what lies before it is gone for readers (KIP-107).

import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { DeleteRecordsRequest, DeleteRecordsResponse } from '../../protocol/messages/delete-records.ts'
import type { Input, Item } from '../../protocol/schema.ts'
import type { Handler, RequestContext } from '../handler.ts'
import type { Topics } from '../topics.ts'

type Asked = DeleteRecordsRequest['topics'][number]['partitions'][number]
type Answer = Item<Item<Input<DeleteRecordsResponse>['topics']>['partitions']>

export function deleteRecords({ topics }: { topics: Topics }): Handler<DeleteRecordsRequest, DeleteRecordsResponse> {
  return {
    api: api('DeleteRecords'),

    async handle(request, context) {
      const under = await context.slices.map(request.topics, async ({ name, partitions }) => ({
        name,
        partitions: await context.slices.map(partitions, (asked) => deleteOne(name, asked, request.timeoutMs, context)),
      }))
      // The replicas of all partitions are waited for together.
      return {
        topics: await context.slices.map(under, async ({ name, partitions }) => ({
          name,
          partitions: await context.slices.map(partitions, ({ answer }) => answer),
        })),
      }
    },

    refuse: (request, error) => ({
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map((asked) => failure(asked, error)),
      })),
    }),
  }

  async function deleteOne(
    topic: string,
    asked: Asked,
    timeoutMs: number,
    context: RequestContext,
  ): Promise<{ readonly answer: Promise<Answer> | Answer }> {
    const { partitionIndex } = asked
    try {
      if (!context.may('Delete', { type: 'Topic', name: topic })) throw new KafkaError('TOPIC_AUTHORIZATION_FAILED')
      const partition = topics.partition(topic, partitionIndex)
      if (topics.isInternal(topic)) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `${topic} is internal`)
      const { lowWatermark } = await partition.deleteBefore(asked.offset, timeoutMs)
      if (typeof lowWatermark === 'number') return { answer: { partitionIndex, errorCode: 0, lowWatermark } }
      const everywhere = lowWatermark.then(
        (offset) => ({ partitionIndex, errorCode: 0, lowWatermark: offset }),
        (thrown: unknown) => failure(asked, context.answerFor(thrown)),
      )
      return { answer: everywhere }
    } catch (thrown) {
      return { answer: failure(asked, context.answerFor(thrown)) }
    }
  }
}

function failure({ partitionIndex }: Asked, error: KafkaError): Answer {
  return { partitionIndex, errorCode: error.code, lowWatermark: -1 }
}
