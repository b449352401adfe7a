// What every client of Kafka is told: where the cluster is, and how patient to be. The names are Kafka's in camelCase, so that a client's options are
// this table; `optionName` in `names.ts` gives Kafka's own.

import { choice, int, list, long, string, type Table, type Values } from '../keys.ts'
import { securityOptions } from './security.ts'

export const commonOptions = {
  bootstrapServers: list<readonly string[]>(
    { required: true, importance: 'high', empty: false },
    'Some brokers of the cluster as host:port; they tell all the others.',
  ),
  clientId: string({ initial: '' }, 'How the client calls itself in the logs and quotas of brokers.'),
  requestTimeoutMs: int(
    { initial: 30_000, min: 0 },
    'Milliseconds that one answer may take; after them the connection is closed, and the request made again where that is safe.',
  ),
  retryBackoffMs: long(
    { initial: 100, min: 0, importance: 'low' },
    'Milliseconds before the first repetition of what failed; they double with each.',
  ),
  retryBackoffMaxMs: long(
    { initial: 1000, min: 0, importance: 'low' },
    'Milliseconds that a pause between two repetitions grows to.',
  ),
  reconnectBackoffMs: long(
    { initial: 50, min: 0, importance: 'low' },
    'Milliseconds before a connection that failed is tried again; they double with each failure.',
  ),
  reconnectBackoffMaxMs: long(
    { initial: 1000, min: 0, importance: 'low' },
    'Milliseconds that a pause between two connections grows to.',
  ),
  socketConnectionSetupTimeoutMs: long(
    { initial: 10_000, min: 1 },
    'Milliseconds that making a connection may take; they double with each failure.',
  ),
  socketConnectionSetupTimeoutMaxMs: long(
    { initial: 30_000, min: 1 },
    'Milliseconds that the time for making a connection grows to.',
  ),
  metadataMaxAgeMs: long(
    { initial: 300_000, min: 0, importance: 'low' },
    'Milliseconds after which the client asks again which brokers, topics and leaders there are, even where nothing failed.',
  ),
  metadataRecoveryStrategy: choice(
    { oneOf: ['rebootstrap', 'none'], initial: 'rebootstrap', ignoreCase: true, importance: 'low' },
    'Whether the bootstrap servers are asked again where none of the known brokers answers (KIP-899).',
  ),
  ...securityOptions,
} satisfies Table

/** Of a client whose connections may rest. Producer and consumer keep theirs for 9 minutes, the admin client for 5. */
export const idleOption = (initial: number) =>
  long({ initial }, 'Milliseconds after which a connection on which nothing is asked is closed; below 0: never.')

export type CommonOptions = Values<typeof commonOptions>
