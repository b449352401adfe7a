// Logs: segments, retention, cleaning, flushing; most are defaults of topics.

import { bool, choice, double, int, list, long, MAX_LONG, type Table } from '../keys.ts'

export const logConfigs = {
  'compression.gzip.level': int(
    { initial: -1, min: 1, max: 9, orEqual: -1, update: 'cluster-wide' },
    "Level for gzip where the broker compresses; -1 is the codec's own choice.",
  ),
  'compression.lz4.level': int(
    { initial: 9, min: 1, max: 17, update: 'cluster-wide' },
    'Level for lz4 where the broker compresses.',
  ),
  'compression.type': choice(
    {
      oneOf: ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer'],
      initial: 'producer',
      importance: 'high',
      update: 'cluster-wide',
    },
    'Codec in which batches are stored; `producer` keeps what the producer chose, `uncompressed` stores without one.',
  ),
  'compression.zstd.level': int(
    { initial: 3, min: -131_072, max: 22, update: 'cluster-wide' },
    'Level for zstd where the broker compresses.',
  ),
  'log.cleaner.backoff.ms': long(
    { initial: 15_000, min: 0, update: 'cluster-wide' },
    'How long the cleaner rests when no log needs it.',
  ),
  'log.cleaner.dedupe.buffer.size': long(
    { initial: 134_217_728, update: 'cluster-wide' },
    "Memory for the cleaner's map of keys to offsets.",
  ),
  'log.cleaner.delete.retention.ms': long(
    { initial: 86_400_000, min: 0, update: 'cluster-wide' },
    'How long a tombstone stays in a compacted topic, so that readers see it.',
  ),
  'log.cleaner.enable': bool({ initial: true }, 'Whether compacted topics are cleaned.'),
  'log.cleaner.io.buffer.load.factor': double(
    { initial: 0.9, update: 'cluster-wide' },
    "How full the cleaner's map of keys may become.",
  ),
  'log.cleaner.io.buffer.size': int(
    { initial: 524_288, min: 0, update: 'cluster-wide' },
    'Memory of the cleaner for reading and writing.',
  ),
  'log.cleaner.io.max.bytes.per.second': double(
    { initial: Number.MAX_VALUE, update: 'cluster-wide' },
    'Most bytes per second that the cleaner reads and writes together.',
  ),
  'log.cleaner.max.compaction.lag.ms': long(
    { initial: MAX_LONG, min: 1, update: 'cluster-wide' },
    'Latest time after which a record becomes eligible for compaction.',
  ),
  'log.cleaner.min.cleanable.ratio': double(
    { initial: 0.5, min: 0, max: 1, update: 'cluster-wide' },
    'How much of a log must be uncleaned before the cleaner takes it up.',
  ),
  'log.cleaner.min.compaction.lag.ms': long(
    { initial: 0, min: 0, update: 'cluster-wide' },
    'A record younger than this is not compacted.',
  ),
  'log.cleaner.threads': int(
    { initial: 1, min: 0, update: 'cluster-wide' },
    'How many threads clean logs in Kafka; 0 switches cleaning off.',
  ),
  'log.cleanup.policy': list(
    { initial: ['delete'], of: ['compact', 'delete'], update: 'cluster-wide' },
    'What becomes of old segments: `delete` drops them, `compact` keeps the last record of every key; both may be named.',
  ),
  'log.dir': list(
    { initial: ['/tmp/kafka-logs'], empty: false, importance: 'high' },
    'Where data is kept, if `log.dirs` is not set.',
  ),
  'log.dir.failure.timeout.ms': long(
    { initial: 30_000, min: 1, importance: 'low' },
    'How long a broker waits for the controller to learn of a failed log directory before it stops.',
  ),
  'log.dirs': list({ initial: null, empty: false, importance: 'high' }, 'The directories that hold the partitions.'),
  'log.flush.interval.messages': long(
    { initial: MAX_LONG, min: 1, importance: 'high', update: 'cluster-wide' },
    'After how many records a log is flushed to the device in any case.',
  ),
  'log.flush.interval.ms': long(
    { initial: null, importance: 'high', update: 'cluster-wide' },
    'After how long a record is flushed to the device in any case; without it `log.flush.scheduler.interval.ms` holds.',
  ),
  'log.flush.offset.checkpoint.interval.ms': int(
    { initial: 60_000, min: 0, importance: 'high' },
    'How often the recovery points are written down.',
  ),
  'log.flush.scheduler.interval.ms': long(
    { initial: MAX_LONG, importance: 'high' },
    'How often Kafka looks for logs that need a flush.',
  ),
  'log.flush.start.offset.checkpoint.interval.ms': int(
    { initial: 60_000, min: 0, importance: 'high' },
    'How often the start offsets of logs are written down.',
  ),
  'log.index.interval.bytes': int(
    { initial: 4096, min: 0, update: 'cluster-wide' },
    'About how many bytes of a log lie between two entries of its offset index.',
  ),
  'log.index.size.max.bytes': int(
    { initial: 10_485_760, min: 4, update: 'cluster-wide' },
    'Size at which an index file is full, which rolls the segment.',
  ),
  'log.initial.task.delay.ms': long(
    { initial: 30_000, min: 0, importance: 'low', internal: true },
    "How long after the start the log's background tasks begin.",
  ),
  'log.local.retention.bytes': long(
    { initial: -2, min: -2, update: 'cluster-wide' },
    'Bytes of a partition that stay on local disk when tiered storage has them too; -2 takes `retention.bytes`.',
  ),
  'log.local.retention.ms': long(
    { initial: -2, min: -2, update: 'cluster-wide' },
    'How long segments stay on local disk when tiered storage has them too; -2 takes `retention.ms`.',
  ),
  'log.message.timestamp.after.max.ms': long(
    { initial: 3_600_000, min: 0, update: 'cluster-wide' },
    "How far a record's timestamp may lie ahead of the broker's clock.",
  ),
  'log.message.timestamp.before.max.ms': long(
    { initial: MAX_LONG, min: 0, update: 'cluster-wide' },
    "How far a record's timestamp may lie behind the broker's clock.",
  ),
  'log.message.timestamp.type': choice(
    { oneOf: ['CreateTime', 'LogAppendTime'], initial: 'CreateTime', update: 'cluster-wide' },
    "Whose clock stamps a record: the producer's (CreateTime) or the broker's (LogAppendTime).",
  ),
  'log.preallocate': bool({ initial: false, update: 'cluster-wide' }, 'Whether a new segment file gets its full size at once.'),
  'log.retention.bytes': long(
    { initial: -1, importance: 'high', update: 'cluster-wide' },
    'Size a partition may reach before its oldest segments are deleted; -1 is without limit.',
  ),
  'log.retention.check.interval.ms': long({ initial: 300_000, min: 1 }, 'How often logs are looked at for segments to delete.'),
  'log.retention.hours': int(
    { initial: 168, importance: 'high' },
    'Hours that a closed segment is kept; `log.retention.minutes` and `log.retention.ms` go before it.',
  ),
  'log.retention.minutes': int(
    { initial: null, importance: 'high' },
    'Minutes that a closed segment is kept; `log.retention.ms` goes before it.',
  ),
  'log.retention.ms': long(
    { initial: null, importance: 'high', update: 'cluster-wide' },
    'How long a closed segment is kept; -1 is for ever.',
  ),
  'log.roll.hours': int(
    { initial: 168, min: 1, importance: 'high' },
    'Hours after which a new segment begins even if the last one is not full; `log.roll.ms` goes before it.',
  ),
  'log.roll.jitter.hours': int(
    { initial: 0, min: 0, importance: 'high' },
    'Hours by which rolling may come earlier at random; `log.roll.jitter.ms` goes before it.',
  ),
  'log.roll.jitter.ms': long(
    { initial: null, importance: 'high', update: 'cluster-wide' },
    'By how much rolling may come earlier at random, so that not all segments roll at once.',
  ),
  'log.roll.ms': long(
    { initial: null, importance: 'high', update: 'cluster-wide' },
    'After how long a new segment begins even if the last one is not full.',
  ),
  'log.segment.bytes': int(
    { initial: 1_073_741_824, min: 1_048_576, importance: 'high', update: 'cluster-wide' },
    'Size at which a segment is full.',
  ),
  'log.segment.delete.delay.ms': long(
    { initial: 60_000, min: 0, importance: 'high', update: 'cluster-wide' },
    'How long a file that was removed from a log stays on disk.',
  ),
  'message.max.bytes': int(
    { initial: 1_048_588, min: 0, importance: 'high', update: 'cluster-wide' },
    'Largest batch that the broker accepts, after compression.',
  ),
  'min.insync.replicas': int(
    { initial: 1, min: 1, importance: 'high', update: 'cluster-wide' },
    'With acks=all, how many in-sync replicas a write needs.',
  ),
  'num.recovery.threads.per.data.dir': int(
    { initial: 2, min: 1, importance: 'high', update: 'cluster-wide' },
    'How many logs of a directory are recovered at the same time.',
  ),
  'log.scrub.bytes.per.second': long(
    { initial: 4_194_304, min: 0, update: 'cluster-wide', own: true },
    'How many bytes of all logs are looked through for damage in a second, in the background; 0 looks at nothing. Records that are found to be damaged are answered with CORRUPT_MESSAGE.',
  ),
  'log.scrub.interval.ms': long(
    { initial: 604_800_000, min: 1, update: 'cluster-wide', own: true },
    'The least time from the beginning of one look through all logs to that of the next. The first one begins with the broker.',
  ),
  'log.flush.policy': choice(
    { oneOf: ['fsync', 'os'], initial: 'fsync', importance: 'high', own: true },
    'When acks=all is answered: once the batch is on the device of every in-sync replica (fsync), or once their operating systems have it (os), which is how Apache Kafka does it.',
  ),
} satisfies Table
