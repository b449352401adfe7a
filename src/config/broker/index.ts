// All broker configurations: Kafka's own, by subject, and ours.

import type { Values } from '../keys.ts'
import { groupCoordinatorConfigs } from './group.ts'
import { listenerConfigs } from './listener.ts'
import { logConfigs } from './log.ts'
import { metadataConfigs } from './metadata.ts'
import { nodeConfigs } from './node.ts'
import { quotaConfigs } from './quota.ts'
import { remoteConfigs } from './remote.ts'
import { replicationConfigs } from './replication.ts'
import { saslConfigs } from './sasl.ts'
import { securityConfigs } from './security.ts'
import { shareConfigs } from './share.ts'
import { sslConfigs } from './ssl.ts'
import { transactionConfigs } from './transaction.ts'
import { zookeeperConfigs } from './zookeeper.ts'

export const brokerConfigs = {
  ...nodeConfigs,
  ...quotaConfigs,
  ...replicationConfigs,
  ...listenerConfigs,
  ...metadataConfigs,
  ...logConfigs,
  ...remoteConfigs,
  ...transactionConfigs,
  ...groupCoordinatorConfigs,
  ...shareConfigs,
  ...securityConfigs,
  ...saslConfigs,
  ...sslConfigs,
  ...zookeeperConfigs,
}

/** The values of one broker as its file and overrides give them, with Kafka's defaults for the rest. */
export type BrokerConfig = Values<typeof brokerConfigs>
