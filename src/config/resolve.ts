// The values that hold in the end, for a broker, a topic or a group.

import { type BrokerConfig, brokerConfigs } from './broker/index.ts'
import { type GroupConfig, groupConfigs } from './group.ts'
import type { Key, Synonym, Table } from './keys.ts'
import { type BrokerLayers, type Texts, textOf } from './layers.ts'
import { type TopicConfig, topicConfigs } from './topic.ts'

/** A broker's values: altered on the cluster, else given at its start, else Kafka's default. Throws ConfigError for a text that is not valid. */
export function brokerConfig(layers: BrokerLayers): BrokerConfig {
  return valuesOf<BrokerConfig>(brokerConfigs, (name) => textOf(layers, name))
}

/** A topic's values: its own, else the broker's (by the synonyms of the table, in their units), else Kafka's default. */
export function topicConfig(layers: BrokerLayers, overrides: Texts): TopicConfig {
  return valuesOf<TopicConfig>(topicConfigs, (name, key) => topicText(layers, overrides, name, key))
}

/** A group's values: its own, else the broker's. */
export function groupConfig(layers: BrokerLayers, overrides: Texts): GroupConfig {
  return valuesOf<GroupConfig>(groupConfigs, (name, key) => topicText(layers, overrides, name, key))
}

/** The text that holds for one key of a topic or group. */
export function topicText(layers: BrokerLayers, overrides: Texts, name: string, key: Key): string | null {
  return overrides.get(name) ?? inherited(layers, key.synonyms) ?? key.initial ?? null
}

/** The first of the broker's keys that has a value decides, so `log.retention.ms` goes before `log.retention.hours`. */
function inherited(layers: BrokerLayers, synonyms: readonly Synonym[]): string | null {
  for (const { name, times } of synonyms) {
    const text = textOf(layers, name)
    if (text !== null) return times === 1 ? text : scaled(text, times)
  }
  return null
}

/** Hours or minutes in milliseconds; every negative number means "no limit", which is -1 in any unit. */
function scaled(text: string, times: number): string {
  const count = BigInt(text.trim())
  return count < 0n ? '-1' : (count * BigInt(times)).toString()
}

function valuesOf<T>(table: Table, text: (name: string, key: Key) => string | null): T {
  const values: Record<string, unknown> = {}
  for (const [name, key] of Object.entries(table)) {
    const found = text(name, key)
    values[name] = found === null ? null : key.parse(name, found)
  }
  return values as T
}
