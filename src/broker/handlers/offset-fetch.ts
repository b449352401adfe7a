// OffsetFetch (API 9): what groups have committed; one group up to version 7, many since.

import { ZERO_UUID } from '../../base/uuid.ts'
import { type FetchedOffset, noOffset } from '../../coordinator/group/commands/fetch-offsets.ts'
import type { GroupCoordinator } from '../../coordinator/group/coordinator.ts'
import { api } from '../../protocol/api.ts'
import { type ErrorName, errorCode, type KafkaError } from '../../protocol/errors.ts'
import type { OffsetFetchRequest, OffsetFetchResponse } from '../../protocol/messages/offset-fetch.ts'
import { type KnownTopics, requireGroup } from '../groups.ts'
import type { Handler, RequestContext } from '../handler.ts'

export interface OffsetFetchRooms {
  readonly groups: GroupCoordinator
  readonly image: () => KnownTopics
}

interface AskedTopic {
  readonly name: string
  readonly topicId: string
  readonly partitionIndexes: readonly number[]
}

interface AskedGroup {
  readonly groupId: string
  /** Null: all topics. */
  readonly topics: readonly AskedTopic[] | null
}

const MANY_SINCE = 8
const BY_ID_SINCE = 10
/** Before it there is no error for all of a group; every partition carries it. */
const GROUP_ERROR_SINCE = 2

export function offsetFetch({ groups, image }: OffsetFetchRooms): Handler<OffsetFetchRequest, OffsetFetchResponse> {
  return {
    api: api('OffsetFetch'),

    async handle(request, context) {
      const answers = await context.slices.map(asked(request, context.version), (group) =>
        fetchGroup(group, request.requireStable, context),
      )
      if (context.version >= MANY_SINCE) return { groups: answers }
      const { topics, errorCode } = answers[0]!
      return { topics, errorCode }
    },

    refuse: (request, error, { version }) => {
      const answers = asked(request, version).map((group) => failure(group, error, version))
      return version >= MANY_SINCE ? { groups: answers } : { topics: answers[0]!.topics, errorCode: error.code }
    },
  }

  async function fetchGroup(group: AskedGroup, requireStable: boolean, context: RequestContext) {
    try {
      requireGroup(context, 'Describe', group.groupId)
      const topics = group.topics ? await fetchSome(group.groupId, group.topics) : await fetchAll(group.groupId)
      return { groupId: group.groupId, topics, errorCode: 0 }
    } catch (thrown) {
      return failure(group, context.answerFor(thrown), context.version)
    }

    async function fetchSome(groupId: string, topics: readonly AskedTopic[]) {
      const refusals: (ErrorName | null)[] = []
      const names: { name: string; partitions: readonly number[] }[] = []
      await context.slices.each(topics, (topic) => {
        const name = nameOf(topic, context)
        const refusal = name === undefined ? 'UNKNOWN_TOPIC_ID' : refusalOf(name, context)
        refusals.push(refusal)
        if (refusal === null) names.push({ name: name!, partitions: topic.partitionIndexes })
      })
      const found = await groups.fetchOffsets({ groupId, topics: names, requireStable })
      let next = 0
      return context.slices.map(topics, async (topic, index) => {
        const refusal = refusals[index]!
        const partitions = refusal ? topic.partitionIndexes.map((one) => noOffset(one, refusal)) : found[next++]!.partitions
        return { name: topic.name, topicId: topic.topicId, partitions: await context.slices.map(partitions, onWire) }
      })
    }

    async function fetchAll(groupId: string) {
      const found = await groups.fetchOffsets({ groupId, topics: null, requireStable })
      const visible = found.filter(({ name }) => context.may('Describe', { type: 'Topic', name }))
      return visible.flatMap(({ name, partitions }) => {
        const topicId = context.version >= BY_ID_SINCE ? image().topic(name)?.id : ZERO_UUID
        // Where topics go by id, one that was deleted since cannot be told.
        return topicId === undefined ? [] : [{ name, topicId, partitions: partitions.map(onWire) }]
      })
    }
  }

  function nameOf({ name, topicId }: AskedTopic, { version }: RequestContext): string | undefined {
    return version >= BY_ID_SINCE ? image().topicsById.get(topicId)?.name : name
  }

  function refusalOf(name: string, context: RequestContext): ErrorName | null {
    return context.may('Describe', { type: 'Topic', name }) ? null : 'TOPIC_AUTHORIZATION_FAILED'
  }
}

/** All versions' requests in the shape of the newest. */
function asked({ groupId, topics, groups }: OffsetFetchRequest, version: number): readonly AskedGroup[] {
  if (version >= MANY_SINCE) return groups
  return [
    { groupId, topics: topics?.map(({ name, partitionIndexes }) => ({ name, topicId: ZERO_UUID, partitionIndexes })) ?? null },
  ]
}

function failure({ groupId, topics }: AskedGroup, error: KafkaError, version: number) {
  const told = version >= GROUP_ERROR_SINCE ? [] : (topics ?? [])
  return {
    groupId,
    errorCode: error.code,
    topics: told.map(({ name, topicId, partitionIndexes }) => ({
      name,
      topicId,
      partitions: partitionIndexes.map((partition) => onWire(noOffset(partition, error.error))),
    })),
  }
}

function onWire({ partitionIndex, committedOffset, committedLeaderEpoch, metadata, error }: FetchedOffset) {
  return { partitionIndex, committedOffset, committedLeaderEpoch, metadata, errorCode: errorCode(error) }
}
