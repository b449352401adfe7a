// Transactions and producer ids.

import { bool, int, short, type Table } from '../keys.ts'

export const transactionConfigs = {
  'add.partitions.to.txn.retry.backoff.max.ms': int(
    { initial: 100, min: 0, importance: 'high' },
    'How long at most the broker tries to add partitions to a transaction on behalf of a producer before it gives the error back.',
  ),
  'add.partitions.to.txn.retry.backoff.ms': int(
    { initial: 20, min: 1, importance: 'high' },
    'Pause between tries to add partitions to a transaction while its coordinator is busy.',
  ),
  'producer.id.expiration.check.interval.ms': int(
    { initial: 600_000, min: 1, importance: 'low', internal: true },
    'How often expired producer ids are looked for.',
  ),
  'producer.id.expiration.ms': int(
    { initial: 86_400_000, min: 1, importance: 'low', update: 'cluster-wide' },
    "How long a partition remembers an idle producer's last sequence numbers.",
  ),
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int(
    { initial: 10_000, min: 1, importance: 'low' },
    'How often transactions that took too long are looked for, to abort them.',
  ),
  'transaction.max.timeout.ms': int(
    { initial: 900_000, min: 1, importance: 'high' },
    'Longest transaction timeout that a producer may ask for.',
  ),
  'transaction.partition.verification.enable': bool(
    { initial: true, importance: 'low', update: 'cluster-wide' },
    'Whether a partition asks the coordinator if a transaction is open before it takes the first batch of it.',
  ),
  'transaction.remove.expired.transaction.cleanup.interval.ms': int(
    { initial: 3_600_000, min: 1, importance: 'low' },
    'How often expired transactional ids are looked for.',
  ),
  'transaction.state.log.load.buffer.size': int(
    { initial: 5_242_880, min: 1, importance: 'high' },
    'How many bytes are read at a time while transaction state is loaded.',
  ),
  'transaction.state.log.min.isr': int(
    { initial: 2, min: 1, importance: 'high' },
    'In-sync replicas that a write to the topic of transactions needs.',
  ),
  'transaction.state.log.num.partitions': int(
    { initial: 50, min: 1, importance: 'high' },
    'Partitions of the topic of transactions; fixed once the topic exists.',
  ),
  'transaction.state.log.replication.factor': short(
    { initial: 3, min: 1, importance: 'high' },
    'Replicas of the topic of transactions; creating it waits until there are so many brokers.',
  ),
  'transaction.state.log.segment.bytes': int(
    { initial: 104_857_600, min: 1, importance: 'high' },
    'Segment size of the topic of transactions.',
  ),
  'transaction.two.phase.commit.enable': bool(
    { initial: false, importance: 'low' },
    'Whether producers may prepare transactions that never time out, for a two-phase commit.',
  ),
  'transactional.id.expiration.ms': int(
    { initial: 604_800_000, min: 1, importance: 'high' },
    'How long an unused transactional id is remembered.',
  ),
} satisfies Table
