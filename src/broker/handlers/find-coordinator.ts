// FindCoordinator (API 10): which broker a group belongs to; makes the groups' topic when it is first asked for.

import { partitionOf } from '../../coordinator/group/partition-of.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { FindCoordinatorRequest, FindCoordinatorResponse } from '../../protocol/messages/find-coordinator.ts'
import { requireGroup } from '../groups.ts'
import type { Handler, RequestContext } from '../handler.ts'

export interface FindCoordinatorRooms {
  readonly image: () => MetadataImage
  /** The internal topic of each kind of coordinator that is served: keys and partitions go together by the same hash. */
  readonly topics: { readonly group: string; readonly transaction?: string }
  /** Makes the internal topic and resolves when this broker knows it. */
  readonly ensureInternalTopic: (topic: string, context: RequestContext) => Promise<void>
}

const GROUP = 0
const TRANSACTION = 1
const SHARE = 2

/** Since this version many keys are asked for at once (KIP-699). */
const MANY_SINCE = 4

interface Found {
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

const NOBODY: Found = { nodeId: -1, host: '', port: -1 }

export function findCoordinator(rooms: FindCoordinatorRooms): Handler<FindCoordinatorRequest, FindCoordinatorResponse> {
  return {
    api: api('FindCoordinator'),

    async handle(request, context) {
      if (context.version < MANY_SINCE) {
        const found = await find(request.keyType, request.key, context)
        return { errorCode: 0, errorMessage: 'NONE', ...found }
      }
      return { coordinators: await context.slices.map(request.coordinatorKeys, (key) => answer(request.keyType, key, context)) }
    },

    refuse: ({ coordinatorKeys }, error, { version }) => {
      const told = { errorCode: error.code, errorMessage: error.message, ...NOBODY }
      return version < MANY_SINCE ? told : { coordinators: coordinatorKeys.map((key) => ({ key, ...told })) }
    },
  }

  async function answer(keyType: number, key: string, context: RequestContext) {
    try {
      return { key, errorCode: 0, errorMessage: '', ...(await find(keyType, key, context)) }
    } catch (thrown) {
      const error = context.answerFor(thrown)
      // Kafka gives no text for keys of share groups.
      return { key, errorCode: error.code, errorMessage: keyType === SHARE ? '' : error.message, ...NOBODY }
    }
  }

  async function find(keyType: number, key: string, context: RequestContext): Promise<Found> {
    const topic = topicFor(keyType, key, context)
    if (!rooms.image().topic(topic)) await rooms.ensureInternalTopic(topic, context)
    const image = rooms.image()
    const partitions = image.topic(topic)?.partitions
    if (!partitions) throw new KafkaError('COORDINATOR_NOT_AVAILABLE', `${topic} is being made`)
    const partition = partitionOf(key, partitions.length)
    const leader = image.brokers.get(partitions[partition]!.leader)
    const endpoint = leader?.fenced === false && leader.endPoints.find(({ name }) => name === context.listener)
    if (!leader || !endpoint) {
      throw new KafkaError(
        'COORDINATOR_NOT_AVAILABLE',
        `${topic}-${partition} has no leader that listener ${context.listener} could reach`,
      )
    }
    return { nodeId: leader.id, host: endpoint.host, port: endpoint.port }
  }

  function topicFor(keyType: number, key: string, context: RequestContext): string {
    if (keyType === GROUP) {
      requireGroup(context, 'Describe', key)
      return rooms.topics.group
    }
    if (keyType !== TRANSACTION) throw new KafkaError('INVALID_REQUEST', `there is no coordinator for key type ${keyType}`)
    if (!context.may('Describe', { type: 'TransactionalId', name: key }))
      throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    // A refusal that clients do not repeat for a minute, since no waiting would help.
    if (!rooms.topics.transaction)
      throw new KafkaError('INVALID_REQUEST', 'transactions are not supported yet; see docs/limits.md')
    return rooms.topics.transaction
  }
}
