// The metadata of the cluster in ZooKeeper instead of a quorum of its own. Kafka had these keys up to 3.9; what they mean here is in docs/decisions/0009-zookeeper.md.

import { bool, int, string, type Table } from '../keys.ts'

export const zookeeperConfigs = {
  'zookeeper.connect': string(
    { initial: null, importance: 'high', own: true },
    'The servers of a ZooKeeper ensemble, as host:port separated by commas, with one path behind the last where not all of it is for this cluster; the cluster then keeps its metadata there, and no quorum of its own.',
  ),
  'zookeeper.connection.timeout.ms': int<number | null>(
    { initial: null, min: 1, importance: 'high', own: true },
    'How long a start waits for ZooKeeper before it gives up; where it is not set, as long as `zookeeper.session.timeout.ms`.',
  ),
  'zookeeper.session.timeout.ms': int(
    { initial: 18_000, min: 1, importance: 'high', own: true },
    'How long ZooKeeper waits for a sign of life before it ends the session of a node, and with it its office as controller. The ensemble bounds it by its own tick.',
  ),
  'zookeeper.set.acl': bool(
    { initial: false, importance: 'high', own: true },
    'Whether the nodes in ZooKeeper are closed to others; only false is supported.',
  ),
  'zookeeper.ssl.client.enable': bool(
    { initial: false, own: true },
    'Whether ZooKeeper is spoken to over TLS; only false is supported.',
  ),
} satisfies Table
