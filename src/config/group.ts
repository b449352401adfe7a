// Group configurations, with the broker keys that give their defaults.

import { offsetReset } from './checks.ts'
import { choice, int, string, type Table, type Values } from './keys.ts'

export const groupConfigs = {
  'consumer.heartbeat.interval.ms': int(
    { initial: 5000, min: 1, synonyms: ['group.consumer.heartbeat.interval.ms'] },
    'How often members of the consumer group are told to send heartbeats.',
  ),
  'consumer.session.timeout.ms': int(
    { initial: 45_000, min: 1, synonyms: ['group.consumer.session.timeout.ms'] },
    'A member of the consumer group without a heartbeat for this long is removed.',
  ),
  'share.auto.offset.reset': string(
    { initial: 'latest', check: offsetReset },
    'Where the share group begins in a partition it has no state of: latest, earliest, or by_duration: with an ISO duration back from now.',
  ),
  'share.heartbeat.interval.ms': int(
    { initial: 5000, min: 1, synonyms: ['group.share.heartbeat.interval.ms'] },
    'How often members of the share group are told to send heartbeats.',
  ),
  'share.isolation.level': choice(
    { oneOf: ['read_committed', 'read_uncommitted'], initial: 'read_uncommitted' },
    'Whether the share group sees records of open and aborted transactions.',
  ),
  'share.record.lock.duration.ms': int(
    { initial: 30_000, min: 1000, synonyms: ['group.share.record.lock.duration.ms'] },
    'How long a member of the share group holds a record before it is given to another.',
  ),
  'share.session.timeout.ms': int(
    { initial: 45_000, min: 1, synonyms: ['group.share.session.timeout.ms'] },
    'A member of the share group without a heartbeat for this long is removed.',
  ),
  'streams.heartbeat.interval.ms': int(
    { initial: 5000, min: 1, synonyms: ['group.streams.heartbeat.interval.ms'] },
    'How often members of the streams group are told to send heartbeats.',
  ),
  'streams.initial.rebalance.delay.ms': int(
    { initial: 3000, min: 0, synonyms: ['group.streams.initial.rebalance.delay.ms'] },
    'How long a new streams group waits for more members before its first assignment.',
  ),
  'streams.num.standby.replicas': int(
    { initial: 0, min: 0, synonyms: ['group.streams.num.standby.replicas'] },
    "How many standby copies of a task's state the streams group keeps.",
  ),
  'streams.session.timeout.ms': int(
    { initial: 45_000, min: 1, synonyms: ['group.streams.session.timeout.ms'] },
    'A member of the streams group without a heartbeat for this long is removed.',
  ),
} satisfies Table

/** The values that hold for one group. */
export type GroupConfig = Values<typeof groupConfigs>
