// A broker's configuration out of all that its operator said: profile, file, environment, overrides; the later goes before the earlier.

import type { BrokerConfig } from './broker/index.ts'
import { brokerConfigs } from './broker/index.ts'
import { fromEnvironment } from './environment.ts'
import { ConfigError } from './error.ts'
import { brokerKey, staticLayers, type Texts } from './layers.ts'
import { type Listeners, readListeners } from './listeners.ts'
import { type Profile, profiles } from './profiles.ts'
import { parseProperties } from './properties.ts'
import { namesQuorum, type QuorumConfig, type Roles, readQuorum, readRoles, requireFit } from './quorum.ts'
import { brokerConfig } from './resolve.ts'
import { suggest } from './suggest.ts'
import { brokerKeysWithoutEffect } from './without-effect.ts'

export interface Given {
  readonly profile: Profile
  /** The text of a .properties file. */
  readonly file?: string
  /** Its name, for complaints. */
  readonly fileName?: string
  readonly overrides?: Texts
  readonly env?: Readonly<Record<string, string | undefined>>
}

export interface LoadedConfig {
  readonly config: BrokerConfig
  /** What was set, as text by key: the static layer of DescribeConfigs. */
  readonly given: Texts
  readonly roles: Roles
  readonly quorum: QuorumConfig
  readonly listeners: Listeners
  /** The directories of the partitions, at least one. */
  readonly logDirs: readonly string[]
  /** Where the metadata log lies. */
  readonly metadataLogDir: string
  /** The cluster that a directory yet to be formatted belongs to; null lets the broker choose. */
  readonly clusterId: string | null
  /** One sentence each, for the operator. */
  readonly warnings: readonly string[]
}

/** Reads all of it; throws ConfigError that names the key, the value, what is allowed, and where it was said. */
export function loadConfig({ profile, file, fileName, overrides, env }: Given): LoadedConfig {
  const environment = fromEnvironment(env ?? {})
  const said = new Map<string, { text: string; where: string }>()
  const add = (texts: Texts, where: (key: string) => string) => {
    for (const [key, text] of texts) said.set(key, { text, where: where(key) })
  }
  add(parseProperties(file ?? ''), () => fileName ?? 'the file')
  add(environment.texts, (key) => environment.variables.get(key) ?? 'the environment')
  add(overrides ?? new Map(), () => '--override')

  const texts = new Map([...said].map(([key, { text }]) => [key, text]))
  const given = withIdentity(new Map([...profileFor(profile, texts), ...texts]))
  try {
    const config = brokerConfig(staticLayers(given))
    checkProtection(config)
    const quorum = readQuorum(config)
    const listeners = readListeners(config, given, quorum.isAlone)
    requireFit(config, given, listeners)
    const logDirs = config['log.dirs'] ?? config['log.dir']
    return {
      config,
      given,
      roles: readRoles(config),
      quorum,
      listeners,
      logDirs,
      metadataLogDir: config['metadata.log.dir'] ?? logDirs[0] ?? '',
      clusterId: environment.clusterId,
      warnings: [...unknownKeys(said), ...zooKeeper(said), ...withoutEffect(texts)],
    }
  } catch (thrown) {
    const where = thrown instanceof ConfigError && thrown.key !== null ? said.get(thrown.key)?.where : undefined
    throw where === undefined
      ? thrown
      : new ConfigError((thrown as ConfigError).key, `${(thrown as ConfigError).message} (from ${where})`)
  }
}

/** A profile's listener or directory makes way for any key that says the same thing in another manner. */
function profileFor(profile: Profile, texts: Texts): Texts {
  const values = new Map(profiles[profile])
  if (texts.has('advertised.listeners')) values.delete('listeners')
  if (texts.has('log.dir')) values.delete('log.dirs')
  if (texts.has('broker.id')) values.delete('node.id')
  return values
}

/**
 * `broker.id` is the older name of `node.id`; each is shown under both. Required keys that a file from before KRaft lacks get the values of a node that
 * stands alone; beside others, a node has to say who it is.
 */
function withIdentity(texts: Map<string, string>): Map<string, string> {
  const [node, broker] = [texts.get('node.id')?.trim(), texts.get('broker.id')?.trim()]
  if (node !== undefined && broker !== undefined && broker !== '-1' && node !== broker) {
    throw new ConfigError(
      'broker.id',
      `You must set node.id to the same value as broker.id: node.id=${node}, broker.id=${broker}`,
    )
  }
  const id = node ?? (broker === '-1' ? undefined : broker)
  const isAlone = !namesQuorum(texts)
  texts.set('node.id', id ?? (isAlone ? '1' : missing('node.id')))
  texts.set('broker.id', texts.get('node.id')!)
  if (!texts.has('process.roles')) texts.set('process.roles', isAlone ? 'broker,controller' : missing('process.roles'))
  if (!texts.has('controller.listener.names'))
    texts.set('controller.listener.names', isAlone ? 'CONTROLLER' : missing('controller.listener.names'))
  return texts
}

function missing(key: string): never {
  throw new ConfigError(key, `Missing required configuration "${key}" which has no default value.`)
}

/** A file that protects its cluster must not come up open because we cannot do it yet. */
function checkProtection(config: BrokerConfig): void {
  const key = 'authorizer.class.name'
  if (config[key] === '') return
  const why = 'is not supported yet, and without it everybody may do everything; remove the key to start an open broker'
  throw new ConfigError(key, `${key}=${config[key]} ${why}`)
}

type Said = ReadonlyMap<string, { readonly text: string; readonly where: string }>

const ZOOKEEPER = /^zookeeper\./
/** Keys below these belong to plug-ins, which know them better than we do. */
const PLUG_INS = /^(rsm|rlmm)\.config\./

function unknownKeys(said: Said): string[] {
  const unknown = [...said].filter(([key]) => brokerKey(key) === undefined && !ZOOKEEPER.test(key) && !PLUG_INS.test(key))
  return unknown.map(([key, { where }]) => {
    const nearest = suggest(key, Object.keys(brokerConfigs))
    return `${key} (from ${where}) is no configuration of a broker and is ignored${nearest ? `; did you mean ${nearest}?` : ''}`
  })
}

function zooKeeper(said: Said): string[] {
  const keys = [...said.keys()].filter((key) => ZOOKEEPER.test(key) && brokerKey(key) === undefined)
  return keys.length === 0
    ? []
    : [`${keys.join(', ')}: of ZooKeeper only its servers, its timeouts and a path are configured here; ignored`]
}

/** Nothing is silently taken: what was set to another value than Kafka's default, and changes nothing here, is said in one line. */
function withoutEffect(texts: Texts): string[] {
  const idle = [...texts].filter(([name, text]) => {
    const key = brokerKey(name)
    return key !== undefined && brokerKeysWithoutEffect.has(name) && key.print(name, text) !== key.initial
  })
  if (idle.length === 0) return []
  return [`without effect in this version (see docs/limits.md): ${idle.map(([name]) => name).join(', ')}`]
}
