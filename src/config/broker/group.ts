// Classic, consumer and streams groups, and committed offsets.

import { choice, int, list, long, MAX_INT, short, type Table } from '../keys.ts'

export const groupCoordinatorConfigs = {
  'group.consumer.assignors': list(
    { initial: ['uniform', 'range'], empty: false },
    'Assignors of the broker for groups of the consumer protocol; the first one is the default.',
  ),
  'group.consumer.heartbeat.interval.ms': int(
    { initial: 5000, min: 1 },
    'How often members of a group of the consumer protocol are told to send heartbeats.',
  ),
  'group.consumer.max.heartbeat.interval.ms': int(
    { initial: 15_000, min: 1 },
    'Longest heartbeat interval that a group of the consumer protocol may be configured to.',
  ),
  'group.consumer.max.session.timeout.ms': int(
    { initial: 60_000, min: 1 },
    'Longest session timeout that a group of the consumer protocol may be configured to.',
  ),
  'group.consumer.max.size': int({ initial: MAX_INT, min: 1 }, 'Most members in one group of the consumer protocol.'),
  'group.consumer.migration.policy': choice(
    { oneOf: ['disabled', 'downgrade', 'upgrade', 'bidirectional'], initial: 'bidirectional', ignoreCase: true },
    'Whether a group may change between the classic and the consumer protocol while it is in use, and in which direction.',
  ),
  'group.consumer.min.heartbeat.interval.ms': int(
    { initial: 5000, min: 1 },
    'Shortest heartbeat interval that a group of the consumer protocol may be configured to.',
  ),
  'group.consumer.min.session.timeout.ms': int(
    { initial: 45_000, min: 1 },
    'Shortest session timeout that a group of the consumer protocol may be configured to.',
  ),
  'group.consumer.regex.refresh.interval.ms': int(
    { initial: 600_000, min: 10_000, internal: true },
    'How often subscriptions by pattern are compared with the topics that exist.',
  ),
  'group.consumer.session.timeout.ms': int(
    { initial: 45_000, min: 1 },
    'A member of a group of the consumer protocol without a heartbeat for this long is removed.',
  ),
  'group.coordinator.append.linger.ms': int(
    { initial: -1, min: -1 },
    'How long the group coordinator gathers records before it writes them; -1 adapts to the load.',
  ),
  'group.coordinator.rebalance.protocols': list(
    { initial: ['classic', 'consumer', 'streams'], of: ['consumer', 'classic', 'share', 'streams'], empty: false },
    'The group protocols that are on.',
  ),
  'group.coordinator.threads': int(
    { initial: 4, min: 1, importance: 'high' },
    "How many threads run Kafka's group coordinator; Odradek runs it on its event loop.",
  ),
  'group.initial.rebalance.delay.ms': int(
    { initial: 3000 },
    'How long a new classic group waits for more members before its first rebalance.',
  ),
  'group.max.session.timeout.ms': int(
    { initial: 1_800_000 },
    'Longest session timeout that a member of a classic group may ask for.',
  ),
  'group.max.size': int({ initial: MAX_INT, min: 1 }, 'Most members in one classic group.'),
  'group.min.session.timeout.ms': int(
    { initial: 6000 },
    'Shortest session timeout that a member of a classic group may ask for.',
  ),
  'group.streams.heartbeat.interval.ms': int(
    { initial: 5000, min: 1 },
    'How often members of a streams group are told to send heartbeats.',
  ),
  'group.streams.initial.rebalance.delay.ms': int(
    { initial: 3000, min: 0 },
    'How long a new streams group waits for more members before its first assignment.',
  ),
  'group.streams.max.heartbeat.interval.ms': int(
    { initial: 15_000, min: 1 },
    'Longest heartbeat interval that a streams group may be configured to.',
  ),
  'group.streams.max.session.timeout.ms': int(
    { initial: 60_000, min: 1 },
    'Longest session timeout that a streams group may be configured to.',
  ),
  'group.streams.max.size': int({ initial: MAX_INT, min: 1 }, 'Most members in one streams group.'),
  'group.streams.max.standby.replicas': int(
    { initial: 2, min: 0 },
    'Most standby replicas that a streams group may be configured to.',
  ),
  'group.streams.min.heartbeat.interval.ms': int(
    { initial: 5000, min: 1 },
    'Shortest heartbeat interval that a streams group may be configured to.',
  ),
  'group.streams.min.session.timeout.ms': int(
    { initial: 45_000, min: 1 },
    'Shortest session timeout that a streams group may be configured to.',
  ),
  'group.streams.num.standby.replicas': int(
    { initial: 0, min: 0 },
    "How many standby copies of a task's state a streams group keeps.",
  ),
  'group.streams.session.timeout.ms': int(
    { initial: 45_000, min: 1 },
    'A member of a streams group without a heartbeat for this long is removed.',
  ),
  'offset.metadata.max.bytes': int(
    { initial: 4096, importance: 'high' },
    'Longest text that a client may store with a committed offset.',
  ),
  'offsets.commit.timeout.ms': int(
    { initial: 5000, min: 1, importance: 'high' },
    'How long a commit of offsets waits for its replicas.',
  ),
  'offsets.load.buffer.size': int(
    { initial: 5_242_880, min: 1, importance: 'high' },
    'How many bytes are read at a time while offsets are loaded.',
  ),
  'offsets.retention.check.interval.ms': long(
    { initial: 600_000, min: 1, importance: 'high' },
    'How often expired offsets are looked for.',
  ),
  'offsets.retention.minutes': int(
    { initial: 10_080, min: 1, importance: 'high' },
    'How many minutes after a group is empty, or a topic no longer subscribed, its committed offsets expire.',
  ),
  'offsets.topic.compression.codec': int(
    { initial: 0, importance: 'high' },
    'Codec of batches in the topic of committed offsets, as its number.',
  ),
  'offsets.topic.num.partitions': int(
    { initial: 50, min: 1, importance: 'high' },
    'Partitions of the topic of committed offsets; fixed once the topic exists.',
  ),
  'offsets.topic.replication.factor': short(
    { initial: 3, min: 1, importance: 'high' },
    'Replicas of the topic of committed offsets; creating it waits until there are so many brokers.',
  ),
  'offsets.topic.segment.bytes': int(
    { initial: 104_857_600, min: 1, importance: 'high' },
    'Segment size of the topic of committed offsets, small so that compaction and loading stay quick.',
  ),
} satisfies Table
