// What this node is in its cluster, and who decides on the cluster's metadata: roles, voters, and where to ask for them. Where a combination cannot be, the
// sentence is Kafka's own, so that it is found where people look for it.

import type { BrokerConfig } from './broker/index.ts'
import { ConfigError } from './error.ts'
import type { Texts } from './layers.ts'
import type { Listeners } from './listeners.ts'

export interface Roles {
  readonly broker: boolean
  readonly controller: boolean
}

export interface QuorumAddress {
  readonly host: string
  readonly port: number
}

/** A voter that the configuration names. */
export interface StaticVoter extends QuorumAddress {
  readonly id: number
}

export interface QuorumConfig {
  /** Of `controller.quorum.voters`: who votes where the metadata log itself does not say it (kraft.version 0). */
  readonly voters: readonly StaticVoter[]
  /** Of `controller.quorum.bootstrap.servers`: where to ask who leads. */
  readonly bootstrapServers: readonly QuorumAddress[]
  /** Neither was said: the node is broker, controller and quorum by itself. */
  readonly isAlone: boolean
  /** The listener at which this node reaches controllers: the first of `controller.listener.names`. */
  readonly listener: string
}

const ROLES = 'process.roles'
const VOTERS = 'controller.quorum.voters'
const BOOTSTRAP = 'controller.quorum.bootstrap.servers'
const LISTENER_NAMES = 'controller.listener.names'
const MAX_PORT = 65_535

export function readRoles(config: BrokerConfig): Roles {
  const named = config['process.roles']
  return { broker: named.includes('broker'), controller: named.includes('controller') }
}

/** Whether the texts say anything of a quorum beyond this node; asked before they are parsed. */
export function namesQuorum(texts: Texts): boolean {
  return [VOTERS, BOOTSTRAP].some((key) => (texts.get(key) ?? '').trim() !== '')
}

export function readQuorum(config: BrokerConfig): QuorumConfig {
  const voters = config[VOTERS].map(voterOf)
  const bootstrapServers = config[BOOTSTRAP].map(serverOf)
  return {
    voters,
    bootstrapServers,
    isAlone: voters.length === 0 && bootstrapServers.length === 0,
    listener: (config[LISTENER_NAMES][0] ?? '').toUpperCase(),
  }
}

const ADDRESS = /^(?:\[([0-9A-Fa-f:.%a-z]+)\]|([0-9A-Za-z._-]*)):(\d{1,9})$/

/** host:port, or [IPv6]:port; null for anything else. */
function addressOf(key: string, text: string): QuorumAddress | null {
  const found = ADDRESS.exec(text)
  if (!found) return null
  const port = Number(found[3])
  if (port > MAX_PORT) throw new ConfigError(key, `${key}: port out of range:${found[3]}`)
  return { host: found[1] ?? found[2] ?? '', port }
}

function voterOf(entry: string): StaticVoter {
  const form = 'Each entry should be in the form `{id}@{host}:{port}`.'
  const at = entry.indexOf('@')
  if (at < 0) throw new ConfigError(VOTERS, `Invalid configuration value for ${VOTERS}: ${entry || '(empty)'}. ${form}`)
  const id = entry.slice(0, at).trim()
  if (!/^-?\d+$/.test(id)) throw new ConfigError(VOTERS, `Failed to parse voter ID as an integer from ${id} (${VOTERS})`)
  const address = addressOf(VOTERS, entry.slice(at + 1))
  if (!address)
    throw new ConfigError(VOTERS, `Failed to parse host name from entry ${entry} for the configuration ${VOTERS}. ${form}`)
  return { id: Number(id), ...address }
}

function serverOf(entry: string): QuorumAddress {
  const address = addressOf(BOOTSTRAP, entry)
  if (address) return address
  const form = 'Each entry should be in the form "{host}:{port}"'
  throw new ConfigError(BOOTSTRAP, `Failed to parse host name from ${entry} for the configuration ${BOOTSTRAP}. ${form}`)
}

/** Throws ConfigError where roles, voters and listeners contradict each other. */
export function requireFit(config: BrokerConfig, given: Texts, listeners: Listeners): void {
  const roles = readRoles(config)
  const quorum = readQuorum(config)
  requireQuorum(roles, quorum)
  if (config['zookeeper.connect'] !== null && !quorum.isAlone)
    throw new ConfigError(
      'zookeeper.connect',
      `zookeeper.connect and ${VOTERS} or ${BOOTSTRAP} cannot both be set: the metadata is in one place`,
    )
  requireVoter(config['node.id'], roles, quorum)
  requireListeners(config, roles, quorum, listeners)
  if (!roles.controller && config['controller.quorum.auto.join.enable']) {
    const key = 'controller.quorum.auto.join.enable'
    throw new ConfigError(key, `${key} is only supported when ${ROLES} contains the 'controller' role.`)
  }
  requireEarlyListeners(config, given, listeners)
}

function requireQuorum(roles: Roles, { isAlone, voters }: QuorumConfig): void {
  if (isAlone && !(roles.broker && roles.controller)) {
    throw new ConfigError(
      BOOTSTRAP,
      `If using ${ROLES}, either ${BOOTSTRAP} must contain the set of bootstrap controllers or ${VOTERS} must contain a parseable set of controllers.`,
    )
  }
  const twice = voters.find(({ id }, at) => voters.findIndex((other) => other.id === id) !== at)
  if (twice) throw new ConfigError(VOTERS, `${VOTERS}: voter ${twice.id} is named twice`)
}

function requireVoter(nodeId: number, roles: Roles, { voters }: QuorumConfig): void {
  if (voters.length === 0) return
  const ids = `${VOTERS}=Set(${voters.map(({ id }) => id).join(', ')})`
  const isVoter = voters.some(({ id }) => id === nodeId)
  if (roles.controller && !isVoter) {
    throw new ConfigError(
      VOTERS,
      `If ${ROLES} contains the 'controller' role, the node id ${nodeId} must be included in the set of voters ${ids}`,
    )
  }
  if (roles.controller || !isVoter) return
  throw new ConfigError(
    VOTERS,
    `If ${ROLES} contains just the 'broker' role, the node id ${nodeId} must not be included in the set of voters ${ids}`,
  )
}

function requireListeners(config: BrokerConfig, roles: Roles, { isAlone }: QuorumConfig, listeners: Listeners): void {
  const open = listeners.controller.map(({ name }) => name)
  const refuse = (what: string) => {
    throw new ConfigError(LISTENER_NAMES, `${LISTENER_NAMES} ${what}`)
  }
  if (!roles.controller) {
    if (open.length > 0)
      refuse("must not contain a value appearing in the 'listeners' configuration when running KRaft with just the broker role")
    return
  }
  if (!roles.broker && listeners.client.length > 0) {
    throw new ConfigError(
      'listeners',
      `The listeners config must only contain KRaft controller listeners from ${LISTENER_NAMES} when ${ROLES}=controller`,
    )
  }
  // A node that stands alone talks to no other controller, and needs none of them.
  if (isAlone) return
  if (open.length === 0)
    refuse("must contain at least one value appearing in the 'listeners' configuration when running the KRaft controller role")
  const missing = config[LISTENER_NAMES].filter((name) => !open.includes(name.toUpperCase()))
  if (missing.length > 0)
    refuse("must only contain values appearing in the 'listeners' configuration when running the KRaft controller role")
}

function requireEarlyListeners(config: BrokerConfig, given: Texts, { client, controller }: Listeners): void {
  const key = 'early.start.listeners'
  if (!given.has(key)) return
  const known = [...client, ...controller].map(({ name }) => name)
  const names = config[LISTENER_NAMES].map((name) => name.toUpperCase())
  const strange = config[key]?.find((name) => !known.includes(name.toUpperCase()) && !names.includes(name.toUpperCase()))
  if (strange === undefined) return
  throw new ConfigError(key, `${key} contains listener ${strange}, but this is not contained in listeners or ${LISTENER_NAMES}`)
}
