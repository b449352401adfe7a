// DescribeConfigs (API 32): every value that holds for a topic, broker, group or metrics subscription, and where it comes from.

import {
  type DescribedConfig,
  describeBrokerConfig,
  describeBrokerDefaults,
  describeClientMetricsConfig,
  describeGroupConfig,
  describeTopicConfig,
  type Wanted,
} from '../../config/describe.ts'
import type { BrokerLayers } from '../../config/layers.ts'
import { requireLegalName } from '../../metadata/controller/topic-names.ts'
import type { MetadataImage } from '../../metadata/image.ts'
import { type ResourceType, resourceTypeOf } from '../../metadata/resources.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { DescribeConfigsRequest, DescribeConfigsResponse } from '../../protocol/messages/describe-configs.ts'
import type { Input, Item } from '../../protocol/schema.ts'
import { CLUSTER, type Handler, type RequestContext, type Resource } from '../handler.ts'

type Asked = DescribeConfigsRequest['resources'][number]
type Answer = Item<Input<DescribeConfigsResponse>['results']>

/** Of so many resources each is answered every time that it is named. */
const FEW = 200

export interface DescribeConfigsRooms {
  readonly image: () => MetadataImage
  readonly layers: () => BrokerLayers
  readonly nodeId: number
}

export function describeConfigs(rooms: DescribeConfigsRooms): Handler<DescribeConfigsRequest, DescribeConfigsResponse> {
  return {
    api: api('DescribeConfigs'),
    async handle(request, context) {
      const asked = request.resources.length > FEW ? await distinct(request.resources, context) : request.resources
      return { results: await context.slices.map(asked, (one) => describeOne(one, request, context)) }
    },
    refuse: (request, error) => ({ results: request.resources.map((asked) => failure(asked, error)) }),
  }

  function describeOne(asked: Asked, request: DescribeConfigsRequest, context: RequestContext): Answer {
    try {
      const type = resourceTypeOf(asked.resourceType)
      if (!type) throw new KafkaError('INVALID_REQUEST', `resource type ${asked.resourceType} has no configuration`)
      requirePermission(type, asked.resourceName, context)
      const configs = describe(type, asked.resourceName, asked.configurationKeys)
      return {
        errorCode: 0,
        errorMessage: '',
        resourceType: asked.resourceType,
        resourceName: asked.resourceName,
        configs: configs.map((config) => entry(config, request)),
      }
    } catch (thrown) {
      return failure(asked, context.answerFor(thrown))
    }
  }

  function describe(type: ResourceType, name: string, wanted: Wanted): DescribedConfig[] {
    const overrides = rooms.image().configsOf({ type, name })
    switch (type) {
      case 'topic':
        requireLegalName(name)
        if (!rooms.image().topic(name)) throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', '')
        return describeTopicConfig(rooms.layers(), overrides, wanted)
      case 'broker':
        if (name === '') return describeBrokerDefaults(rooms.layers(), wanted)
        requireOwnId(name)
        return describeBrokerConfig(rooms.layers(), wanted)
      case 'group':
        if (name === '') throw new KafkaError('INVALID_REQUEST', 'a group needs a name')
        return describeGroupConfig(rooms.layers(), overrides, wanted)
      case 'clientMetrics':
        if (name === '') throw new KafkaError('INVALID_REQUEST', 'a metrics subscription needs a name')
        return describeClientMetricsConfig(overrides, wanted)
      case 'brokerLogger':
        throw new KafkaError(
          'INVALID_REQUEST',
          'log levels cannot be read or set while the broker runs; start with another log.level',
        )
    }
  }

  function requireOwnId(name: string): void {
    if (name !== String(rooms.nodeId)) {
      throw new KafkaError(
        'INVALID_REQUEST',
        `"${name}" is not this broker's id, ${rooms.nodeId}; ask the broker itself, or "" for the cluster's defaults`,
      )
    }
  }
}

/** Each resource as it was first named: a hundred thousand times the same topic would be an answer of hundreds of megabytes. */
async function distinct(resources: readonly Asked[], { slices }: RequestContext): Promise<readonly Asked[]> {
  const found = new Map<string, Asked>()
  await slices.each(resources, (asked) => {
    const key = `${asked.resourceType} ${asked.resourceName}`
    if (!found.has(key)) found.set(key, asked)
  })
  return [...found.values()]
}

function requirePermission(type: ResourceType, name: string, context: RequestContext): void {
  const resources: Readonly<Partial<Record<ResourceType, Resource>>> = {
    topic: { type: 'Topic', name },
    group: { type: 'Group', name },
  }
  const resource = resources[type] ?? CLUSTER
  if (context.may('DescribeConfigs', resource)) return
  throw new KafkaError(resource.type === 'Topic' ? 'TOPIC_AUTHORIZATION_FAILED' : 'CLUSTER_AUTHORIZATION_FAILED')
}

function entry(config: DescribedConfig, request: DescribeConfigsRequest) {
  return {
    name: config.name,
    value: config.value,
    readOnly: config.readOnly,
    configSource: config.source,
    isSensitive: config.isSensitive,
    synonyms: request.includeSynonyms ? [...config.synonyms] : [],
    configType: config.type,
    documentation: request.includeDocumentation ? config.documentation : null,
  }
}

function failure({ resourceType, resourceName }: Asked, error: KafkaError): Answer {
  return { errorCode: error.code, errorMessage: error.message, resourceType, resourceName, configs: [] }
}
