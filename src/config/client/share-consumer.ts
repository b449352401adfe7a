// What a share consumer is told (KIP-932), besides what every client is.

import { bool, choice, int, string, type Table, type Values } from '../keys.ts'
import { commonOptions, idleOption } from './common.ts'

const MIB = 1024 * 1024

export const shareConsumerOptions = {
  ...commonOptions,
  connectionsMaxIdleMs: idleOption(540_000),
  allowAutoCreateTopics: bool(
    { initial: true },
    'Whether subscribing to a topic that is not there may create it, where the brokers do that.',
  ),
  checkCrcs: bool(
    { initial: true, importance: 'low' },
    'Whether the checksum of every batch is looked at, so that bytes that were changed on the way are noticed.',
  ),
  clientRack: string({ initial: '', importance: 'low' }, 'The rack this client stands in, which the coordinator is told.'),
  defaultApiTimeoutMs: int({ initial: 60_000, min: 0 }, 'Milliseconds that commitSync takes where it is given no timeout.'),
  fetchMaxBytes: int(
    { initial: 50 * MIB, min: 0 },
    'Bytes of records in one answer; a first batch that is larger comes all the same.',
  ),
  fetchMaxWaitMs: int(
    { initial: 500, min: 0, importance: 'low' },
    'Milliseconds that a broker waits for fetchMinBytes before it answers with what there is.',
  ),
  fetchMinBytes: int({ initial: 1, min: 0, importance: 'high' }, 'Bytes that a broker waits for before it answers.'),
  groupId: string<string>(
    { required: true, nonEmpty: true, importance: 'high' },
    'The share group, whose members divide the records of its topics one by one.',
  ),
  maxPollIntervalMs: int(
    { initial: 300_000, min: 1 },
    'Milliseconds that the program may take for what it was given before the member leaves its group; it comes back with the program.',
  ),
  maxPollRecords: int(
    { initial: 500, min: 1 },
    'Records that one batch, or one poll, has at most, and that a broker is asked for at a time.',
  ),
  shareAcknowledgementMode: choice(
    { oneOf: ['implicit', 'explicit'], initial: 'implicit', ignoreCase: true },
    'Whether a record is accepted when the program asks for the next one (implicit), or the program says of each what becomes of it (explicit).',
  ),
  shareAcquireMode: choice(
    { oneOf: ['batch_optimized', 'record_limit'], initial: 'batch_optimized', ignoreCase: true },
    'Whether a broker may give more than maxPollRecords so that whole batches come (batch_optimized), or never does (record_limit, KIP-1206: for long work).',
  ),
} satisfies Table

export type ShareConsumerSettings = Values<typeof shareConsumerOptions>
