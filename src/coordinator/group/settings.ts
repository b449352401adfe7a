// What an operator may set about groups, and the bounds nobody sets.

export interface GroupSettings {
  readonly minSessionTimeoutMs: number
  readonly maxSessionTimeoutMs: number
  /** How long the first rebalance of a group waits for more members. */
  readonly initialRebalanceDelayMs: number
  /** Most members of one group. */
  readonly maxSize: number
  /** Longest metadata text of a committed offset, in UTF-16 units as Kafka counts it. */
  readonly offsetMetadataMax: number
  /** How long what a request wrote may take to be on all replicas in sync. */
  readonly commitTimeoutMs: number
  readonly offsetsRetentionMs: number
  /** How often expired offsets and empty groups are looked for. */
  readonly retentionCheckMs: number
}

/** The values of the broker's configuration that groups need, under Kafka's names. */
export interface GroupConfig {
  readonly 'group.min.session.timeout.ms': number
  readonly 'group.max.session.timeout.ms': number
  readonly 'group.initial.rebalance.delay.ms': number
  readonly 'group.max.size': number
  readonly 'offset.metadata.max.bytes': number
  readonly 'offsets.commit.timeout.ms': number
  readonly 'offsets.retention.minutes': number
  readonly 'offsets.retention.check.interval.ms': number
}

export function groupSettings(config: GroupConfig): GroupSettings {
  return {
    minSessionTimeoutMs: config['group.min.session.timeout.ms'],
    maxSessionTimeoutMs: config['group.max.session.timeout.ms'],
    initialRebalanceDelayMs: config['group.initial.rebalance.delay.ms'],
    maxSize: config['group.max.size'],
    offsetMetadataMax: config['offset.metadata.max.bytes'],
    commitTimeoutMs: config['offsets.commit.timeout.ms'],
    offsetsRetentionMs: config['offsets.retention.minutes'] * 60_000,
    retentionCheckMs: config['offsets.retention.check.interval.ms'],
  }
}

/** A parked join of a member that nobody knows yet cannot send heartbeats; Kafka gives it five minutes. */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000

/** Handed-out member ids that nobody used yet: most of one group, and most of one partition of groups. Kafka has no such bound. */
export const MAX_PENDING_OF_GROUP = 10_000
export const MAX_PENDING_OF_PARTITION = 100_000
