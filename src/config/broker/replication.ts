// Replication between brokers.

import { bool, int, long, string, type Table } from '../keys.ts'

export const replicationConfigs = {
  'auto.leader.rebalance.enable': bool(
    { initial: true, importance: 'high' },
    'Whether leadership is moved back to the preferred replicas from time to time.',
  ),
  'leader.imbalance.check.interval.seconds': long(
    { initial: 300, min: 1, importance: 'high' },
    'How often the controller looks for partitions that are not led by their preferred replica.',
  ),
  'num.replica.alter.log.dirs.threads': int(
    { initial: null, importance: 'high' },
    'How many threads move replicas between log directories in Kafka.',
  ),
  'num.replica.fetchers': int(
    { initial: 1, min: 1, importance: 'high', update: 'cluster-wide' },
    'How many connections a follower fetches over from each leader.',
  ),
  'replica.fetch.backoff.ms': int({ initial: 1000, min: 0 }, 'How long a follower rests after a failed fetch.'),
  'replica.fetch.max.bytes': int(
    { initial: 1_048_576, min: 0 },
    'Bytes that a follower asks for per partition; a first batch that is larger is still given.',
  ),
  'replica.fetch.min.bytes': int({ initial: 1, importance: 'high' }, 'Fewest bytes a follower waits for in one fetch.'),
  'replica.fetch.response.max.bytes': int({ initial: 10_485_760, min: 0 }, 'Most bytes that a follower asks for in one fetch.'),
  'replica.fetch.wait.max.ms': int({ initial: 500, importance: 'high' }, "How long a follower's fetch waits for new records."),
  'replica.high.watermark.checkpoint.interval.ms': long(
    { initial: 5000, importance: 'high' },
    'How often the high watermarks are written down.',
  ),
  'replica.lag.time.max.ms': long(
    { initial: 30_000, importance: 'high' },
    'A follower that has not caught up for this long leaves the in-sync replicas.',
  ),
  'replica.selector.class': string(
    { initial: null },
    'Who chooses the replica that a consumer reads from; without it, the leader.',
  ),
  'replica.socket.receive.buffer.bytes': int(
    { initial: 65_536, importance: 'high' },
    "Receive buffer of a follower's connection to its leader.",
  ),
  'replica.socket.timeout.ms': int(
    { initial: 30_000, importance: 'high' },
    "How long a follower's request to its leader may take.",
  ),
  'unclean.leader.election.enable': bool(
    { initial: false, importance: 'high', update: 'cluster-wide' },
    'Whether a replica that is not in sync may become leader when no other is left, at the price of lost records.',
  ),
  'unclean.leader.election.interval.ms': long(
    { initial: 300_000, min: 1, internal: true },
    'How often the controller looks for partitions that need an unclean election.',
  ),
} satisfies Table
