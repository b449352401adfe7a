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
      return {
        topics: await context.slices.map(request.topics, async ({ name, partitions }) => ({
          name,
          partitions: await context.slices.map(partitions, (asked) => deleteOne(name, asked, context)),
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

  async function deleteOne(topic: string, asked: Asked, context: RequestContext): Promise<Answer> {
    try {
      if (!context.may('Delete', { type: 'Topic', name: topic })) throw new KafkaError('TOPIC_AUTHORIZATION_FAILED')
      const partition = topics.partition(topic, asked.partitionIndex)
      if (topics.isInternal(topic)) throw new KafkaError('INVALID_TOPIC_EXCEPTION', `${topic} is internal`)
      return { partitionIndex: asked.partitionIndex, errorCode: 0, lowWatermark: await partition.deleteBefore(asked.offset) }
    } catch (thrown) {
      return failure(asked, context.answerFor(thrown))
    }
  }
}

function failure({ partitionIndex }: Asked, error: KafkaError): Answer {
  return { partitionIndex, errorCode: error.code, lowWatermark: -1 }
}
