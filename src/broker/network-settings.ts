// From configuration to what net/ wants to know, and the addresses that clients are told.

import { type BrokerConfig, brokerConfigs } from '../config/broker/index.ts'
import { MAX_INT } from '../config/keys.ts'
import type { BrokerLayers } from '../config/layers.ts'
import type { ListenerConfig } from '../config/listeners.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { ChannelLimits } from '../net/channel.ts'
import type { ConnectionLimits } from '../net/connection-limits.ts'
import type { ListenerOptions, Server } from '../net/listener.ts'
import type { EffectiveConfigs } from './effective-configs.ts'

/** Requests of one connection that were read and not answered; Kafka reads one at a time, we let Produce requests overlap. */
const MAX_PENDING_REQUESTS = 64
/** Their bytes, and bytes of answers that a client has not taken: enough to keep a fast connection busy. */
const MAX_PENDING_BYTES = 16 * 1024 * 1024
const MAX_UNSENT_BYTES = 16 * 1024 * 1024
/** Where `queued.max.request.bytes` names no bound we keep one all the same: no client may fill the memory. */
const MAX_REQUEST_BYTES = 1024 * 1024 * 1024
/** What answers to Fetch may hold until clients have taken them, over all connections. */
export const MAX_ANSWER_BYTES = 256 * 1024 * 1024
/** The same for followers: clients that read slowly must not keep records from being replicated. */
export const MAX_REPLICA_ANSWER_BYTES = 64 * 1024 * 1024
/** A client that sends half a request and then nothing for so long is gone, or means no good. */
const MAX_STALL_MS = 30_000

export function listenersOf({ listeners }: LoadedConfig): ListenerOptions[] {
  return listeners.client.map(({ name, bind }) => ({ name, address: bind }))
}

export function controllerListenersOf({ listeners }: LoadedConfig): ListenerOptions[] {
  return listeners.controller.map(({ name, bind }) => ({ name, address: bind }))
}

export function channelLimits(config: BrokerConfig): ChannelLimits {
  return {
    maxFrameBytes: config['socket.request.max.bytes'],
    maxPendingRequests: MAX_PENDING_REQUESTS,
    maxPendingBytes: MAX_PENDING_BYTES,
    maxUnsentBytes: MAX_UNSENT_BYTES,
    maxIdleMs: config['connections.max.idle.ms'],
    maxStallMs: MAX_STALL_MS,
  }
}

/** What holds now, altered values included; one object until something changes. */
export function connectionLimits({ listeners }: LoadedConfig, configs: EffectiveConfigs): () => ConnectionLimits {
  const names = [...listeners.client, ...listeners.controller].map(({ name }) => name)
  let known: ConnectionLimits | null = null
  let from: BrokerLayers | null = null
  limitsFrom(configs, names) // a value for a listener that is not valid stops the start, not the first client
  return () => {
    if (known && from === configs.layers) return known
    from = configs.layers
    known = limitsFrom(configs, names)
    return known
  }
}

function limitsFrom({ broker, layers }: EffectiveConfigs, names: readonly string[]): ConnectionLimits {
  return {
    maxConnections: unlessMax(broker['max.connections']),
    maxConnectionsPerIp: unlessMax(broker['max.connections.per.ip']),
    perIpOverrides: overrides(broker['max.connections.per.ip.overrides']),
    maxCreationRate: unlessMax(broker['max.connection.creation.rate']),
    listeners: new Map(
      names.map((name) => [
        name,
        {
          maxConnections: unlessMax(listenerValue(layers, name, 'max.connections', broker)),
          maxCreationRate: unlessMax(listenerValue(layers, name, 'max.connection.creation.rate', broker)),
        },
      ]),
    ),
  }
}

/** `listener.name.<name>.<key>` where it is set, else the value of all listeners. Kafka writes the listener's name in lower case there. */
function listenerValue(
  layers: BrokerLayers,
  listener: string,
  key: 'max.connections' | 'max.connection.creation.rate',
  broker: BrokerConfig,
): number {
  const name = `listener.name.${listener.toLowerCase()}.${key}`
  const text = layers.dynamicBroker.get(name) ?? layers.dynamicDefault.get(name) ?? layers.static.get(name)
  return text === undefined ? broker[key] : brokerConfigs[key].parse(name, text)
}

export function maxRequestBytes(config: BrokerConfig): number {
  const bytes = config['queued.max.request.bytes']
  return bytes > 0 ? bytes : MAX_REQUEST_BYTES
}

const unlessMax = (value: number): number => (value === MAX_INT ? Infinity : value)

/** "host:count,host:count" */
function overrides(text: string): Map<string, number> {
  const pairs = text.split(',').filter((pair) => pair.trim() !== '')
  return new Map(
    pairs.map((pair) => {
      const at = pair.lastIndexOf(':')
      return [pair.slice(0, at).trim(), Number(pair.slice(at + 1))]
    }),
  )
}

/** What others are told of each listener: by `advertised.listeners`, or where it names none the machine's name and the port that was bound. */
export function advertised(
  listeners: readonly ListenerConfig[],
  server: Server | null,
  hostName: string,
): { name: string; host: string; port: number }[] {
  return listeners.map(({ name, advertised: told }) => ({
    name,
    host: told.host || hostName,
    port: told.port || (server?.address(name)?.port ?? 0),
  }))
}

/**
 * What other nodes are told of this node's controller listeners; `hostName` is the machine's own, for those that listen on every interface. A voter needs
 * an endpoint in the records even where no controller listener is open; Kafka's tools show it.
 */
export function controllerEndpoints(
  { listeners }: LoadedConfig,
  hostName: string,
): { name: string; host: string; port: number }[] {
  const named = advertised(listeners.controller, null, hostName)
  return named.length > 0 ? named : [{ name: 'CONTROLLER', host: 'localhost', port: 9093 }]
}
