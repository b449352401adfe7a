// DeleteTopics (API 20): by name, or since version 6 by id (KIP-516).

import { ZERO_UUID } from '../../base/uuid.ts'
import { deleteTopics as deleteTopicsCommand } from '../../metadata/controller/delete-topics.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { DeleteTopicsRequest, DeleteTopicsResponse } from '../../protocol/messages/delete-topics.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import type { Handler, RequestContext } from '../handler.ts'
import { inParts } from '../in-parts.ts'

export interface DeleteTopicsRooms {
  readonly controller: ControllerChannel
  readonly image: () => MetadataImage
  /** `delete.topic.enable` */
  readonly isEnabled: () => boolean
}

export function deleteTopics(rooms: DeleteTopicsRooms): Handler<DeleteTopicsRequest, DeleteTopicsResponse> {
  return {
    api: api('DeleteTopics'),

    async handle(request, context) {
      if (!rooms.isEnabled()) throw new KafkaError('TOPIC_DELETION_DISABLED', 'delete.topic.enable is false on this broker')
      const byId = (topicId: string) => rooms.image().topicsById.get(topicId)?.name
      // Before version 6 they come by name alone.
      const asked = request.topics.concat(request.topicNames.map((name) => ({ name, topicId: ZERO_UUID })))
      const allowed: Named[] = []
      const denied: ReturnType<typeof failure>[] = []
      await context.slices.each(asked, (topic) => {
        const error = verdict(topic.name ?? byId(topic.topicId), topic.name === null, context)
        if (error) denied.push(failure(topic.name, topic.topicId, error))
        else allowed.push(topic)
      })
      const responses = await inParts(allowed, context, {
        keyOf: ({ name, topicId }) => name ?? byId(topicId) ?? ` ${topicId}`,
        failed: ({ name, topicId }, error) => failure(name, topicId, error),
        ask: async (topics) =>
          (await rooms.controller.ask((machine) => deleteTopicsCommand(machine, { topics, topicNames: [] }))).responses,
      })
      return { responses: responses.concat(denied) }
    },

    refuse: (request, error) => ({
      responses: [
        ...request.topics.map(({ name, topicId }) => failure(name, topicId, error)),
        ...request.topicNames.map((name) => failure(name, ZERO_UUID, error)),
      ],
    }),
  }
}

type Named = DeleteTopicsRequest['topics'][number]

/** Why the topic may not be deleted by this principal; null where it may. A name that was not told stays untold. */
function verdict(name: string | undefined, askedById: boolean, context: RequestContext): KafkaError | null {
  if (name === undefined || context.may('Delete', { type: 'Topic', name })) return null
  const hidden = askedById && !context.may('Describe', { type: 'Topic', name })
  return new KafkaError(hidden ? 'UNKNOWN_TOPIC_ID' : 'TOPIC_AUTHORIZATION_FAILED')
}

function failure(name: string | null, topicId: string, error: KafkaError) {
  return { name, topicId, errorCode: error.code, errorMessage: error.message }
}
