// What a log asks of its topic's configuration. The whole TopicConfig of the config room fits; a test may give less.

/** Values of one topic under Kafka's own names; times in milliseconds, sizes in bytes. */
export interface LogConfig {
  readonly 'cleanup.policy': readonly string[]
  readonly 'compression.gzip.level': number
  readonly 'compression.lz4.level': number
  readonly 'compression.type': 'uncompressed' | 'zstd' | 'lz4' | 'snappy' | 'gzip' | 'producer'
  readonly 'compression.zstd.level': number
  readonly 'delete.retention.ms': number
  readonly 'file.delete.delay.ms': number
  readonly 'flush.messages': number
  readonly 'flush.ms': number
  readonly 'index.interval.bytes': number
  /** In place of `segment.bytes` where a test needs smaller segments than Kafka allows. */
  readonly 'internal.segment.bytes': number | null
  readonly 'max.compaction.lag.ms': number
  readonly 'max.message.bytes': number
  readonly 'message.timestamp.after.max.ms': number
  readonly 'message.timestamp.before.max.ms': number
  readonly 'message.timestamp.type': 'CreateTime' | 'LogAppendTime'
  readonly 'min.cleanable.dirty.ratio': number
  readonly 'min.compaction.lag.ms': number
  readonly 'min.insync.replicas': number
  readonly 'retention.bytes': number
  readonly 'retention.ms': number
  readonly 'segment.bytes': number
  readonly 'segment.index.bytes': number
  readonly 'segment.jitter.ms': number
  readonly 'segment.ms': number
}

/** How large a segment of this topic may become. */
export function segmentBytes(config: LogConfig): number {
  return config['internal.segment.bytes'] ?? config['segment.bytes']
}

/** How long a segment takes records before the next one begins: a compacted log must also leave its active segment in time. */
export function segmentMs(config: LogConfig): number {
  const ms = config['segment.ms']
  return isCompacted(config) ? Math.min(ms, config['max.compaction.lag.ms']) : ms
}

export function isCompacted(config: LogConfig): boolean {
  return config['cleanup.policy'].includes('compact')
}

export function isDeleting(config: LogConfig): boolean {
  return config['cleanup.policy'].includes('delete')
}
