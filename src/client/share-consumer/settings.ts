// The options of a share consumer, checked one by one.

import { type ShareConsumerSettings, shareConsumerOptions } from '../../config/client/share-consumer.ts'
import type { ClientPlatform } from '../cluster/cluster.ts'
import { type Given, resolveOptions } from '../options/resolve.ts'
import type { Login } from '../security/login.ts'
import type { Deserializer } from '../serde/serde.ts'

/** Kafka's options in camelCase, and what only a program can give. */
export interface ShareConsumerConfig<K, V> extends Omit<Given<typeof shareConsumerOptions>, 'bootstrapServers' | 'groupId'> {
  readonly bootstrapServers: string | readonly string[]
  readonly groupId: string
  /** Turns the bytes of keys into what the program gets. Default: bytes as they are. */
  readonly keyDeserializer?: Deserializer<K>
  /** Turns the bytes of values into what the program gets. Default: bytes as they are. */
  readonly valueDeserializer?: Deserializer<V>
  /** The login, where securityProtocol has one: name and password, or where tokens come from. */
  readonly sasl?: Login
  /** The machine it runs on; a simulated one, for example. Default: this one. */
  readonly platform?: ClientPlatform
}

const OTHERS = ['keyDeserializer', 'valueDeserializer', 'sasl', 'platform']

/** Throws an OptionError that names the option, its value and what is allowed. */
export function shareConsumerSettings(config: object): ShareConsumerSettings {
  return resolveOptions(shareConsumerOptions, config, OTHERS)
}
