// What DescribeConfigs tells: values as text, where each was found, and what else was said about it. Sources and synonyms are Kafka's,
// down to its rule that the source of a topic's inherited value is the first place that names the broker key of the same unit.

import { brokerConfigs } from './broker/index.ts'
import { clientMetricsConfigs } from './client-metrics.ts'
import { groupConfigs } from './group.ts'
import type { Key, KeyType, Table } from './keys.ts'
import { allOf, type BrokerLayers, brokerKey, Source, type Texts, textOf } from './layers.ts'
import { replicationQuotaConfigs } from './quotas.ts'
import { topicText } from './resolve.ts'
import { topicConfigs } from './topic.ts'

export interface DescribedSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

export interface DescribedConfig {
  readonly name: string
  /** Null for a secret, and where there is no value. */
  readonly value: string | null
  readonly source: number
  readonly isSensitive: boolean
  readonly readOnly: boolean
  /** Kafka's number for the type of value. */
  readonly type: number
  readonly documentation: string | null
  readonly synonyms: readonly DescribedSynonym[]
}

const typeNumbers: Record<KeyType, number> = {
  boolean: 1,
  string: 2,
  int: 3,
  short: 4,
  long: 5,
  double: 6,
  list: 7,
  class: 8,
  password: 9,
}
const UNKNOWN_TYPE = 0

/** Which keys were asked for; null or empty asks for all. Names that do not exist are left out, as Kafka does. */
export type Wanted = readonly string[] | null

/** Every value that holds for a topic. */
export function describeTopicConfig(layers: BrokerLayers, overrides: Texts, wanted: Wanted = null): DescribedConfig[] {
  return described(topicConfigs, wanted).map(([name, key]) => {
    const first = key.synonyms[0]
    const inherited = first ? brokerSynonyms(layers, first.name) : []
    const value = printed(name, key, topicText(layers, overrides, name, key))
    return entry(name, key, value, overrides.has(name) ? [{ name, value, source: Source.topic }, ...inherited] : inherited)
  })
}

/** Every value that holds for a group. Its broker defaults are not told apart: Kafka shows them as defaults under the group's own name. */
export function describeGroupConfig(layers: BrokerLayers, overrides: Texts, wanted: Wanted = null): DescribedConfig[] {
  return described(groupConfigs, wanted).map(([name, key]) => {
    const value = printed(name, key, topicText(layers, overrides, name, key))
    return entry(name, key, value, [{ name, value, source: overrides.has(name) ? Source.group : Source.default }])
  })
}

/** A subscription to clients' metrics; without synonyms, in every case. */
export function describeClientMetricsConfig(overrides: Texts, wanted: Wanted = null): DescribedConfig[] {
  return described(clientMetricsConfigs, wanted).map(([name, key]) => {
    const value = printed(name, key, overrides.get(name) ?? key.initial ?? null)
    const source = overrides.has(name) ? Source.clientMetrics : Source.default
    return { ...entry(name, key, value, []), source }
  })
}

/** Every value of one broker, with what was set under names that nobody knows. */
export function describeBrokerConfig(layers: BrokerLayers, wanted: Wanted = null): DescribedConfig[] {
  const names = new Set([...Object.keys(brokerConfigs), ...layers.static.keys(), ...layers.dynamicDefault.keys()])
  for (const name of layers.dynamicBroker.keys()) names.add(name)
  return [...names]
    .filter((name) => isWanted(name, wanted) && isShown(layers, name))
    .sort()
    .map((name) => brokerEntry(layers, name, textOf(layers, name), () => true))
}

/** What was altered for all brokers at once. */
export function describeBrokerDefaults(layers: BrokerLayers, wanted: Wanted = null): DescribedConfig[] {
  return [...layers.dynamicDefault]
    .filter(([name]) => isWanted(name, wanted))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => brokerEntry(layers, name, text, ({ source }) => source === Source.dynamicDefault))
}

function brokerEntry(layers: BrokerLayers, name: string, text: string | null, keep: (synonym: DescribedSynonym) => boolean) {
  const key = brokerKey(name)
  const synonyms = brokerSynonyms(layers, name).filter(keep)
  const readOnly = key === undefined || key.update === 'read-only'
  return { ...entry(name, key, key ? printed(name, key, text) : text, synonyms), readOnly }
}

function entry(name: string, key: Key | undefined, value: string | null, synonyms: readonly DescribedSynonym[]): DescribedConfig {
  const isSensitive = sensitive(key)
  return {
    name,
    value: isSensitive ? null : value,
    source: synonyms[0]?.source ?? Source.default,
    isSensitive,
    readOnly: false,
    type: key ? typeNumbers[key.type] : UNKNOWN_TYPE,
    documentation: key?.doc ?? null,
    synonyms,
  }
}

/** A value under a name that nobody knows may be a plug-in's secret. */
const sensitive = (key: Key | undefined) => key === undefined || key.type === 'password'

/** All that was said about a broker key and its stand-ins in other units, from the first that names the key itself. */
function brokerSynonyms(layers: BrokerLayers, name: string): DescribedSynonym[] {
  const isSensitive = sensitive(brokerKey(name))
  const said = standIns(name).flatMap((other) =>
    allOf(layers, other)
      // Throttles of replication are known to Kafka as values that were set, and not as keys with a default.
      .filter(({ source }) => source !== Source.default || !(other in replicationQuotaConfigs))
      .map(({ text, source }) => ({ name: other, value: isSensitive ? null : text, source })),
  )
  const byStrength = said.sort((a, b) => a.source - b.source)
  const first = byStrength.findIndex((synonym) => synonym.name === name)
  return first < 0 ? [] : byStrength.slice(first)
}

/** The keys that say the same in other units, the finest first; for the name behind a listener's prefix, that name too. */
function standIns(name: string): readonly string[] {
  const family = families.find((names) => names.includes(name))
  if (family) return name === 'log.flush.scheduler.interval.ms' ? [name] : family
  const base = /^listener\.name\.[^.]+\.(.+)$/.exec(name)?.[1]
  return base !== undefined && base in brokerConfigs ? [name, base] : [name]
}

const families = Object.values(topicConfigs as Table)
  .map((key) => key.synonyms.map((synonym) => synonym.name))
  .filter((names) => names.length > 1)

function described(table: Table, wanted: Wanted): [string, Key][] {
  return Object.entries(table).filter(([name, key]) => !key.internal && isWanted(name, wanted))
}

const isWanted = (name: string, wanted: Wanted) => wanted === null || wanted.length === 0 || wanted.includes(name)

/** Internal keys stay inside; our own ones are shown only where somebody set them, so that Kafka's tools see Kafka's list. */
function isShown(layers: BrokerLayers, name: string): boolean {
  const key = brokerKey(name)
  if (key?.internal) return layers.static.has(name)
  return !key?.own || layers.static.has(name) || layers.dynamicBroker.has(name) || layers.dynamicDefault.has(name)
}

function printed(name: string, key: Key, text: string | null): string | null {
  return text === null || key.type === 'password' ? text : key.print(name, text)
}
