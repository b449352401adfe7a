// Where a broker listens and what it tells clients, out of five keys that must fit each other.

import type { BrokerConfig } from './broker/index.ts'
import { ConfigError } from './error.ts'
import type { Texts } from './layers.ts'
import { suggest } from './suggest.ts'

export interface Endpoint {
  /** Empty: all interfaces. */
  readonly host: string
  /** 0: a free port. */
  readonly port: number
}

export interface ListenerConfig {
  /** Upper case, as in LISTENERS. */
  readonly name: string
  readonly bind: Endpoint
  /** What clients are told; an empty host stands for the machine's own name, port 0 for the port that was bound. */
  readonly advertised: Endpoint
}

export interface Listeners {
  /** For clients and brokers, in the order of the file; at least one on a broker. */
  readonly client: readonly ListenerConfig[]
  /** For the controller; empty unless the file names one among its listeners. */
  readonly controller: readonly ListenerConfig[]
  /** Which of `client` other brokers use; of other brokers too, as all of a cluster name it alike. */
  readonly interBroker: string
}

interface Named extends Endpoint {
  readonly name: string
}

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']

/**
 * The listeners of a node. `given` says which keys were set: with only `advertised.listeners`, the broker listens on its ports on all
 * interfaces. `isAlone` for a node without others: it has no listener for them to choose. Throws ConfigError where the keys contradict each other, and for
 * protocols other than PLAINTEXT.
 */
export function readListeners(config: BrokerConfig, given: Texts, isAlone = true): Listeners {
  const advertised = config['advertised.listeners']?.map((text) => parseEndpoint('advertised.listeners', text)) ?? null
  const bound =
    given.has('listeners') || !advertised ? config.listeners.map((text) => parseEndpoint('listeners', text)) : bindAll(advertised)
  const controllerNames = config['controller.listener.names'].map((name) => name.toUpperCase())
  checkUnique('listeners', bound)
  // Like Kafka: without a map of its own, a controller's listener speaks PLAINTEXT; that of others is spoken to just so.
  const unnamed = given.has('listener.security.protocol.map') ? [] : controllerNames
  const others = isAlone ? [] : controllerNames.filter((name) => !bound.some((listener) => listener.name === name))
  checkProtocols([...bound.map(({ name }) => name), ...others.slice(0, 1)], unnamed, protocolMap(config))
  if (advertised) checkAdvertised(advertised, bound)

  const all = bound.map(({ name, host, port }) => ({
    name,
    bind: { host, port },
    advertised: advertisedOf(advertised, { name, host, port }, controllerNames.includes(name)),
  }))
  const client = all.filter(({ name }) => !controllerNames.includes(name))
  const controller = all.filter(({ name }) => controllerNames.includes(name))
  if (!config['process.roles'].includes('broker'))
    return { client, controller, interBroker: config['inter.broker.listener.name'] ?? '' }
  if (client.length === 0) {
    throw new ConfigError(
      'listeners',
      'There must be at least one broker advertised listener. Perhaps all listeners appear in controller.listener.names? A broker needs one for its clients.',
    )
  }
  return { client, controller, interBroker: interBrokerName(config, given, client, isAlone) }
}

const ENDPOINT = /^([A-Za-z0-9._-]+):\/\/(?:\[([0-9A-Fa-f:.%a-z]+)\]|([0-9A-Za-z._-]*)):(\d{1,5})$/

function parseEndpoint(key: string, text: string): Named {
  const found = ENDPOINT.exec(text)
  const port = Number(found?.[4])
  if (!found || port > 65_535) {
    throw new ConfigError(
      key,
      `${key}=${text} is not valid; allowed: NAME://host:port, such as PLAINTEXT://localhost:9092 or PLAINTEXT://:9092`,
    )
  }
  return { name: (found[1] ?? '').toUpperCase(), host: found[2] ?? found[3] ?? '', port }
}

const isWildcard = (host: string) => host === '0.0.0.0' || host === '::'

const bindAll = (advertised: readonly Named[]) => advertised.map(({ name, port }) => ({ name, host: '', port }))

function checkUnique(key: string, listeners: readonly Named[]): void {
  const names = new Set<string>()
  const ports = new Map<number, Named>()
  for (const listener of listeners) {
    if (names.has(listener.name)) throw new ConfigError(key, `${key}: the name ${listener.name} is used twice`)
    names.add(listener.name)
    const other = listener.port === 0 ? undefined : ports.get(listener.port)
    if (other && (other.host === listener.host || other.host === '' || listener.host === '')) {
      throw new ConfigError(key, `${key}: ${other.name} and ${listener.name} both want port ${listener.port}`)
    }
    ports.set(listener.port, listener)
  }
}

function protocolMap(config: BrokerConfig): ReadonlyMap<string, string> {
  const key = 'listener.security.protocol.map'
  const entries = config[key].split(',').map((entry) => entry.trim())
  return new Map(
    entries.filter(Boolean).map((entry) => {
      const [name = '', protocol = ''] = entry.split(':').map((part) => part.trim().toUpperCase())
      if (name === '' || !PROTOCOLS.includes(protocol)) {
        const allowed = `NAME:PROTOCOL with one of ${PROTOCOLS.join(', ')}`
        throw new ConfigError(key, `${key}: ${entry} is not valid; allowed: ${allowed}, separated by commas`)
      }
      return [name, protocol]
    }),
  )
}

function checkProtocols(
  names: readonly string[],
  plainUnlessNamed: readonly string[],
  protocols: ReadonlyMap<string, string>,
): void {
  for (const name of names) {
    const protocol = protocols.get(name) ?? (plainUnlessNamed.includes(name) ? 'PLAINTEXT' : undefined)
    if (protocol === undefined) {
      const nearest = suggest(name, protocols.keys())
      const hint = nearest ? `; did you mean ${nearest}?` : ''
      const example = `add ${name}:PLAINTEXT to listener.security.protocol.map`
      throw new ConfigError('listeners', `listeners: ${name} has no security protocol; ${example}${hint}`)
    }
    if (protocol !== 'PLAINTEXT') {
      throw new ConfigError('listeners', `listeners: ${name} speaks ${protocol}, which is not supported yet; only PLAINTEXT is`)
    }
  }
}

function checkAdvertised(advertised: readonly Named[], bound: readonly Named[]): void {
  const key = 'advertised.listeners'
  checkUnique(
    key,
    advertised.map((listener) => ({ ...listener, port: 0 })),
  )
  const names = bound.map(({ name }) => name)
  for (const { name, host } of advertised) {
    if (isWildcard(host)) {
      throw new ConfigError(key, `${key}: clients cannot connect to ${host}; name the host that they see`)
    }
    if (!names.includes(name)) {
      throw new ConfigError(key, `${key}: ${name} is not among the listeners (${names.join(', ')})`)
    }
  }
}

function advertisedOf(advertised: readonly Named[] | null, bound: Named, isController: boolean): Endpoint {
  const found = advertised?.find(({ name }) => name === bound.name)
  if (found) return { host: found.host, port: found.port }
  if (!advertised && !isController && isWildcard(bound.host)) {
    const why = `clients cannot connect to ${bound.host}; set advertised.listeners to the host that they see`
    throw new ConfigError('advertised.listeners', `listeners: ${bound.name} listens on ${bound.host} and ${why}`)
  }
  return { host: isWildcard(bound.host) ? '' : bound.host, port: bound.port }
}

function interBrokerName(config: BrokerConfig, given: Texts, client: readonly ListenerConfig[], isAlone: boolean): string {
  const key = 'inter.broker.listener.name'
  const names = client.map(({ name }) => name)
  const wanted = config[key]?.toUpperCase()
  if (wanted === undefined) {
    const byProtocol = config['security.inter.broker.protocol']
    if (!names.includes(byProtocol) && !isAlone) throw noListenerOf(key, names)
    return names.includes(byProtocol) ? byProtocol : (names[0] ?? '')
  }
  if (given.has('security.inter.broker.protocol')) {
    throw new ConfigError(key, `${key} and security.inter.broker.protocol cannot both be set; keep one`)
  }
  if (!names.includes(wanted)) throw noListenerOf(key, names)
  return wanted
}

function noListenerOf(key: string, names: readonly string[]): ConfigError {
  const options = `The valid options based on currently configured listeners are ${names.join(',')}`
  return new ConfigError(key, `${key} must be a listener name defined in advertised.listeners. ${options}`)
}
