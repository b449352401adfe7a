// KAFKA_* variables, as the usual container images map them to keys of server.properties.

import type { Texts } from './layers.ts'

/** Variables of Kafka's start scripts, of the images' own and of the JVM: no keys, whatever their names look like. */
const NOT_KEYS = new Set([
  'KAFKA_CLUSTER_ID',
  'KAFKA_DEBUG',
  'KAFKA_GC_LOG_OPTS',
  'KAFKA_HOME',
  'KAFKA_KRAFT_CLUSTER_ID',
  'KAFKA_MODE',
  'KAFKA_OPTS',
  'KAFKA_USER',
  'KAFKA_VERSION',
  'KAFKA_ADVERTISED_HOSTNAME_COMMAND',
  'KAFKA_ADVERTISED_PORT_COMMAND',
  'KAFKA_BROKER_RACK_COMMAND',
  'KAFKA_CREATE_TOPICS',
])
const NOT_KEYS_BY_PREFIX = ['KAFKA_JMX_', 'KAFKA_LOG4J_', 'KAFKA_HEAP_', 'KAFKA_JVM_', 'KAFKA_CFG_JVM_']
const NOT_KEYS_BY_SUFFIX = ['_OPTS', '_LOG4J_LOGGERS']
/** A Kubernetes service named "kafka" puts these into every pod beside it. */
const KUBERNETES_LINK = /^KAFKA_(SERVICE_HOST|SERVICE_PORT|PORT)(_|$)/

export interface FromEnvironment {
  /** Values by key, to be read like lines of a file. */
  readonly texts: Texts
  readonly clusterId: string | null
  /** Which variable said it, by key: a complaint names what the user wrote. */
  readonly variables: ReadonlyMap<string, string>
}

/**
 * `KAFKA_LOG_DIRS` is `log.dirs`: `___` stands for a dash, `__` for an underscore, `_` for a point. `KAFKA_CFG_LOG_DIRS` is the same.
 * `CLUSTER_ID` (in some images `KAFKA_CLUSTER_ID` or `KAFKA_KRAFT_CLUSTER_ID`) names the cluster of a directory yet to be formatted.
 */
export function fromEnvironment(variables: Readonly<Record<string, string | undefined>>): FromEnvironment {
  const texts = new Map<string, string>()
  const names = new Map<string, string>()
  for (const [variable, text] of Object.entries(variables)) {
    if (text === undefined || !isKey(variable)) continue
    const key = keyOf(variable)
    texts.set(key, text)
    names.set(key, variable)
  }
  const ids = [variables['CLUSTER_ID'], variables['KAFKA_CLUSTER_ID'], variables['KAFKA_KRAFT_CLUSTER_ID']]
  const clusterId = ids.find(Boolean) ?? null
  return { texts, clusterId, variables: names }
}

function isKey(variable: string): boolean {
  if (!variable.startsWith('KAFKA_') || NOT_KEYS.has(variable)) return false
  if (NOT_KEYS_BY_PREFIX.some((prefix) => variable.startsWith(prefix))) return false
  return !KUBERNETES_LINK.test(variable) && !NOT_KEYS_BY_SUFFIX.some((suffix) => variable.endsWith(suffix))
}

function keyOf(variable: string): string {
  return variable
    .replace(/^KAFKA_(CFG_)?/, '')
    .toLowerCase()
    .replace(/___|__|_/g, (run) => (run === '___' ? '-' : run === '__' ? '_' : '.'))
}
