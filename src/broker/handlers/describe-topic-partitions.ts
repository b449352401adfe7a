// DescribeTopicPartitions (API 75): partitions of topics page by page, with their eligible leaders (KIP-966).

import { ZERO_UUID } from '../../base/uuid.ts'
import { requireLegalName } from '../../metadata/controller/topic-names.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { api } from '../../protocol/api.ts'
import { errorCode, KafkaError } from '../../protocol/errors.ts'
import type {
  DescribeTopicPartitionsRequest,
  DescribeTopicPartitionsResponse,
} from '../../protocol/messages/describe-topic-partitions.ts'
import type { Input } from '../../protocol/schema.ts'
import { authorizedOperations } from '../authorized-operations.ts'
import { type Handler, MOST_WEIGHT_AT_ONCE, type RequestContext } from '../handler.ts'
import { INTERNAL_TOPICS } from '../topics.ts'

type Answer = Input<DescribeTopicPartitionsResponse>
type TopicAnswer = DescribeTopicPartitionsResponse['topics'][number]

export interface DescribeTopicPartitionsRooms {
  readonly image: () => MetadataImage
  /** `max.request.partition.size.limit` of the broker. */
  readonly maxPartitions: number
}

export function describeTopicPartitions(
  rooms: DescribeTopicPartitionsRooms,
): Handler<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse> {
  return {
    api: api('DescribeTopicPartitions'),
    mostWeight: MOST_WEIGHT_AT_ONCE, // names are sorted in one turn

    async handle(request, context) {
      const { cursor } = request
      if (cursor && cursor.partitionIndex < 0) throw new KafkaError('INVALID_REQUEST', 'the cursor names a negative partition')
      const names = await wanted(request, context)
      if (cursor && request.topics.length > 0 && names[0] !== cursor.topicName) {
        throw new KafkaError('INVALID_REQUEST', `the cursor names ${cursor.topicName}, which was not asked for`)
      }
      return pages(names, Math.max(1, Math.min(request.responsePartitionLimit, rooms.maxPartitions)), cursor, context)
    },

    refuse: (request, error) => ({
      topics: request.topics.map(({ name }) => ({
        errorCode: error.code,
        name,
        topicId: ZERO_UUID,
        isInternal: false,
        partitions: [],
      })),
    }),
  }

  /** In the order of their names, from the cursor's on. */
  async function wanted({ topics, cursor }: DescribeTopicPartitionsRequest, context: RequestContext): Promise<string[]> {
    const names = new Set<string>()
    const { slices } = context
    const from = cursor?.topicName ?? ''
    const take = (name: string) => {
      if (name >= from) names.add(name)
    }
    if (topics.length > 0) await slices.each(topics, ({ name }) => take(name))
    else
      await slices.each([...rooms.image().topics.values()], ({ name }) => {
        if (context.may('Describe', { type: 'Topic', name })) take(name)
      })
    while (slices.isOver) await slices.turn()
    return [...names].sort()
  }

  async function pages(
    names: readonly string[],
    limit: number,
    cursor: DescribeTopicPartitionsRequest['cursor'],
    context: RequestContext,
  ): Promise<Answer> {
    const topics: TopicAnswer[] = []
    let left = limit
    for (const [i, name] of names.entries()) {
      while (context.slices.isOverAt(i)) await context.slices.turn()
      if (left === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } }
      const from = cursor?.topicName === name ? cursor.partitionIndex : 0
      const answer = describe(name, context)
      const rest = answer.partitions.filter(({ partitionIndex }) => partitionIndex >= from)
      const page = rest.slice(0, left)
      topics.push({ ...answer, partitions: page })
      left -= page.length
      const next = rest[page.length]
      if (next) return { topics, nextCursor: { topicName: name, partitionIndex: next.partitionIndex } }
    }
    return { topics, nextCursor: null }
  }

  function describe(name: string, context: RequestContext): TopicAnswer {
    const resource = { type: 'Topic', name } as const
    const told = { name, topicAuthorizedOperations: authorizedOperations(context, resource) }
    try {
      if (!context.may('Describe', resource)) throw new KafkaError('TOPIC_AUTHORIZATION_FAILED')
      requireLegalName(name)
      const topic = rooms.image().topic(name)
      if (!topic) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION')
      const isDead = (id: number) => rooms.image().brokers.get(id)?.fenced !== false
      const partitions = topic.partitions.map((partition) => ({
        errorCode: isDead(partition.leader) ? errorCode('LEADER_NOT_AVAILABLE') : 0,
        partitionIndex: partition.partition,
        leaderId: isDead(partition.leader) ? -1 : partition.leader,
        leaderEpoch: partition.leaderEpoch,
        replicaNodes: [...partition.replicas],
        isrNodes: [...partition.isr],
        eligibleLeaderReplicas: [...partition.elr],
        lastKnownElr: [...partition.lastKnownElr],
        offlineReplicas: partition.replicas.filter(isDead),
      }))
      return { ...told, errorCode: 0, topicId: topic.id, isInternal: INTERNAL_TOPICS.has(name), partitions }
    } catch (thrown) {
      return { ...told, errorCode: context.answerFor(thrown).code, topicId: ZERO_UUID, isInternal: false, partitions: [] }
    }
  }
}
