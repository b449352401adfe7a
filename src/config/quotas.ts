// Configurations of quotas: of users and client ids, of addresses, of replication. They are set by AlterClientQuotas, not by AlterConfigs,
// except for those of replication, which are dynamic values of a broker.

import { double, int, long, MAX_INT, MAX_LONG, type Table } from './keys.ts'

export const clientQuotaConfigs = {
  consumer_byte_rate: long({ initial: MAX_LONG }, 'Bytes per second that the client may fetch from one broker.'),
  controller_mutation_rate: double(
    { initial: MAX_INT },
    'Partitions per second that the client may have created or deleted, topics and partitions together.',
  ),
  producer_byte_rate: long({ initial: MAX_LONG }, 'Bytes per second that the client may produce to one broker.'),
  request_percentage: double(
    { initial: MAX_INT },
    "Share of one broker's time for requests that the client may use, in percent.",
  ),
} satisfies Table

export const ipQuotaConfigs = {
  connection_creation_rate: int({ initial: MAX_INT, min: 0 }, 'New connections per second from the address to one broker.'),
} satisfies Table

export const replicationQuotaConfigs = {
  'follower.replication.throttled.rate': long(
    { initial: MAX_LONG, min: 0, update: 'per-broker' },
    'Bytes per second that this broker fetches for throttled replicas that follow.',
  ),
  'leader.replication.throttled.rate': long(
    { initial: MAX_LONG, min: 0, update: 'per-broker' },
    'Bytes per second that this broker sends for throttled replicas that it leads.',
  ),
  'replica.alter.log.dirs.io.max.bytes.per.second': long(
    { initial: MAX_LONG, min: 0, update: 'per-broker' },
    'Bytes per second that moves of replicas between log directories may take.',
  ),
} satisfies Table
