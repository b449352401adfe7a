// What a producer is told, besides what every client is.

import { oneOf } from '../checks.ts'
import { bool, choice, int, long, MAX_INT, string, type Table, type Values } from '../keys.ts'
import { commonOptions, idleOption } from './common.ts'

export const producerOptions = {
  ...commonOptions,
  connectionsMaxIdleMs: idleOption(540_000),
  acks: string(
    { initial: 'all', check: oneOf(['all', '-1', '0', '1'], false), importance: 'low' },
    'Who must have a batch before it counts as sent: all (or -1) replicas in sync, 1 the leader alone, 0 nobody. Only all goes with idempotence.',
  ),
  batchSize: int(
    { initial: 16_384, min: 0 },
    'Bytes, before compression, up to which records of a partition wait together; a larger record makes a batch of its own.',
  ),
  bufferMemory: long(
    { initial: 33_554_432, min: 0, importance: 'high' },
    'Bytes of records that may wait and be on their way; beyond them `send` waits.',
  ),
  compressionType: choice(
    { oneOf: ['none', 'gzip', 'snappy', 'lz4', 'zstd'], initial: 'none', importance: 'high' },
    'How batches are compressed.',
  ),
  compressionGzipLevel: int(
    { initial: -1, min: 1, max: 9, orEqual: -1 },
    'How hard gzip tries, from 1 to 9; -1 leaves it to gzip.',
  ),
  compressionZstdLevel: int({ initial: 3, min: -131_072, max: 22 }, 'How hard zstd tries: higher is smaller and slower.'),
  deliveryTimeoutMs: int(
    { initial: 120_000, min: 0 },
    'Milliseconds after which a record that is not acknowledged has failed, whatever was tried; at least lingerMs and requestTimeoutMs together.',
  ),
  enableIdempotence: bool(
    { initial: true, importance: 'low' },
    'Whether brokers drop what a repetition brings twice, so that each record is there once and in its order.',
  ),
  lingerMs: long(
    { initial: 5, min: 0 },
    'Milliseconds that a batch waits for more records; a full one does not wait. Where it is not given, none waits while nothing is on its way.',
  ),
  maxBlockMs: long(
    { initial: 60_000, min: 0 },
    'Milliseconds that `send` waits for room and for the partitions of a topic, and `initTransactions` and the like for a coordinator.',
  ),
  maxInFlightRequestsPerConnection: int(
    { initial: 5, min: 1, importance: 'low' },
    'Requests that may be on their way to a broker; at most 5 with idempotence.',
  ),
  maxRequestSize: int({ initial: 1_048_576, min: 0 }, 'Bytes that a request may have, and a record before compression.'),
  metadataMaxIdleMs: long(
    { initial: 300_000, min: 5000, importance: 'low' },
    'Milliseconds after which a topic that nothing is sent to is forgotten.',
  ),
  partitionerIgnoreKeys: bool({ initial: false }, 'Whether records with a key are spread as those without one.'),
  retries: int(
    { initial: MAX_INT, min: 0, max: MAX_INT, importance: 'high' },
    'How often a batch is sent again; deliveryTimeoutMs is usually the better bound.',
  ),
  transactionTimeoutMs: int(
    { initial: 60_000, importance: 'low' },
    'Milliseconds that a transaction may take; after them the coordinator aborts it.',
  ),
  transactionalId: string<string | null>(
    { initial: null, nonEmpty: true, importance: 'low' },
    'The name under which a producer begins transactions; another one that takes it fences this one.',
  ),
} satisfies Table

export type ProducerOptions = Values<typeof producerOptions>
