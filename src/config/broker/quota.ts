// Quotas, metrics and bounds of requests.

import { className, int, list, long, string, type Table } from '../keys.ts'

export const quotaConfigs = {
  'alter.log.dirs.replication.quota.window.num': int(
    { initial: 11, min: 1, importance: 'low' },
    'How many samples the quota of moves between log directories remembers.',
  ),
  'alter.log.dirs.replication.quota.window.size.seconds': int(
    { initial: 1, min: 1, importance: 'low' },
    'How long one sample of the quota of moves between log directories lasts.',
  ),
  'client.quota.callback.class': className(
    { initial: null, importance: 'low' },
    'A class that computes the quotas of clients. Odradek loads no classes.',
  ),
  'controller.quota.window.num': int(
    { initial: 11, min: 1, importance: 'low' },
    'How many samples the quota of controller mutations remembers.',
  ),
  'controller.quota.window.size.seconds': int(
    { initial: 1, min: 1, importance: 'low' },
    'How long one sample of the quota of controller mutations lasts.',
  ),
  'delete.records.purgatory.purge.interval.requests': int(
    { initial: 1 },
    'After how many requests Kafka tidies its list of waiting DeleteRecords requests.',
  ),
  'fetch.max.bytes': int(
    { initial: 57_671_680, min: 1024 },
    'Most bytes in the answer to one Fetch; a first batch that is larger is still given.',
  ),
  'fetch.purgatory.purge.interval.requests': int(
    { initial: 1000 },
    'After how many requests Kafka tidies its list of waiting Fetch requests.',
  ),
  'kafka.metrics.polling.interval.secs': int(
    { initial: 10, min: 1, importance: 'low' },
    "How often reporters of Kafka's server metrics look.",
  ),
  'kafka.metrics.reporters': list(
    { initial: [], importance: 'low' },
    "Classes that report Kafka's server metrics. Odradek loads no classes.",
  ),
  'max.incremental.fetch.session.cache.slots': int(
    { initial: 1000, min: 0 },
    'How many incremental fetch sessions the broker keeps.',
  ),
  'max.request.partition.size.limit': int({ initial: 2000, min: 1 }, 'Most partitions in one answer of DescribeTopicPartitions.'),
  'metric.reporters': list(
    { initial: ['org.apache.kafka.common.metrics.JmxReporter'], importance: 'low', update: 'cluster-wide' },
    'Classes that report client-style metrics in Kafka. Odradek loads no classes.',
  ),
  'metrics.host': string(
    { initial: null, own: true },
    'The address that /metrics and /healthz are served at; empty: all interfaces. Without it: the one of the first listener for clients, so that nothing is open to more than the broker itself.',
  ),
  'metrics.max.label.sets': int(
    { initial: 20_000, min: 1, own: true },
    'How many partitions, topics, groups or other subjects /metrics tells of each kind; odradek_metrics_left_out says how many it left out.',
  ),
  'metrics.num.samples': int({ initial: 2, min: 1, importance: 'low' }, 'How many samples a metric remembers.'),
  'metrics.port': int(
    { initial: 9404, min: 0, max: 65_535, own: true },
    'The port of /metrics, in the text format of Prometheus, and of /healthz; 0: none. Where nobody set it and it is taken, one of the nine behind it is; where it was set and is taken, the broker does not start.',
  ),
  'metrics.recording.level': string({ initial: 'INFO', importance: 'low' }, 'Finest level of metrics that are recorded.'),
  'metrics.sample.window.ms': long({ initial: 30_000, min: 1, importance: 'low' }, 'How long one sample of a metric lasts.'),
  'producer.purgatory.purge.interval.requests': int(
    { initial: 1000 },
    'After how many requests Kafka tidies its list of waiting Produce requests.',
  ),
  'quota.window.num': int({ initial: 11, min: 1, importance: 'low' }, 'How many samples a client quota remembers.'),
  'quota.window.size.seconds': int({ initial: 1, min: 1, importance: 'low' }, 'How long one sample of a client quota lasts.'),
  'replication.quota.window.num': int(
    { initial: 11, min: 1, importance: 'low' },
    'How many samples a replication quota remembers.',
  ),
  'replication.quota.window.size.seconds': int(
    { initial: 1, min: 1, importance: 'low' },
    'How long one sample of a replication quota lasts.',
  ),
  'telemetry.max.bytes': int(
    { initial: 1_048_576, min: 1, importance: 'low' },
    'Largest batch of metrics that a client may push.',
  ),
} satisfies Table
