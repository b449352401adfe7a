// OffsetCommit (API 8): where a group has got to. Partition by partition: what cannot be committed does not hold up the rest.

import type { GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import { api } from '../../protocol/api.ts'
import { type ErrorName, errorCode } from '../../protocol/errors.ts'
import type { OffsetCommitRequest, OffsetCommitResponse } from '../../protocol/messages/offset-commit.ts'
import type { Item } from '../../protocol/schema.ts'
import { type KnownTopics, requireGroup } from '../groups.ts'
import type { Handler, RequestContext } from '../handler.ts'

type Topic = Item<OffsetCommitRequest['topics']>

export interface OffsetCommitRooms {
  readonly groups: GroupCoordinator
  readonly image: () => KnownTopics
}

/** Since this version topics are named by id (KIP-848's clients). */
const BY_ID_SINCE = 10

export function offsetCommit({ groups, image }: OffsetCommitRooms): Handler<OffsetCommitRequest, OffsetCommitResponse> {
  return {
    api: api('OffsetCommit'),

    async handle(request, context) {
      requireGroup(context, 'Read', request.groupId)
      const checked = await context.slices.map(request.topics, (topic) => check(topic, context))
      const accepted = checked.filter(({ partitions }) => partitions.length > 0)
      const errors = accepted.length > 0 ? await commit(request, accepted, context) : []
      const outcome = new Map(accepted.map((topic, index) => [topic, errors[index]!]))
      return { topics: await context.slices.map(checked, (topic) => answer(topic, outcome.get(topic) ?? [], context)) }
    },

    refuse: ({ topics }, error) => ({
      topics: topics.map(({ name, topicId, partitions }) => ({
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: error.code })),
      })),
    }),
  }

  /** Sorts a topic's partitions into those that may be committed and those with an error. */
  async function check(topic: Topic, context: RequestContext) {
    const byId = context.version >= BY_ID_SINCE
    const name = byId ? image().topicsById.get(topic.topicId)?.name : topic.name
    const refusal = name === undefined ? 'UNKNOWN_TOPIC_ID' : refusalOf(name, context)
    const refused = await context.slices.map(
      topic.partitions,
      ({ partitionIndex }): ErrorName | null =>
        refusal ?? (image().partition(name!, partitionIndex) ? null : 'UNKNOWN_TOPIC_OR_PARTITION'),
    )
    return {
      asked: topic,
      name: name ?? '',
      topicId: topic.topicId,
      refused,
      partitions: topic.partitions.filter((_, index) => refused[index] === null),
    }
  }

  function refusalOf(name: string, context: RequestContext): ErrorName | null {
    if (!context.may('Read', { type: 'Topic', name })) return 'TOPIC_AUTHORIZATION_FAILED'
    return image().topic(name) ? null : 'UNKNOWN_TOPIC_OR_PARTITION'
  }

  type Checked = Awaited<ReturnType<typeof check>>

  /** The outcome of each accepted partition, topic by topic. */
  async function commit(
    request: OffsetCommitRequest,
    accepted: readonly Checked[],
    context: RequestContext,
  ): Promise<(readonly ErrorName[])[]> {
    const forAll = (error: ErrorName) => accepted.map(({ partitions }) => partitions.map(() => error))
    try {
      const { error, topics } = await groups.commitOffsets({ ...request, topics: accepted }, context.version)
      return error === 'NONE' ? [...topics] : forAll(error)
    } catch (thrown) {
      return forAll(context.answerFor(thrown).error)
    }
  }
}

async function answer(
  { asked, refused }: { readonly asked: Topic; readonly refused: readonly (ErrorName | null)[] },
  outcome: readonly ErrorName[],
  { slices }: RequestContext,
) {
  let next = 0
  return {
    name: asked.name,
    topicId: asked.topicId,
    partitions: await slices.map(asked.partitions, ({ partitionIndex }, index) => ({
      partitionIndex,
      errorCode: errorCode(refused[index] ?? outcome[next++]!),
    })),
  }
}
