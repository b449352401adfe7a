// Tiered storage.

import { bool, double, int, long, MAX_LONG, string, type Table } from '../keys.ts'

export const remoteConfigs = {
  'remote.fetch.max.wait.ms': int({ initial: 500, min: 1, update: 'cluster-wide' }, 'How long a Fetch waits for tiered storage.'),
  'remote.list.offsets.request.timeout.ms': long(
    { initial: 30_000, min: 1, update: 'cluster-wide' },
    'How long ListOffsets waits for tiered storage.',
  ),
  'remote.log.index.file.cache.total.size.bytes': long(
    { initial: 1_073_741_824, min: 1, importance: 'low', update: 'cluster-wide' },
    'Room on local disk for indexes fetched from tiered storage.',
  ),
  'remote.log.manager.copier.thread.pool.size': int(
    { initial: 10, min: 1, update: 'cluster-wide' },
    'How many segments are copied to tiered storage at the same time.',
  ),
  'remote.log.manager.copy.max.bytes.per.second': long(
    { initial: MAX_LONG, min: 1, update: 'cluster-wide' },
    'Most bytes per second copied to tiered storage.',
  ),
  'remote.log.manager.copy.quota.window.num': int(
    { initial: 11, min: 1 },
    'How many samples the quota of copying to tiered storage remembers.',
  ),
  'remote.log.manager.copy.quota.window.size.seconds': int(
    { initial: 1, min: 1 },
    'How long one sample of the quota of copying to tiered storage lasts.',
  ),
  'remote.log.manager.expiration.thread.pool.size': int(
    { initial: 10, min: 1, update: 'cluster-wide' },
    "How many partitions' expired remote segments are removed at the same time.",
  ),
  'remote.log.manager.fetch.max.bytes.per.second': long(
    { initial: MAX_LONG, min: 1, update: 'cluster-wide' },
    'Most bytes per second read from tiered storage.',
  ),
  'remote.log.manager.fetch.quota.window.num': int(
    { initial: 11, min: 1 },
    'How many samples the quota of reading from tiered storage remembers.',
  ),
  'remote.log.manager.fetch.quota.window.size.seconds': int(
    { initial: 1, min: 1 },
    'How long one sample of the quota of reading from tiered storage lasts.',
  ),
  'remote.log.manager.follower.thread.pool.size': int(
    { initial: 2, min: 1, update: 'cluster-wide' },
    'How many followers read state from tiered storage at the same time.',
  ),
  'remote.log.manager.task.interval.ms': long(
    { initial: 30_000, min: 1, importance: 'low' },
    'How often a partition is looked at for work with tiered storage.',
  ),
  'remote.log.manager.task.retry.backoff.max.ms': long(
    { initial: 30_000, min: 1, importance: 'low', internal: true },
    'Longest pause before failed work with tiered storage is tried again.',
  ),
  'remote.log.manager.task.retry.backoff.ms': long(
    { initial: 500, min: 1, importance: 'low', internal: true },
    'First pause before failed work with tiered storage is tried again.',
  ),
  'remote.log.manager.task.retry.jitter': double(
    { initial: 0.2, min: 0, max: 0.5, importance: 'low', internal: true },
    'Share of the pause before a retry with tiered storage that is random.',
  ),
  'remote.log.manager.thread.pool.size': int(
    { initial: 2, min: 1 },
    'How many threads schedule work with tiered storage in Kafka.',
  ),
  'remote.log.metadata.custom.metadata.max.bytes': int(
    { initial: 128, min: 0, importance: 'low' },
    'Most bytes that a storage plug-in may attach to a remote segment.',
  ),
  'remote.log.metadata.manager.class.name': string(
    { initial: 'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager', nonEmpty: true },
    'The class that keeps the list of remote segments in Kafka.',
  ),
  'remote.log.metadata.manager.class.path': string(
    { initial: null },
    'Where the class that keeps the list of remote segments is loaded from.',
  ),
  'remote.log.metadata.manager.impl.prefix': string(
    { initial: 'rlmm.config.', nonEmpty: true },
    'Prefix of the properties handed to the keeper of the list of remote segments.',
  ),
  'remote.log.metadata.manager.listener.name': string(
    { initial: null, nonEmpty: true },
    'The listener by which the keeper of the list of remote segments reaches the brokers.',
  ),
  'remote.log.reader.max.pending.tasks': int({ initial: 100, min: 1 }, 'Most reads of tiered storage that may wait.'),
  'remote.log.reader.threads': int(
    { initial: 10, min: 1, update: 'cluster-wide' },
    'How many reads of tiered storage run at the same time.',
  ),
  'remote.log.storage.manager.class.name': string(
    { initial: null, nonEmpty: true },
    'The class that stores remote segments in Kafka.',
  ),
  'remote.log.storage.manager.class.path': string(
    { initial: null },
    'Where the class that stores remote segments is loaded from.',
  ),
  'remote.log.storage.manager.impl.prefix': string(
    { initial: 'rsm.config.', nonEmpty: true },
    'Prefix of the properties handed to the store of remote segments.',
  ),
  'remote.log.storage.system.enable': bool({ initial: false }, 'Whether tiered storage is available on this broker.'),
} satisfies Table
