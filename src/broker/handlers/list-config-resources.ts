// ListConfigResources (API 74): which resources have a configuration of their own (KIP-1142; version 0 knew client metrics only).

import type { MetadataImage } from '../../metadata/image.ts'
import { type ResourceType, resourceNumber, resourceTypeOf } from '../../metadata/resources.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { ListConfigResourcesRequest, ListConfigResourcesResponse } from '../../protocol/messages/list-config-resources.ts'
import { CLUSTER, type Handler } from '../handler.ts'

const ALL: readonly ResourceType[] = ['topic', 'broker', 'brokerLogger', 'clientMetrics', 'group']

export function listConfigResources(rooms: {
  readonly image: () => MetadataImage
}): Handler<ListConfigResourcesRequest, ListConfigResourcesResponse> {
  return {
    api: api('ListConfigResources'),
    requires: { operation: 'DescribeConfigs', resource: CLUSTER },

    async handle({ resourceTypes }, { version }) {
      const types = version === 0 ? (['clientMetrics'] as const) : typesOf(resourceTypes)
      const configResources = types.flatMap((type) =>
        names(type).map((resourceName) => ({ resourceName, resourceType: resourceNumber(type) })),
      )
      return { errorCode: 0, configResources }
    },

    refuse: (_, error) => ({ errorCode: error.code, configResources: [] }),
  }

  function names(type: ResourceType): string[] {
    const image = rooms.image()
    if (type === 'topic') return [...image.topics.keys()]
    if (type === 'broker' || type === 'brokerLogger') return [...image.brokers.keys()].map(String)
    return [...image.configs.values()].filter(({ resource }) => resource.type === type).map(({ resource }) => resource.name)
  }
}

function typesOf(numbers: readonly number[]): readonly ResourceType[] {
  if (numbers.length === 0) return ALL
  return [...new Set(numbers)].map((number) => {
    const type = resourceTypeOf(number)
    if (!type) throw new KafkaError('UNSUPPORTED_VERSION', `resource type ${number} has no configuration`)
    return type
  })
}
