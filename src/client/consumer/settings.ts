// The options of a consumer, checked one by one and together.

import { type ConsumerSettings, consumerOptions } from '../../config/client/consumer.ts'
import type { ClientPlatform } from '../cluster/cluster.ts'
import { OptionError } from '../errors/index.ts'
import { type Given, resolveOptions } from '../options/resolve.ts'
import type { Login } from '../security/login.ts'
import type { Deserializer } from '../serde/serde.ts'

/** Kafka's options in camelCase, and what only a program can give. */
export interface ConsumerConfig<K, V> extends Omit<Given<typeof consumerOptions>, 'bootstrapServers'> {
  readonly bootstrapServers: string | readonly string[]
  /**
   * Turns the bytes of keys into what the program gets. Default: bytes as they are, which are views of the answer that they came in: it stays in memory while
   * one of them is kept. Copy what is kept for long.
   */
  readonly keyDeserializer?: Deserializer<K>
  /** Turns the bytes of values into what the program gets. Default: bytes as they are, as with keys. */
  readonly valueDeserializer?: Deserializer<V>
  /** The login, where securityProtocol has one: name and password, or where tokens come from. */
  readonly sasl?: Login
  /** The machine it runs on; a simulated one, for example. Default: this one. */
  readonly platform?: ClientPlatform
}

const OTHERS = ['keyDeserializer', 'valueDeserializer', 'sasl', 'platform']
/** Of the classic protocol alone: the coordinator decides them in the other one. */
const CLASSIC_ONLY = ['heartbeatIntervalMs', 'sessionTimeoutMs', 'partitionAssignmentStrategy'] as const

/** Throws an OptionError that names the option, its value and what is allowed. */
export function consumerSettings(config: object): ConsumerSettings {
  const settings = resolveOptions(consumerOptions, config, OTHERS)
  const { groupId, groupProtocol, groupInstanceId, groupRemoteAssignor, heartbeatIntervalMs, sessionTimeoutMs } = settings
  const given = (name: string) => (config as Record<string, unknown>)[name] !== undefined
  if (groupInstanceId !== null && groupId === null) throw new OptionError('groupInstanceId', 'groupInstanceId needs a groupId')
  if (groupId === null && given('enableAutoCommit') && settings.enableAutoCommit) {
    throw new OptionError('enableAutoCommit', 'enableAutoCommit=true needs a groupId: there is nowhere to commit to without one')
  }
  if (groupProtocol === 'consumer') {
    const wrong = CLASSIC_ONLY.find(given)
    if (wrong) throw new OptionError(wrong, `${wrong} is for groupProtocol=classic alone; with consumer the brokers say it`)
  } else if (groupRemoteAssignor !== null) {
    throw new OptionError('groupRemoteAssignor', 'groupRemoteAssignor is for groupProtocol=consumer alone')
  } else if (heartbeatIntervalMs >= sessionTimeoutMs) {
    const message = `heartbeatIntervalMs=${heartbeatIntervalMs} is not valid; allowed: less than sessionTimeoutMs=${sessionTimeoutMs}`
    throw new OptionError('heartbeatIntervalMs', message)
  }
  return settings
}
