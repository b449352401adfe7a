// Share groups and their coordinator.

import { bool, int, list, short, string, type Table } from '../keys.ts'

export const shareConfigs = {
  'group.share.assignors': list({ initial: ['simple'], empty: false }, 'Assignors of the broker for share groups.'),
  'group.share.delivery.count.limit': int(
    { initial: 5, min: 2, max: 10 },
    'How often a record is delivered to a share group before it counts as rejected.',
  ),
  'group.share.enable': bool(
    { initial: false, internal: true },
    'Kept from before share groups became a feature level; without effect in Kafka 4.2.',
  ),
  'group.share.heartbeat.interval.ms': int(
    { initial: 5000, min: 1 },
    'How often members of a share group are told to send heartbeats.',
  ),
  'group.share.initialize.retry.interval.ms': int(
    { initial: 30_000, min: 1, importance: 'low', internal: true },
    'Pause before a failed initialisation of a share partition is tried again.',
  ),
  'group.share.max.heartbeat.interval.ms': int(
    { initial: 15_000, min: 1 },
    'Longest heartbeat interval that a share group may be configured to.',
  ),
  'group.share.max.record.lock.duration.ms': int(
    { initial: 60_000, min: 30_000, max: 3_600_000 },
    'Longest record lock that a share group may be configured to.',
  ),
  'group.share.max.session.timeout.ms': int(
    { initial: 60_000, min: 1 },
    'Longest session timeout that a share group may be configured to.',
  ),
  'group.share.max.share.sessions': int({ initial: 2000, min: 1 }, 'Most share sessions on one broker.'),
  'group.share.max.size': int({ initial: 200, min: 1, max: 1000 }, 'Most members in one share group.'),
  'group.share.min.heartbeat.interval.ms': int(
    { initial: 5000, min: 1 },
    'Shortest heartbeat interval that a share group may be configured to.',
  ),
  'group.share.min.record.lock.duration.ms': int(
    { initial: 15_000, min: 1000, max: 30_000 },
    'Shortest record lock that a share group may be configured to.',
  ),
  'group.share.min.session.timeout.ms': int(
    { initial: 45_000, min: 1 },
    'Shortest session timeout that a share group may be configured to.',
  ),
  'group.share.partition.max.record.locks': int(
    { initial: 2000, min: 100, max: 10_000 },
    'Most records of one partition that a share group may hold locked at a time.',
  ),
  'group.share.persister.class.name': string(
    { initial: 'org.apache.kafka.server.share.persister.DefaultStatePersister', internal: true },
    'The class that keeps the state of share groups in Kafka; Odradek has its own.',
  ),
  'group.share.record.lock.duration.ms': int(
    { initial: 30_000, min: 1000, max: 3_600_000 },
    'How long a member of a share group holds a record before it is given to another.',
  ),
  'group.share.session.timeout.ms': int(
    { initial: 45_000, min: 1 },
    'A member of a share group without a heartbeat for this long is removed.',
  ),
  'share.coordinator.append.linger.ms': int(
    { initial: -1, min: -1 },
    'How long the share coordinator gathers records before it writes them; -1 adapts to the load.',
  ),
  'share.coordinator.cold.partition.snapshot.interval.ms': int(
    { initial: 300_000, min: 1, importance: 'low', internal: true },
    'How often share partitions without traffic get a snapshot of their state.',
  ),
  'share.coordinator.load.buffer.size': int(
    { initial: 5_242_880, min: 1, importance: 'high' },
    'How many bytes are read at a time while share state is loaded.',
  ),
  'share.coordinator.snapshot.update.records.per.snapshot': int(
    { initial: 500, min: 0 },
    'How many updates of share state are written between two snapshots of it.',
  ),
  'share.coordinator.state.topic.compression.codec': int(
    { initial: 0, importance: 'high' },
    'Codec of batches in the topic of share state, as its number.',
  ),
  'share.coordinator.state.topic.min.isr': short(
    { initial: 2, min: 1, importance: 'high' },
    'In-sync replicas that a write to the topic of share state needs.',
  ),
  'share.coordinator.state.topic.num.partitions': int(
    { initial: 50, min: 1, importance: 'high' },
    'Partitions of the topic of share state; fixed once the topic exists.',
  ),
  'share.coordinator.state.topic.prune.interval.ms': int(
    { initial: 300_000, min: 1, importance: 'low', internal: true },
    'How often records of share state that nobody needs any more are dropped.',
  ),
  'share.coordinator.state.topic.replication.factor': short(
    { initial: 3, min: 1, importance: 'high' },
    'Replicas of the topic of share state; creating it waits until there are so many brokers.',
  ),
  'share.coordinator.state.topic.segment.bytes': int(
    { initial: 104_857_600, min: 1, importance: 'high' },
    'Segment size of the topic of share state.',
  ),
  'share.coordinator.threads': int(
    { initial: 1, min: 1 },
    "How many threads run Kafka's share coordinator; Odradek runs it on its event loop.",
  ),
  'share.coordinator.write.timeout.ms': int(
    { initial: 5000, min: 1, importance: 'high' },
    'How long a write of share state waits for its replicas.',
  ),
  'share.fetch.purgatory.purge.interval.requests': int(
    { initial: 1000 },
    'After how many requests Kafka tidies its list of waiting share fetches.',
  ),
} satisfies Table
