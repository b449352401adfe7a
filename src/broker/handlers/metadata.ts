// Metadata (API 3): which brokers there are, who leads each partition; makes a missing topic where both sides allow it.

import { ZERO_UUID } from '../../base/uuid.ts'
import { requireFewPartitions } from '../../metadata/controller/assignments.ts'
import { isLegalName, requireLegalName } from '../../metadata/controller/topic-names.ts'
import type { MetadataImage, TopicImage } from '../../metadata/image.ts'
import type { PartitionImage } from '../../metadata/partition.ts'
import { api } from '../../protocol/api.ts'
import { errorCode, KafkaError } from '../../protocol/errors.ts'
import type { MetadataRequest, MetadataResponse } from '../../protocol/messages/metadata.ts'
import type { Input, Item } from '../../protocol/schema.ts'
import { authorizedOperations, NOT_ASKED } from '../authorized-operations.ts'
import { CLUSTER, type Handler, type RequestContext } from '../handler.ts'
import type { Refusals } from '../topic-maker.ts'
import { INTERNAL_TOPICS } from '../topics.ts'

type TopicAnswer = Item<Input<MetadataResponse>['topics']>
type Asked = NonNullable<MetadataRequest['topics']>[number]

export interface MetadataRooms {
  readonly image: () => MetadataImage
  readonly clusterId: string
  readonly controllerId: () => number
  /** Makes topics with the broker's defaults and resolves when this broker knows them; null where automatic creation is off. */
  readonly autoCreate: () => ((names: readonly string[]) => Promise<Refusals>) | null
}

/** Since version 10 topics have ids in answers; since 12 they can be asked for by id alone. */
const ASK_BY_ID_SINCE = 12
const TOPIC_LIST_NULL_SINCE = 1
/** Since this version the client says whether a missing topic may be made; before, it may. */
const AUTO_CREATION_ASKED_SINCE = 4
const NO_REFUSALS: Refusals = new Map()

export function metadata(rooms: MetadataRooms): Handler<MetadataRequest, MetadataResponse> {
  return {
    api: api('Metadata'),

    async handle(request, context) {
      requireAnswerable(request, context)
      const asked = await wanted(request, context)
      const refusals = await makeMissing(asked, request, context)
      const topics = await context.slices.map(asked, (one) => describe(one, refusals, request, context))
      const image = rooms.image()
      return {
        brokers: [...image.brokers.values()]
          .filter(({ fenced }) => !fenced)
          .flatMap((broker) => {
            const endpoint = broker.endPoints.find(({ name }) => name === context.listener)
            return endpoint ? [{ nodeId: broker.id, host: endpoint.host, port: endpoint.port, rack: broker.rack }] : []
          }),
        clusterId: rooms.clusterId,
        controllerId: rooms.controllerId(),
        topics,
        clusterAuthorizedOperations:
          request.includeClusterAuthorizedOperations && context.version >= 8 && context.version <= 10
            ? authorizedOperations(context, CLUSTER)
            : NOT_ASKED,
      }
    },

    refuse: (request, error) => ({
      brokers: [],
      clusterId: null,
      controllerId: -1,
      topics: (request.topics ?? []).map(({ name, topicId }) => ({ ...failure(name ?? '', topicId, error) })),
    }),
  }

  async function wanted({ topics }: MetadataRequest, context: RequestContext): Promise<readonly Asked[]> {
    const all = topics === null || (topics.length === 0 && context.version < TOPIC_LIST_NULL_SINCE)
    if (!all) return topics.length > 1 ? distinct(topics, rooms.image(), context) : topics
    return [...rooms.image().topics.values()]
      .filter(({ name }) => context.may('Describe', { type: 'Topic', name }))
      .map(({ name }) => ({ name, topicId: ZERO_UUID }))
  }

  async function describe(
    { name, topicId }: Asked,
    refusals: Refusals,
    request: MetadataRequest,
    context: RequestContext,
  ): Promise<TopicAnswer> {
    const byId = topicId !== ZERO_UUID
    try {
      const topic = byId ? rooms.image().topicsById.get(topicId) : named(name ?? '', refusals)
      if (!topic) throw new KafkaError('UNKNOWN_TOPIC_ID', `no topic has the id ${topicId}`)
      const resource = { type: 'Topic', name: topic.name } as const
      if (!context.may('Describe', resource)) throw new KafkaError(byId ? 'UNKNOWN_TOPIC_ID' : 'TOPIC_AUTHORIZATION_FAILED')
      return {
        errorCode: 0,
        name: topic.name,
        topicId: topic.id,
        isInternal: INTERNAL_TOPICS.has(topic.name),
        partitions: await context.slices.map(topic.partitions, (one) => partitionAnswer(one, rooms.image(), context)),
        topicAuthorizedOperations: request.includeTopicAuthorizedOperations ? authorizedOperations(context, resource) : NOT_ASKED,
      }
    } catch (thrown) {
      return failure(byId ? null : name, byId ? topicId : ZERO_UUID, context.answerFor(thrown))
    }
  }

  // Topics that are missing and may be made are made in one go; a name that no topic can have is not even tried.
  async function makeMissing(asked: readonly Asked[], request: MetadataRequest, context: RequestContext): Promise<Refusals> {
    const make = rooms.autoCreate()
    const isAllowed = context.version < AUTO_CREATION_ASKED_SINCE || request.allowAutoTopicCreation
    if (!make || !isAllowed) return NO_REFUSALS
    const mayMake = (name: string) => context.may('Create', CLUSTER) || context.may('Create', { type: 'Topic', name })
    const names: string[] = []
    await context.slices.each(asked, ({ name, topicId }) => {
      const isMissing = topicId === ZERO_UUID && name && !rooms.image().topic(name)
      if (isMissing && isLegalName(name) && mayMake(name)) names.push(name)
    })
    requireFewPartitions(names.length, 'made')
    return names.length === 0 ? NO_REFUSALS : made(names, make)
  }

  /** Where nobody can make topics now, whoever asked for one hears of the brokers all the same, and asks for it again. */
  async function made(names: readonly string[], make: NonNullable<ReturnType<MetadataRooms['autoCreate']>>): Promise<Refusals> {
    try {
      return await make(names)
    } catch (thrown) {
      if (!(thrown instanceof KafkaError)) throw thrown
      const why = new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `it could not be made yet: ${thrown.message}`, { cause: thrown })
      return new Map(names.map((name) => [name, why]))
    }
  }

  function named(name: string, refusals: Refusals): TopicImage {
    const topic = rooms.image().topic(name)
    if (topic) return topic
    requireLegalName(name)
    throw refusals.get(name) ?? new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `there is no topic ${name}`)
  }
}

function requireAnswerable({ topics }: MetadataRequest, { version }: RequestContext): void {
  for (const { name, topicId } of topics ?? []) {
    if (name === null && topicId === ZERO_UUID) throw new KafkaError('UNKNOWN_SERVER_ERROR', 'a topic without name and id')
    if (version < ASK_BY_ID_SINCE && (name === null || topicId !== ZERO_UUID)) {
      throw new KafkaError('INVALID_REQUEST', `version ${version} asks by name; ids alone come with ${ASK_BY_ID_SINCE}`)
    }
  }
}

/** A topic that is asked for twice, by name and by id too, is answered once. */
async function distinct(topics: readonly Asked[], image: MetadataImage, { slices }: RequestContext): Promise<readonly Asked[]> {
  const keyOf = ({ name, topicId }: Asked) =>
    (topicId === ZERO_UUID ? name : image.topicsById.get(topicId)?.name) ?? ` ${topicId}`
  const byKey = new Map<string | null, Asked>()
  await slices.map(topics, (topic) => void byKey.set(keyOf(topic), topic))
  return [...byKey.values()]
}

function partitionAnswer(partition: PartitionImage, image: MetadataImage, { listener }: RequestContext) {
  const isAlive = (id: number) => image.brokers.get(id)?.fenced === false
  const isReachable =
    isAlive(partition.leader) && image.brokers.get(partition.leader)?.endPoints.some(({ name }) => name === listener)
  return {
    errorCode: isReachable ? 0 : errorCode(partition.leader >= 0 ? 'LISTENER_NOT_FOUND' : 'LEADER_NOT_AVAILABLE'),
    partitionIndex: partition.partition,
    leaderId: isReachable ? partition.leader : -1,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: [...partition.replicas],
    isrNodes: [...partition.isr],
    offlineReplicas: partition.replicas.filter((id) => !isAlive(id)),
  }
}

function failure(name: string | null, topicId: string, error: KafkaError): TopicAnswer {
  return { errorCode: error.code, name, topicId, isInternal: name !== null && INTERNAL_TOPICS.has(name), partitions: [] }
}
