// CreatePartitions (API 37): more partitions for topics (KIP-195).

import { createPartitions as createPartitionsCommand } from '../../metadata/controller/create-partitions.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { CreatePartitionsRequest, CreatePartitionsResponse } from '../../protocol/messages/create-partitions.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import type { Handler } from '../handler.ts'

export function createPartitions({
  controller,
}: {
  controller: ControllerChannel
}): Handler<CreatePartitionsRequest, CreatePartitionsResponse> {
  return {
    api: api('CreatePartitions'),

    async handle(request, context) {
      const mayAlter = ({ name }: { name: string }) => context.may('Alter', { type: 'Topic', name })
      const denied = request.topics.filter((topic) => !mayAlter(topic))
      const { results } = await controller.ask((machine) =>
        createPartitionsCommand(machine, { topics: request.topics.filter(mayAlter), validateOnly: request.validateOnly }),
      )
      return { results: [...results, ...denied.map(({ name }) => failure(name, new KafkaError('TOPIC_AUTHORIZATION_FAILED')))] }
    },

    refuse: (request, error) => ({ results: request.topics.map(({ name }) => failure(name, error)) }),
  }
}

function failure(name: string, error: KafkaError) {
  return { name, errorCode: error.code, errorMessage: error.message }
}
