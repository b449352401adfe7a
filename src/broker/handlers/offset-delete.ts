// OffsetDelete (API 47): a group forgets what it committed for topics that it does not read any more (KIP-496).

import type { GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import { api } from '../../protocol/api.ts'
import { type ErrorName, errorCode } from '../../protocol/errors.ts'
import type { OffsetDeleteRequest, OffsetDeleteResponse } from '../../protocol/messages/offset-delete.ts'
import type { Item } from '../../protocol/schema.ts'
import { type KnownTopics, requireGroup } from '../groups.ts'
import type { Handler, RequestContext } from '../handler.ts'

export interface OffsetDeleteRooms {
  readonly groups: GroupCoordinator
  readonly image: () => KnownTopics
}

export function offsetDelete({ groups, image }: OffsetDeleteRooms): Handler<OffsetDeleteRequest, OffsetDeleteResponse> {
  return {
    api: api('OffsetDelete'),

    async handle({ groupId, topics }, context) {
      requireGroup(context, 'Delete', groupId)
      const { slices } = context
      const checked = await slices.map(topics, async (topic) => ({
        topic,
        refusals: await slices.map(topic.partitions, ({ partitionIndex }) => refusalOf(topic, partitionIndex, context)),
      }))
      const { error, topics: outcome } = await groups.deleteOffsets({
        groupId,
        topics: await slices.map(checked, ({ topic, refusals }) => ({
          name: topic.name,
          partitions: topic.partitions.filter((_, index) => refusals[index] === null).map(({ partitionIndex }) => partitionIndex),
        })),
      })
      if (error !== 'NONE') return { errorCode: errorCode(error) }
      return {
        errorCode: 0,
        topics: await slices.map(checked, async ({ topic, refusals }, topicIndex) => ({
          name: topic.name,
          partitions: await slices.map(topic.partitions, ({ partitionIndex }, index) => ({
            partitionIndex,
            errorCode: errorCode(refusals[index] ?? outcome[topicIndex]!),
          })),
        })),
      }
    },

    refuse: (_, error) => ({ errorCode: error.code }),
  }

  function refusalOf(
    { name }: Item<OffsetDeleteRequest['topics']>,
    partition: number,
    context: RequestContext,
  ): ErrorName | null {
    if (!context.may('Read', { type: 'Topic', name })) return 'TOPIC_AUTHORIZATION_FAILED'
    return image().partition(name, partition) ? null : 'UNKNOWN_TOPIC_OR_PARTITION'
  }
}
