// Whether a topic, group, broker or metrics subscription may be configured like this. Each function throws ConfigError at the first thing
// that is wrong; the error says which of Kafka's error codes an answer carries.

import { clientMetricsConfigs } from './client-metrics.ts'
import { ConfigError } from './error.ts'
import { type GroupConfig, groupConfigs } from './group.ts'
import type { Table } from './keys.ts'
import { type BrokerLayers, brokerKey, keyIn, type Texts } from './layers.ts'
import { replicationQuotaConfigs } from './quotas.ts'
import { brokerConfig, groupConfig, topicConfig } from './resolve.ts'
import { topicConfigs } from './topic.ts'

/** Names that exist, values of their type and range, and values that fit each other. `overrides` is the whole set of the topic. */
export function validateTopicConfigs(layers: BrokerLayers, overrides: Texts): void {
  parseAll(topicConfigs, overrides, 'topic')
  const config = topicConfig(layers, overrides)
  const [min, max] = [config['min.compaction.lag.ms'], config['max.compaction.lag.ms']]
  if (min > max) {
    throw new ConfigError(
      'min.compaction.lag.ms',
      `min.compaction.lag.ms (${min}) must not be greater than max.compaction.lag.ms (${max})`,
    )
  }
  if (config['remote.storage.enable']) {
    throw new ConfigError('remote.storage.enable', 'remote.storage.enable=true: this broker has no tiered storage')
  }
}

/** Names, values, and the bounds that the brokers set for groups (group.consumer.min.session.timeout.ms and so on). */
export function validateGroupConfigs(layers: BrokerLayers, overrides: Texts): void {
  parseAll(groupConfigs, overrides, 'group')
  const group = groupConfig(layers, overrides)
  const broker = brokerConfig(layers)
  for (const kind of ['consumer', 'share', 'streams'] as const) {
    for (const what of ['session.timeout.ms', 'heartbeat.interval.ms'] as const) {
      const [min, max] = [broker[`group.${kind}.min.${what}`], broker[`group.${kind}.max.${what}`]]
      between(group, `${kind}.${what}`, min, max)
    }
    const [session, heartbeat] = [group[`${kind}.session.timeout.ms`], group[`${kind}.heartbeat.interval.ms`]]
    if (session > heartbeat) continue
    throw new ConfigError(
      `${kind}.session.timeout.ms`,
      `${kind}.session.timeout.ms (${session}) must be greater than ${kind}.heartbeat.interval.ms (${heartbeat})`,
    )
  }
  const [minLock, maxLock] = [
    broker['group.share.min.record.lock.duration.ms'],
    broker['group.share.max.record.lock.duration.ms'],
  ]
  between(group, 'share.record.lock.duration.ms', minLock, maxLock)
  between(group, 'streams.num.standby.replicas', 0, broker['group.streams.max.standby.replicas'])
}

function between(group: GroupConfig, name: keyof GroupConfig & string, min: number, max: number): void {
  const value = group[name]
  if (typeof value === 'number' && value >= min && value <= max) return
  throw new ConfigError(name, `${name}=${value} is not valid; the brokers allow ${min} to ${max} for groups`)
}

/** A subscription to clients' metrics (KIP-714). */
export function validateClientMetricsConfigs(overrides: Texts): void {
  for (const [name, text] of overrides) {
    const key = keyIn(clientMetricsConfigs, name)
    if (!key) throw new ConfigError(name, `${name} is no configuration of client metrics`, 'INVALID_REQUEST')
    const value = key.parse(name, text)
    if (name === 'interval.ms' && ((value as number) < 100 || (value as number) > 3_600_000)) {
      throw new ConfigError(name, `interval.ms=${text} is not valid; allowed: 100 to 3600000`, 'INVALID_REQUEST')
    }
    if (name === 'match') for (const pattern of value as readonly string[]) validateClientPattern(pattern)
  }
}

const CLIENT_ATTRIBUTES = [
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
]

function validateClientPattern(pattern: string): void {
  const at = pattern.indexOf('=')
  const refused = (why: string) => new ConfigError('match', `match: ${pattern} ${why}`)
  if (at < 0) throw refused('is not of the form attribute=pattern')
  if (!CLIENT_ATTRIBUTES.includes(pattern.slice(0, at))) throw refused(`names none of ${CLIENT_ATTRIBUTES.join(', ')}`)
  try {
    new RegExp(pattern.slice(at + 1))
  } catch (thrown) {
    throw refused(`has no regular expression: ${(thrown as Error).message}`)
  }
}

/** What a change means to set, by key; null deletes the value. */
export type Changes = ReadonlyMap<string, string | null>

/**
 * Dynamic values of one broker (`perBroker`) or of all. Names that nobody knows pass, for plug-ins have their own; what is known must be
 * changeable while the broker runs, and at this level.
 */
export function validateBrokerChanges(layers: BrokerLayers, changes: Changes, perBroker: boolean): void {
  const known = [...changes].flatMap(([name, text]) => {
    const key = brokerKey(name)
    return key ? [{ name, text, key }] : []
  })
  const fixed = known.filter(({ key }) => key.update === 'read-only').map(({ name }) => name)
  if (fixed.length > 0) {
    throw refusedChange(fixed, 'cannot be changed while the broker runs; set it in the file and restart')
  }
  const single = known.filter(({ key }) => key.update === 'per-broker').map(({ name }) => name)
  if (single.length > 0 && !perBroker) {
    throw refusedChange(single, 'can only be changed for one broker; name its id')
  }
  const notYet = known.filter(
    ({ name, text, key }) => text !== null && key.update === 'per-broker' && !(name in replicationQuotaConfigs),
  )
  if (notYet.length > 0) {
    throw refusedChange(
      notYet.map(({ name }) => name),
      'cannot be changed on a running broker yet; set it in the file and restart',
    )
  }
  for (const { name, text, key } of known) {
    if (text === null) continue
    try {
      key.parse(name, text)
    } catch (thrown) {
      throw thrown instanceof ConfigError ? new ConfigError(name, thrown.message, 'INVALID_REQUEST') : thrown
    }
    if (isPool(name)) validatePoolSize(layers, name, Number(text))
  }
}

const refusedChange = (names: readonly string[], why: string) =>
  new ConfigError(names[0] ?? null, `${[...names].sort().join(', ')} ${why}`, 'INVALID_REQUEST')

const isPool = (name: string) => /\.threads$|\.threads\.per\.|thread\.pool\.size$|^num\.replica\.fetchers$/.test(name)

/** Kafka lets a pool of threads shrink to half and grow to double in one step. */
function validatePoolSize(layers: BrokerLayers, name: string, size: number): void {
  const now = Number((brokerConfig(layers) as Record<string, unknown>)[name])
  if (size >= Math.floor(now / 2) && size <= now * 2) return
  const allowed = `${Math.max(1, Math.floor(now / 2))} to ${now * 2}`
  throw new ConfigError(name, `${name}=${size} is not valid; allowed in one step from ${now}: ${allowed}`, 'INVALID_REQUEST')
}

function parseAll(table: Table, texts: Texts, kind: string): void {
  for (const [name, text] of texts) {
    const key = keyIn(table, name)
    if (!key) throw new ConfigError(name, `${name === '' ? 'the empty name' : name} is no configuration of a ${kind}`)
    key.parse(name, text)
  }
}
