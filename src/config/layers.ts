// Where a broker's values come from: what was altered on the running cluster goes before the file, the file before the default.

import { brokerConfigs } from './broker/index.ts'
import type { Key, Table } from './keys.ts'
import { replicationQuotaConfigs } from './quotas.ts'

/** Kafka's numbers for the place a value was found in (DescribeConfigs). */
export const Source = {
  unknown: 0,
  topic: 1,
  dynamicBroker: 2,
  dynamicDefault: 3,
  staticBroker: 4,
  default: 5,
  brokerLogger: 6,
  clientMetrics: 7,
  group: 8,
} as const

export type Texts = ReadonlyMap<string, string>

/** What is set for one broker, as texts by key. The names of keys are not checked: plug-ins may have their own. */
export interface BrokerLayers {
  /** Altered for this broker. */
  readonly dynamicBroker: Texts
  /** Altered for all brokers. */
  readonly dynamicDefault: Texts
  /** Given at its start: file, command line, environment. */
  readonly static: Texts
}

export const noTexts: Texts = new Map()

/** Layers in which only a broker's file says something. */
export const staticLayers = (given: Texts): BrokerLayers => ({
  dynamicBroker: noTexts,
  dynamicDefault: noTexts,
  static: given,
})

export interface Found {
  readonly text: string
  readonly source: number
}

/** Everything said about `name`, the strongest first; the default last. */
export function allOf(layers: BrokerLayers, name: string): Found[] {
  const found: Found[] = []
  const look = (text: string | null | undefined, source: number) => {
    if (text !== null && text !== undefined) found.push({ text, source })
  }
  look(layers.dynamicBroker.get(name), Source.dynamicBroker)
  look(layers.dynamicDefault.get(name), Source.dynamicDefault)
  look(layers.static.get(name), Source.staticBroker)
  look(brokerKey(name)?.initial, Source.default)
  return found
}

/** The text that holds for `name` on this broker, or null where there is none. */
export const textOf = (layers: BrokerLayers, name: string): string | null => allOf(layers, name)[0]?.text ?? null

// Quotas of replication are set like any dynamic value of a broker, but never in its file and never listed by DescribeConfigs unasked.
const table: Table = { ...brokerConfigs, ...replicationQuotaConfigs }
const LISTENER_PREFIX = /^listener\.name\.[^.]+\.(?:(?:gssapi|plain|scram-sha-256|scram-sha-512|oauthbearer)\.)?(.+)$/

/** The key of that name; a name with a listener's prefix (`listener.name.internal.ssl.key.password`) has the key behind the prefix. */
export function brokerKey(name: string): Key | undefined {
  if (Object.hasOwn(table, name)) return table[name]
  const base = LISTENER_PREFIX.exec(name)?.[1]
  return base !== undefined && Object.hasOwn(table, base) ? table[base] : undefined
}

/** The own key of that name, if the table has one: names come from users, so `constructor` must not be found. */
export const keyIn = (keys: Table, name: string): Key | undefined => (Object.hasOwn(keys, name) ? keys[name] : undefined)
