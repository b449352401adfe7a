// CreateTopics (API 19).

import { ZERO_UUID } from '../../base/uuid.ts'
import { refused } from '../../metadata/controller/create-topics.ts'
import { api } from '../../protocol/api.ts'
import { errorCode, KafkaError } from '../../protocol/errors.ts'
import type { CreateTopicsRequest, CreateTopicsResponse } from '../../protocol/messages/create-topics.ts'
import { CLUSTER, type Handler } from '../handler.ts'
import { createInParts, type TopicCreation } from '../topic-creation.ts'

export function createTopics(creation: TopicCreation): Handler<CreateTopicsRequest, CreateTopicsResponse> {
  return {
    api: api('CreateTopics'),

    async handle(request, context) {
      const mayCreate = (name: string) => context.may('Create', CLUSTER) || context.may('Create', { type: 'Topic', name })
      const allowed = request.topics.filter(({ name }) => mayCreate(name))
      const denied = request.topics.filter(({ name }) => !mayCreate(name))
      const topics = await createInParts(creation, { topics: allowed, validateOnly: request.validateOnly }, context)
      const told = await context.slices.map(topics, (topic) =>
        context.may('DescribeConfigs', { type: 'Topic', name: topic.name }) ? topic : withoutConfigs(topic),
      )
      return { topics: [...told, ...denied.map(({ name }) => refused(name, new KafkaError('TOPIC_AUTHORIZATION_FAILED')))] }
    },

    refuse: (request, error) => ({ topics: request.topics.map(({ name }) => refused(name, error)) }),
  }
}

// Who may not read a topic's configuration learns that instead of its values (KIP-525).
function withoutConfigs(topic: ReturnType<typeof refused>) {
  if (topic.topicId === ZERO_UUID) return topic
  const topicConfigErrorCode = errorCode('TOPIC_AUTHORIZATION_FAILED')
  return { ...topic, topicConfigErrorCode, numPartitions: -1, replicationFactor: -1, configs: [] }
}
