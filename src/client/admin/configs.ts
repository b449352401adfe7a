// Configurations of topics, brokers, groups and client metrics.

import type { Exchange } from '../../net/peer.ts'
import { DescribeConfigsRequest, DescribeConfigsResponse } from '../../protocol/messages/describe-configs.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../protocol/messages/incremental-alter-configs.ts'
import { ListConfigResourcesRequest, ListConfigResourcesResponse } from '../../protocol/messages/list-config-resources.ts'
import { brokerError, type ClientError, OptionError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import { type ConfigSource, sourceOf } from './config-source.ts'
import { type CallOptions, clientErrorOf, type Link } from './link.ts'
import { numbered, UNKNOWN } from './numbered.ts'
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
const FIRST_WITH_DOCUMENTATION = 3
const FIRST_WITH_RESOURCE_TYPES = 1

/** What has a configuration, by its number on the wire. */
const resourceTypes = numbered({ topic: 2, broker: 4, brokerLogger: 8, clientMetrics: 16, group: 32 })
export type ConfigResourceType = 'topic' | 'broker' | 'brokerLogger' | 'clientMetrics' | 'group'

export interface ConfigResource {
  readonly type: ConfigResourceType
  /** The id of a broker; an empty one is what all brokers have unless they have their own. */
  readonly name: string
}

/** As Kafka names them; UNKNOWN where the broker does not tell. */
const valueTypes = ['UNKNOWN', 'BOOLEAN', 'STRING', 'INT', 'SHORT', 'LONG', 'DOUBLE', 'LIST', 'CLASS', 'PASSWORD'] as const
export type ConfigType = (typeof valueTypes)[number]

export interface ConfigEntry {
  readonly name: string
  /** Null where it is secret, or not set. */
  readonly value: string | null
  readonly source: ConfigSource
  readonly isSensitive: boolean
  readonly isReadOnly: boolean
  readonly type: ConfigType
  /** In words for people; null unless it was asked for. */
  readonly documentation: string | null
  /** Everywhere that a value is set, the one that counts first. Empty unless they were asked for. */
  readonly synonyms: readonly { readonly name: string; readonly value: string | null; readonly source: ConfigSource }[]
}

const operations = numbered({ set: 0, delete: 1, append: 2, subtract: 3 })
export type ConfigOperation = 'set' | 'delete' | 'append' | 'subtract'

export interface ConfigChange {
  readonly name: string
  readonly operation: ConfigOperation
  /** Not for `delete`. */
  readonly value?: string | undefined
}

/** Under which key a resource stands in outcomes. */
export const resourceKey = ({ type, name }: ConfigResource) => `${type} ${name}`

const keyOf = (type: number, name: string) => `${resourceTypes.wordOf(type)} ${name}`

export interface DescribeConfigsOptions extends CallOptions {
  readonly includeSynonyms?: boolean | undefined
  readonly includeDocumentation?: boolean | undefined
}

/** All values of each resource. A broker's own are asked of itself. */
export async function describeConfigs(
  link: Link,
  resources: readonly ConfigResource[],
  options: DescribeConfigsOptions = {},
): Promise<Outcomes<readonly ConfigEntry[]>> {
  const { includeSynonyms = false, includeDocumentation = false } = options
  const patience = link.patience('configurations', options)
  const outcomes = new Outcomes<readonly ConfigEntry[]>()
  const questions = resources.map((resource) => ({ resource, body: questionOf(resource), place: brokerOf(resource) }))
  await eachPlace(questions, outcomes, patience, async (broker, some) => {
    const body = (version: number) => {
      if (includeDocumentation) link.needs(version, FIRST_WITH_DOCUMENTATION, 'the documentation of configurations')
      return {
        resources: some,
        includeSynonyms,
        ...(includeDocumentation ? { includeDocumentation } : {}),
      }
    }
    const answer =
      broker === null ? await link.any(DESCRIBE, body, patience) : await link.broker(broker, DESCRIBE, body, patience)
    for (const { errorCode: code, errorMessage, resourceType, resourceName, configs } of answer.results) {
      const key = keyOf(resourceType, resourceName)
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
  options: CallOptions & { readonly validateOnly?: boolean | undefined } = {},
): Promise<Outcomes<void>> {
  const { validateOnly = false } = options
  const patience = link.patience('changing configurations', options)
  const outcomes = new Outcomes<void>()
  const questions = changes.map(({ resource, changes: some }) => ({
    resource,
    body: changeOf(resource, some),
    // The active controller changes what is of a broker for it, but not what only that process has.
    place: link.cluster.asksControllers && resource.type === 'broker' ? null : brokerOf(resource),
  }))
  await eachPlace(questions, outcomes, patience, async (broker, resources) => {
    const body = { resources, validateOnly }
    const answer =
      broker === null ? await link.controller(ALTER, body, patience) : await link.broker(broker, ALTER, body, patience)
    for (const { errorCode: code, errorMessage, resourceType, resourceName } of answer.responses) {
      const key = keyOf(resourceType, resourceName)
      if (code !== 0) outcomes.failed(key, brokerError(code, `changing the configuration of ${key}`, errorMessage))
      else outcomes.succeeded(key, undefined)
    }
  })
  return outcomes
}

function questionOf({ type, name }: ConfigResource) {
  return { resourceType: resourceTypes.numberOf('type', type), resourceName: name, configurationKeys: null }
}

function changeOf({ type, name: resourceName }: ConfigResource, changes: readonly ConfigChange[]) {
  return {
    resourceType: resourceTypes.numberOf('type', type),
    resourceName,
    configs: changes.map(({ name, operation, value }) => ({
      name,
      configOperation: operations.numberOf('operation', operation),
      value: value ?? null,
    })),
  }
}

/** Names of what has a configuration, of these kinds or of all. Before Kafka 4.1 only `clientMetrics` can be listed. */
export async function listConfigResources(
  link: Link,
  types: readonly ConfigResourceType[] = [],
  options?: CallOptions,
): Promise<readonly ConfigResource[]> {
  const onlyMetrics = types.length === 1 && types[0] === 'clientMetrics'
  const numbers = types.map((type) => resourceTypes.numberOf('types', type))
  const answer = await link.any(
    LIST,
    (version) => {
      if (!onlyMetrics) link.needs(version, FIRST_WITH_RESOURCE_TYPES, 'a list of anything but client metrics')
      return version < FIRST_WITH_RESOURCE_TYPES ? {} : { resourceTypes: numbers }
    },
    link.patience('the list of configurations', options),
  )
  return answer.configResources.flatMap(({ resourceName, resourceType }) => {
    const type = resourceTypes.wordOf(resourceType)
    return type === UNKNOWN ? [] : [{ type, name: resourceName }]
  })
}

/** The broker that is asked for its own configuration, or that of its loggers; null: whoever answers. */
function brokerOf({ type, name }: ConfigResource): number | null {
  if (type !== 'brokerLogger' && (type !== 'broker' || name === '')) return null
  if (/^\d{1,10}$/.test(name)) return Number(name)
  throw new OptionError(
    'name',
    `${type} ${name} is not valid; allowed: the id of a broker${type === 'broker' ? ', or nothing for all' : ''}`,
  )
}

interface Question<B> {
  readonly resource: ConfigResource
  readonly body: B
  readonly place: number | null
}

/** Asks each place for its own, all at once; what becomes of one does not touch the others. */
async function eachPlace<B, V>(
  questions: readonly Question<B>[],
  outcomes: Outcomes<V>,
  patience: Patience,
  run: (broker: number | null, some: B[]) => Promise<void>,
): Promise<void> {
  const places = new Map<number | null, Question<B>[]>()
  for (const question of questions) places.set(question.place, [...(places.get(question.place) ?? []), question])
  await Promise.all(
    [...places].map(async ([place, some]) => {
      const keys = some.map(({ resource }) => resourceKey(resource))
      try {
        await run(
          place,
          some.map(({ body }) => body),
        )
        outcomes.settle(keys, patience.what)
      } catch (thrown) {
        const error: ClientError = clientErrorOf(thrown)
        for (const key of keys) outcomes.failed(key, error)
      }
    }),
  )
}

type Entry = DescribeConfigsResponse['results'][number]['configs'][number]

function entryOf({ name, value, readOnly, configSource, isSensitive, synonyms, configType, documentation }: Entry): ConfigEntry {
  return {
    name,
    value,
    source: sourceOf(configSource),
    isSensitive,
    isReadOnly: readOnly,
    type: valueTypes[configType] ?? 'UNKNOWN',
    documentation: documentation || null,
    synonyms: synonyms.map((synonym) => ({ name: synonym.name, value: synonym.value, source: sourceOf(synonym.source) })),
  }
}
