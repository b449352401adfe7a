// What a consumer is told, besides what every client is.

import { consumerOffsetReset } from '../checks.ts'
import { bool, choice, int, list, string, type Table, type Values } from '../keys.ts'
import { commonOptions, idleOption } from './common.ts'

const MIB = 1024 * 1024

export const consumerOptions = {
  ...commonOptions,
  connectionsMaxIdleMs: idleOption(540_000),
  allowAutoCreateTopics: bool(
    { initial: true },
    'Whether subscribing to a topic that is not there may create it, where the brokers do that.',
  ),
  autoCommitIntervalMs: int(
    { initial: 5000, min: 0, importance: 'low' },
    'Milliseconds between two automatic commits; only with enableAutoCommit.',
  ),
  autoOffsetReset: string(
    { initial: 'latest', check: consumerOffsetReset },
    'Where to begin in a partition without a committed offset, or whose records at it are gone: latest, earliest, by_duration: with an ISO 8601 duration back from now, or none: an error.',
  ),
  checkCrcs: bool(
    { initial: true, importance: 'low' },
    'Whether the checksum of every batch is looked at, so that bytes that were changed on the way are noticed.',
  ),
  clientRack: string(
    { initial: '', importance: 'low' },
    'The rack this client stands in: it then reads from the closest replica, where the brokers choose one.',
  ),
  defaultApiTimeoutMs: int(
    { initial: 60_000, min: 0 },
    'Milliseconds that calls take which have no timeout of their own: commits, committed offsets, positions, offsets of times.',
  ),
  enableAutoCommit: bool(
    { initial: true },
    'Whether offsets are committed by themselves: those of records whose handler has ended, or that the loop has gone past.',
  ),
  excludeInternalTopics: bool({ initial: true }, 'Whether a pattern leaves out the internal topics of Kafka.'),
  fetchMaxBytes: int(
    { initial: 50 * MIB, min: 0 },
    'Bytes of records in one answer; a first batch that is larger comes all the same.',
  ),
  fetchMaxWaitMs: int(
    { initial: 500, min: 0, importance: 'low' },
    'Milliseconds that a broker waits for fetchMinBytes before it answers with what there is.',
  ),
  fetchMinBytes: int({ initial: 1, min: 0, importance: 'high' }, 'Bytes that a broker waits for before it answers.'),
  groupId: string<string | null>(
    { initial: null, nonEmpty: true, importance: 'high' },
    'The group that this consumer shares topics with, and whose offsets it commits.',
  ),
  groupInstanceId: string<string | null>(
    { initial: null, nonEmpty: true },
    'A name of this member that outlives its restarts (KIP-345): it comes back to what it had within sessionTimeoutMs.',
  ),
  groupProtocol: choice(
    { oneOf: ['classic', 'consumer'], initial: 'classic', ignoreCase: true, importance: 'high' },
    'How the group shares partitions: classic, by one of its members, or consumer, by the coordinator (KIP-848).',
  ),
  groupRemoteAssignor: string<string | null>(
    { initial: null },
    'Which of its assignors the coordinator shall use; only with groupProtocol=consumer.',
  ),
  heartbeatIntervalMs: int(
    { initial: 3000, min: 1, importance: 'high' },
    'Milliseconds between two heartbeats; only with groupProtocol=classic, else the coordinator says it.',
  ),
  isolationLevel: choice(
    { oneOf: ['read_uncommitted', 'read_committed'], initial: 'read_uncommitted' },
    'Whether records of transactions are read before they are committed, and of those that were aborted.',
  ),
  maxPartitionFetchBytes: int(
    { initial: MIB, min: 0, importance: 'high' },
    'Bytes of records of one partition in one answer; a first batch that is larger comes all the same.',
  ),
  maxPollIntervalMs: int(
    { initial: 300_000, min: 1 },
    'Milliseconds that the program may take for what it was given before the member leaves its group, so that others can go on.',
  ),
  maxPollRecords: int({ initial: 500, min: 1 }, 'Records that one batch, or one poll, has at most.'),
  partitionAssignmentStrategy: list(
    { initial: ['range', 'cooperative-sticky'], of: ['range', 'roundrobin', 'sticky', 'cooperative-sticky'], empty: false },
    'How partitions are shared, the best first; all members must know one of them. Only with groupProtocol=classic.',
  ),
  prefetchMaxBytes: int(
    { initial: 32 * MIB, min: 1, own: true },
    'Bytes of answers that wait for the program; nothing more is asked for beyond them.',
  ),
  sessionTimeoutMs: int(
    { initial: 45_000, min: 1, importance: 'high' },
    'Milliseconds without a heartbeat after which the coordinator takes a member for gone; only with groupProtocol=classic.',
  ),
} satisfies Table

export type ConsumerSettings = Values<typeof consumerOptions>
