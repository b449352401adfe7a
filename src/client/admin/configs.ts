// Configurations of topics, brokers, groups and client metrics.

import type { Exchange } from '../../net/peer.ts'
import { errorCode } from '../../protocol/errors.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../protocol/messages/describe-configs.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol/messages/incremental-alter-configs.ts'
import { ListConfigResourcesRequest, ListConfigResourcesResponse } from '../../protocol/messages/list-config-resources.ts'
import { brokerError, type ClientError } from '../errors/index.ts'
import { type CallOptions, clientErrorOf, type Link } from './link.ts'
import { Outcomes } from './outcomes.ts'

const DESCRIBE: Exchange<DescribeConfigsRequest, DescribeConfigsResponse> = {
  request: DescribeConfigsRequest,
  response: DescribeConfigsResponse,
}
const ALTER: Exchange<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse> = {
  request: IncrementalAlterConfigsRequest,
  response: IncrementalAlterConfigsResponse,
}
const LIST: Exchange<ListConfigResourcesRequest, ListConfigResourcesResponse> = {
  request: ListConfigResourcesRequest,
  response: ListConfigResourcesResponse,
}
const NOT_CONTROLLER = errorCode('NOT_CONTROLLER')

/** What has a configuration, by its number on the wire. */
const resourceTypes = { topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 } as const
export type ConfigResourceType = keyof typeof resourceTypes

export interface ConfigResource {
  readonly type: ConfigResourceType
  /** The id of a broker; an empty one is what all brokers have unless they have their own. */
  readonly name: string
}

/** From where a value comes, by its number on the wire. */
const sources = {
  UNKNOWN: 0,
  DYNAMIC_TOPIC_CONFIG: 1,
  DYNAMIC_BROKER_CONFIG: 2,
  DYNAMIC_DEFAULT_BROKER_CONFIG: 3,
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
  DYNAMIC_BROKER_LOGGER_CONFIG: 6,
  DYNAMIC_CLIENT_METRICS_CONFIG: 7,
  DYNAMIC_GROUP_CONFIG: 8,
} as const
export type ConfigSource = keyof typeof sources

export interface ConfigEntry {
  readonly name: string
  /** Null where it is secret, or not set. */
  readonly value: string | null
  readonly source: ConfigSource
  readonly isSensitive: boolean
  readonly isReadOnly: boolean
  /** Everywhere that a value is set, the one that counts first. Empty unless they were asked for. */
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: ConfigSource }[]
}

const operations = { set: 0, delete: 1, append: 2, subtract: 3 } as const

export interface ConfigChange {
  readonly name: string
  readonly operation: keyof typeof operations
  /** Not for `delete`. */
  readonly value?: string | undefined
}

/** Under which key a resource stands in outcomes. */
export const resourceKey = ({ type, name }: ConfigResource) => `${type} ${name}`

const sourceNames = new Map<number, ConfigSource>(Object.entries(sources).map(([name, number]) => [number, name as ConfigSource]))
const typeNames = new Map<number, ConfigResourceType>(
  Object.entries(resourceTypes).map(([name, number]) => [number, name as ConfigResourceType]),
)
const sourceOf = (number: number) => sourceNames.get(number) ?? 'UNKNOWN'

/** All values of each resource. A broker's own are asked of itself. */
export async function describeConfigs(
  link: Link,
  resources: readonly ConfigResource[],
  { includeSynonyms = false, ...options }: CallOptions & { readonly includeSynonyms?: boolean } = {},
): Promise<Outcomes<readonly ConfigEntry[]>> {
  const patience = link.patience('configurations', options)
  const outcomes = new Outcomes<readonly ConfigEntry[]>()
  await eachPlace(resources, outcomes, async (broker, some) => {
    const body = {
      resources: some.map(({ type, name }) => ({
        resourceType: resourceTypes[type],
        resourceName: name,
        configurationKeys: null,
      })),
      includeSynonyms,
    }
    const answer =
      broker === null ? await link.any(DESCRIBE, body, patience) : await link.broker(broker, DESCRIBE, body, patience)
    for (const { errorCode: code, errorMessage, resourceType, resourceName, configs } of answer.results) {
      const resource = { type: typeNames.get(resourceType)!, name: resourceName }
      const key = resourceKey(resource)
      if (code !== 0) outcomes.failed(key, brokerError(code, `the configuration of ${key}`, errorMessage))
      else outcomes.succeeded(key, configs.map(entryOf))
    }
  })
  return outcomes
}

/** Changes single values of each resource: all of its changes, or none. */
export async function incrementalAlterConfigs(
  link: Link,
  changes: readonly { readonly resource: ConfigResource; readonly changes: readonly ConfigChange[] }[],
  { validateOnly = false, ...options }: CallOptions & { readonly validateOnly?: boolean } = {},
): Promise<Outcomes<void>> {
  const patience = link.patience('changing configurations', options)
  const outcomes = new Outcomes<void>()
  const byKey = new Map(changes.map((each) => [resourceKey(each.resource), each.changes]))
  await eachPlace(
    changes.map(({ resource }) => resource),
    outcomes,
    async (broker, some) => {
      const body = {
        resources: some.map((resource) => ({
          resourceType: resourceTypes[resource.type],
          resourceName: resource.name,
          configs: byKey.get(resourceKey(resource))!.map(({ name, operation, value }) => ({
            name,
            configOperation: operations[operation],
            value: value ?? null,
          })),
        })),
        validateOnly,
      }
      const isElsewhere = (answer: IncrementalAlterConfigsResponse) =>
        answer.responses.some((response) => response.errorCode === NOT_CONTROLLER)
      const answer =
        broker === null
          ? await link.controller(ALTER, body, patience, isElsewhere)
          : await link.broker(broker, ALTER, body, patience)
      for (const { errorCode: code, errorMessage, resourceType, resourceName } of answer.responses) {
        const key = resourceKey({ type: typeNames.get(resourceType)!, name: resourceName })
        if (code !== 0) outcomes.failed(key, brokerError(code, `changing the configuration of ${key}`, errorMessage))
        else outcomes.succeeded(key, undefined)
      }
    },
  )
  return outcomes
}

/** Names of what has a configuration, of these kinds. Before Kafka 4.1 only `clientMetrics` can be listed. */
export async function listConfigResources(
  link: Link,
  types: readonly ConfigResourceType[],
  options?: CallOptions,
): Promise<readonly ConfigResource[]> {
  const onlyMetrics = types.length === 1 && types[0] === 'clientMetrics'
  const answer = await link.any(
    LIST,
    (version) => ({ resourceTypes: version === 0 && onlyMetrics ? [] : types.map((type) => resourceTypes[type]) }),
    link.patience('the list of configurations', options),
  )
  return answer.configResources.flatMap(({ resourceName, resourceType }) => {
    const type = typeNames.get(resourceType)
    return type === undefined ? [] : [{ type, name: resourceName }]
  })
}

/** The configuration of a broker, and of its loggers, is asked of itself; null stands for whoever answers. */
async function eachPlace<V>(
  resources: readonly ConfigResource[],
  outcomes: Outcomes<V>,
  run: (broker: number | null, some: readonly ConfigResource[]) => Promise<void>,
): Promise<void> {
  const places = new Map<number | null, ConfigResource[]>()
  for (const resource of resources) {
    const isOfBroker = (resource.type === 'broker' && resource.name !== '') || resource.type === 'brokerLogger'
    const place = isOfBroker ? Number(resource.name) : null
    places.set(place, [...(places.get(place) ?? []), resource])
  }
  await Promise.all(
    [...places].map(async ([place, some]) => {
      try {
        await run(place, some)
      } catch (thrown) {
        const error: ClientError = clientErrorOf(thrown)
        for (const resource of some) outcomes.failed(resourceKey(resource), error)
      }
    }),
  )
}

type Entry = DescribeConfigsResponse['results'][number]['configs'][number]

function entryOf({ name, value, readOnly, configSource, isSensitive, synonyms }: Entry): ConfigEntry {
  return {
    name,
    value,
    source: sourceOf(configSource),
    isSensitive,
    isReadOnly: readOnly,
    synonyms: synonyms.map((synonym) => ({ name: synonym.name, value: synonym.value, source: sourceOf(synonym.source) })),
  }
}
