// CreatePartitions (API 37): more partitions for topics (KIP-195).

import { requireFewPartitions } from '../../metadata/controller/assignments.ts'
import { createPartitions as createPartitionsCommand } from '../../metadata/controller/create-partitions.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { CreatePartitionsRequest, CreatePartitionsResponse } from '../../protocol/messages/create-partitions.ts'
import type { ControllerChannel } from '../controller-channel.ts'
import type { Handler } from '../handler.ts'
import { inParts } from '../in-parts.ts'

export function createPartitions({
  controller,
  image,
}: {
  readonly controller: ControllerChannel
  readonly image: () => MetadataImage
}): Handler<CreatePartitionsRequest, CreatePartitionsResponse> {
  return {
    api: api('CreatePartitions'),

    async handle({ topics, validateOnly }, context) {
      const mayAlter = ({ name }: { name: string }) => context.may('Alter', { type: 'Topic', name })
      const denied = topics.filter((topic) => !mayAlter(topic))
      let added = 0
      await context.slices.each(topics, ({ name, count }) => {
        const has = image().topic(name)?.partitions.length
        if (has !== undefined) added += Math.max(0, count - has)
      })
      requireFewPartitions(added, 'made') // of all parts together
      const results = await inParts(topics.filter(mayAlter), context, {
        keyOf: ({ name }) => name,
        failed: ({ name }, error) => failure(name, error),
        ask: async (part) =>
          (await controller.ask((machine) => createPartitionsCommand(machine, { topics: part, validateOnly }))).results,
      })
      return { results: [...results, ...denied.map(({ name }) => failure(name, new KafkaError('TOPIC_AUTHORIZATION_FAILED')))] }
    },

    refuse: (request, error) => ({ results: request.topics.map(({ name }) => failure(name, error)) }),
  }
}

function failure(name: string, error: KafkaError) {
  return { name, errorCode: error.code, errorMessage: error.message }
}
