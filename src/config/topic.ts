// Topic configurations, with the broker keys that give their defaults.

import { throttledReplicas } from './checks.ts'
import { bool, choice, double, int, list, long, MAX_LONG, type Table, type Values } from './keys.ts'

export const topicConfigs = {
  'cleanup.policy': list(
    { initial: ['delete'], of: ['compact', 'delete'], synonyms: ['log.cleanup.policy'] },
    'What becomes of old segments: `delete` drops them, `compact` keeps the last record of every key; both may be named.',
  ),
  'compression.gzip.level': int(
    { initial: -1, min: 1, max: 9, orEqual: -1, synonyms: ['compression.gzip.level'] },
    "Level for gzip where the broker compresses; -1 is the codec's own choice.",
  ),
  'compression.lz4.level': int(
    { initial: 9, min: 1, max: 17, synonyms: ['compression.lz4.level'] },
    'Level for lz4 where the broker compresses.',
  ),
  'compression.type': choice(
    { oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'], initial: 'producer', synonyms: ['compression.type'] },
    'Codec in which batches are stored; `producer` keeps what the producer chose, `uncompressed` stores without one.',
  ),
  'compression.zstd.level': int(
    { initial: 3, min: -131_072, max: 22, synonyms: ['compression.zstd.level'] },
    'Level for zstd where the broker compresses.',
  ),
  'delete.retention.ms': long(
    { initial: 86_400_000, min: 0, synonyms: ['log.cleaner.delete.retention.ms'] },
    'How long a tombstone stays in a compacted topic, so that readers see it.',
  ),
  'file.delete.delay.ms': long(
    { initial: 60_000, min: 0, synonyms: ['log.segment.delete.delay.ms'] },
    'How long a file that was removed from the log stays on disk.',
  ),
  'flush.messages': long(
    { initial: MAX_LONG, min: 1, synonyms: ['log.flush.interval.messages'] },
    'After how many records the log is flushed to the device in any case.',
  ),
  'flush.ms': long(
    { initial: MAX_LONG, min: 0, synonyms: ['log.flush.interval.ms', 'log.flush.scheduler.interval.ms'] },
    'After how long a record is flushed to the device in any case.',
  ),
  'follower.replication.throttled.replicas': list(
    { initial: [], check: throttledReplicas },
    "Replicas whose fetching counts against the follower's replication quota, as partition:broker; `*` is all.",
  ),
  'index.interval.bytes': int(
    { initial: 4096, min: 0, synonyms: ['log.index.interval.bytes'] },
    'About how many bytes of the log lie between two entries of its offset index.',
  ),
  'internal.segment.bytes': int(
    { initial: null, internal: true },
    'Segment size for tests that need smaller ones than `segment.bytes` allows.',
  ),
  'leader.replication.throttled.replicas': list(
    { initial: [], check: throttledReplicas },
    "Replicas whose sending counts against the leader's replication quota, as partition:broker; `*` is all.",
  ),
  'local.retention.bytes': long(
    { initial: -2, min: -2, synonyms: ['log.local.retention.bytes'] },
    'Bytes of a partition that stay on local disk when tiered storage has them too; -2 takes `retention.bytes`.',
  ),
  'local.retention.ms': long(
    { initial: -2, min: -2, synonyms: ['log.local.retention.ms'] },
    'How long segments stay on local disk when tiered storage has them too; -2 takes `retention.ms`.',
  ),
  'max.compaction.lag.ms': long(
    { initial: MAX_LONG, min: 1, synonyms: ['log.cleaner.max.compaction.lag.ms'] },
    'Latest time after which a record becomes eligible for compaction.',
  ),
  'max.message.bytes': int(
    { initial: 1_048_588, min: 0, synonyms: ['message.max.bytes'] },
    'Largest batch that the topic accepts, after compression.',
  ),
  'message.timestamp.after.max.ms': long(
    { initial: 3_600_000, min: 0, synonyms: ['log.message.timestamp.after.max.ms'] },
    "How far a record's timestamp may lie ahead of the broker's clock.",
  ),
  'message.timestamp.before.max.ms': long(
    { initial: MAX_LONG, min: 0, synonyms: ['log.message.timestamp.before.max.ms'] },
    "How far a record's timestamp may lie behind the broker's clock.",
  ),
  'message.timestamp.type': choice(
    { oneOf: ['CreateTime', 'LogAppendTime'], initial: 'CreateTime', synonyms: ['log.message.timestamp.type'] },
    "Whose clock stamps a record: the producer's (CreateTime) or the broker's (LogAppendTime).",
  ),
  'min.cleanable.dirty.ratio': double(
    { initial: 0.5, min: 0, max: 1, synonyms: ['log.cleaner.min.cleanable.ratio'] },
    'How much of the log must be uncleaned before the cleaner takes it up.',
  ),
  'min.compaction.lag.ms': long(
    { initial: 0, min: 0, synonyms: ['log.cleaner.min.compaction.lag.ms'] },
    'A record younger than this is not compacted.',
  ),
  'min.insync.replicas': int(
    { initial: 1, min: 1, synonyms: ['min.insync.replicas'] },
    'With acks=all, how many in-sync replicas a write needs.',
  ),
  preallocate: bool({ initial: false, synonyms: ['log.preallocate'] }, 'Whether a new segment file gets its full size at once.'),
  'remote.log.copy.disable': bool({ initial: false }, 'Whether copying to tiered storage stops while reading from it goes on.'),
  'remote.log.delete.on.disable': bool(
    { initial: false },
    'Whether remote segments are deleted when tiered storage is switched off for the topic.',
  ),
  'remote.storage.enable': bool({ initial: false }, "Whether the topic's closed segments go to tiered storage."),
  'retention.bytes': long(
    { initial: -1, synonyms: ['log.retention.bytes'] },
    'Size a partition may reach before its oldest segments are deleted; -1 is without limit.',
  ),
  'retention.ms': long(
    {
      initial: 604_800_000,
      min: -1,
      synonyms: ['log.retention.ms', ['log.retention.minutes', 60_000], ['log.retention.hours', 3_600_000]],
    },
    'How long a closed segment is kept; -1 is for ever.',
  ),
  'segment.bytes': int(
    { initial: 1_073_741_824, min: 1_048_576, synonyms: ['log.segment.bytes'] },
    'Size at which a segment is full.',
  ),
  'segment.index.bytes': int(
    { initial: 10_485_760, min: 4, synonyms: ['log.index.size.max.bytes'] },
    'Size at which an index file is full, which rolls the segment.',
  ),
  'segment.jitter.ms': long(
    { initial: 0, min: 0, synonyms: ['log.roll.jitter.ms', ['log.roll.jitter.hours', 3_600_000]] },
    'By how much rolling may come earlier at random, so that not all segments roll at once.',
  ),
  'segment.ms': long(
    { initial: 604_800_000, min: 1, synonyms: ['log.roll.ms', ['log.roll.hours', 3_600_000]] },
    'After how long a new segment begins even if the last one is not full.',
  ),
  'unclean.leader.election.enable': bool(
    { initial: false, synonyms: ['unclean.leader.election.enable'] },
    'Whether a replica that is not in sync may become leader when no other is left, at the price of lost records.',
  ),
} satisfies Table

/** The values that hold for one topic. */
export type TopicConfig = Values<typeof topicConfigs>
