// What replication needs of the rest of a cluster, out of the metadata, the connections and the active controller.

import { textOf } from '../config/layers.ts'
import { replicationQuotaConfigs } from '../config/quotas.ts'
import { METADATA_VERSION, replicaVersions } from '../metadata/features.ts'
import type { ReplicationLinks } from '../replication/links.ts'
import type { Partition } from '../replication/partition.ts'
import type { ThrottleRules } from '../replication/replication-quota.ts'
import { brokerAddress } from './connections.ts'
import type { EffectiveConfigs } from './effective-configs.ts'
import type { House } from './house.ts'
import type { AlterPartitionKeeper } from './isr-keeper.ts'

export interface LinkRooms {
  readonly isrKeeper: AlterPartitionKeeper
  readonly brokerEpoch: () => number
  readonly isHeard: () => boolean
  readonly takeRoom: (partition: Partition, bytes: number) => void
}

export function replicationLinks({ loaded, metadata, connections }: House, rooms: LinkRooms): ReplicationLinks {
  const { configs, publisher } = metadata
  const { image } = publisher
  const { interBroker } = loaded.listeners
  return {
    ...rooms,
    brokers: {
      activeEpochOf(id) {
        const broker = image.brokers.get(id)
        return broker && !broker.fenced && !broker.inControlledShutdown ? broker.epoch : null
      },
      rackOf: (id) => image.brokers.get(id)?.rack ?? null,
    },
    connect(leaderId, clientId) {
      const versions = () => replicaVersions(image.features.get(METADATA_VERSION))
      return connections.leader(() => brokerAddress(image, leaderId, interBroker), clientId, versions)
    },
    config: () => configs.broker,
    throttles: { leader: throttle(configs, 'leader'), follower: throttle(configs, 'follower') },
  }
}

function throttle(configs: EffectiveConfigs, side: 'leader' | 'follower'): ThrottleRules {
  return {
    throttledReplicas: (topic) => configs.topic(topic)[`${side}.replication.throttled.replicas`],
    bytesPerSecond: () => rateOf(configs, `${side}.replication.throttled.rate`),
  }
}

/** Bytes a second that replicas may take that are moved from one log directory into another. */
export function moveRate(configs: EffectiveConfigs): number {
  return rateOf(configs, 'replica.alter.log.dirs.io.max.bytes.per.second')
}

function rateOf(configs: EffectiveConfigs, key: keyof typeof replicationQuotaConfigs): number {
  const text = textOf(configs.layers, key)
  return text === null ? Number.POSITIVE_INFINITY : replicationQuotaConfigs[key].parse(key, text)
}
