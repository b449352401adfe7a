// Configurations of topics and brokers.

import { type ConfigEntry, type ConfigResourceType, describeConfigs, resourceKey } from '../../client/admin/configs.ts'
import type { Exchange } from '../../net/peer.ts'
import { AlterConfigsRequest, AlterConfigsResponse } from '../../protocol/messages/alter-configs.ts'
import { ConfigResourceTypes, ConfigSource } from '../constants.ts'
import { protocolError } from '../errors/translate.ts'
import { told } from '../retry.ts'
import type { ConfigEntries, DescribeConfigResponse, IResourceConfig, ResourceConfigQuery } from '../types/index.ts'
import { need } from './checks.ts'
import { allOf, type Desk } from './desk.ts'

const ALTER: Exchange<AlterConfigsRequest, AlterConfigsResponse> = {
  request: AlterConfigsRequest,
  response: AlterConfigsResponse,
}

const types = new Map<ConfigResourceTypes, ConfigResourceType>([
  [ConfigResourceTypes.TOPIC, 'topic'],
  [ConfigResourceTypes.BROKER, 'broker'],
  [ConfigResourceTypes.BROKER_LOGGER, 'brokerLogger'],
])

export async function describe(
  desk: Desk,
  { resources, includeSynonyms = false }: { resources: ResourceConfigQuery[]; includeSynonyms?: boolean },
): Promise<DescribeConfigResponse> {
  checkResources(resources)
  const wrong = resources.find(
    ({ configNames }) => configNames !== undefined && configNames !== null && !Array.isArray(configNames),
  )
  need(wrong === undefined, `Invalid resource configNames ${wrong?.configNames}: ${JSON.stringify(wrong)}`)
  const named = resources.map(({ type, name }) => ({ type: typeOf(type), name }))
  const found = await allOf(desk, () => describeConfigs(desk.link, named, { includeSynonyms }))
  return {
    resources: resources.map(({ type, name, configNames }) => ({
      errorCode: 0,
      errorMessage: null as unknown as string,
      resourceType: type,
      resourceName: name,
      configEntries: found
        .get(resourceKey({ type: typeOf(type), name }))!
        .filter((entry) => !configNames?.length || configNames.includes(entry.name))
        .map(entryOf),
    })),
    throttleTime: 0,
  }
}

/** Replaces all that was set for each resource (the API of that name, and not the incremental one). */
export async function alter(
  desk: Desk,
  { resources, validateOnly = false }: { resources: IResourceConfig[]; validateOnly?: boolean },
) {
  checkResources(resources)
  for (const resource of resources) {
    const { configEntries } = resource
    need(Array.isArray(configEntries), `Invalid resource configEntries ${configEntries}: ${JSON.stringify(resource)}`)
    const isRight = configEntries.every(({ name, value }) => typeof name === 'string' && typeof value === 'string')
    need(isRight, `Invalid resource config value: ${JSON.stringify(resource)}`)
  }
  const { link, retry } = desk
  const places = new Map<number | null, IResourceConfig[]>()
  for (const resource of resources) {
    const place = typeOf(resource.type) === 'topic' ? null : Number(resource.name)
    places.set(place, [...(places.get(place) ?? []), resource])
  }
  const answers = await told(retry, () =>
    Promise.all(
      [...places].map(([place, some]) => {
        const patience = link.patience('changing configurations')
        const body = { resources: some.map(alteration), validateOnly }
        return place === null ? link.controller(ALTER, body, patience) : link.broker(place, ALTER, body, patience)
      }),
    ),
  )
  return {
    resources: answers.flatMap(({ responses }) =>
      responses.map(({ errorCode, errorMessage, resourceType, resourceName }) => {
        if (errorCode !== 0) throw protocolError(errorCode, errorMessage)
        return { errorCode, errorMessage, resourceType, resourceName }
      }),
    ),
  }
}

function alteration({ type, name, configEntries }: IResourceConfig) {
  return {
    resourceType: type as number,
    resourceName: name,
    configs: configEntries.map((entry) => ({ name: entry.name, value: entry.value })),
  }
}

function checkResources(resources: readonly { readonly type: ConfigResourceTypes; readonly name: string }[]): void {
  need(Array.isArray(resources), `Invalid resources array ${resources}`)
  need(resources.length > 0, 'Resources array cannot be empty')
  for (const resource of resources) {
    const { type, name } = resource
    need(Object.values(ConfigResourceTypes).includes(type), `Invalid resource type ${type}: ${JSON.stringify(resource)}`)
    need(typeof name === 'string' && name !== '', `Invalid resource name ${name}: ${JSON.stringify(resource)}`)
  }
}

function typeOf(type: ConfigResourceTypes): ConfigResourceType {
  const found = types.get(type)
  need(found !== undefined, `Invalid resource type ${type}`)
  return found
}

const sources: Readonly<Record<string, ConfigSource>> = {
  DYNAMIC_TOPIC_CONFIG: ConfigSource.TOPIC_CONFIG,
  DYNAMIC_BROKER_CONFIG: ConfigSource.DYNAMIC_BROKER_CONFIG,
  DYNAMIC_DEFAULT_BROKER_CONFIG: ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG,
  STATIC_BROKER_CONFIG: ConfigSource.STATIC_BROKER_CONFIG,
  DEFAULT_CONFIG: ConfigSource.DEFAULT_CONFIG,
  DYNAMIC_BROKER_LOGGER_CONFIG: ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG,
}

function entryOf({ name, value, source, isSensitive, isReadOnly, synonyms }: ConfigEntry): ConfigEntries {
  const configSource = sources[source] ?? ConfigSource.UNKNOWN
  return {
    configName: name,
    configValue: value!,
    readOnly: isReadOnly,
    isDefault: configSource === ConfigSource.DEFAULT_CONFIG,
    configSource,
    isSensitive,
    configSynonyms: synonyms.map((each) => ({
      configName: each.name,
      configValue: each.value!,
      configSource: sources[each.source] ?? ConfigSource.UNKNOWN,
    })),
  }
}
