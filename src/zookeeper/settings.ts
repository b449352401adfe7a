// What a configuration says about ZooKeeper.

import type { BrokerConfig } from '../config/broker/index.ts'
import { ConfigError } from '../config/error.ts'
import type { Address } from '../platform/network.ts'
import { parseConnectString } from './connect-string.ts'

export interface ZooKeeperSettings {
  readonly servers: readonly Address[]
  readonly chroot: string
  readonly sessionTimeoutMs: number
  readonly connectionTimeoutMs: number
}

/** Null for a cluster with a quorum of its own. Throws ConfigError for what is not valid or not supported. */
export function zookeeperSettings(config: BrokerConfig): ZooKeeperSettings | null {
  const connect = config['zookeeper.connect']
  if (connect === null) return null
  if (config['zookeeper.set.acl'])
    throw new ConfigError(
      'zookeeper.set.acl',
      'zookeeper.set.acl=true is not supported: nodes in ZooKeeper are open to whoever can connect',
    )
  if (config['zookeeper.ssl.client.enable'])
    throw new ConfigError(
      'zookeeper.ssl.client.enable',
      'zookeeper.ssl.client.enable=true is not supported: ZooKeeper is spoken to in plain text',
    )
  const sessionTimeoutMs = config['zookeeper.session.timeout.ms']
  return {
    ...parsed(connect),
    sessionTimeoutMs,
    connectionTimeoutMs: config['zookeeper.connection.timeout.ms'] ?? sessionTimeoutMs,
  }
}

function parsed(connect: string): ReturnType<typeof parseConnectString> {
  try {
    return parseConnectString(connect)
  } catch (thrown) {
    throw new ConfigError('zookeeper.connect', (thrown as Error).message)
  }
}
