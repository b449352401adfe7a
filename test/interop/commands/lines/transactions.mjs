/** kafka-transactions, on what the chapters before have left. */
import { changes, looks, reads, wrong } from './line.mjs'

const tool = 'kafka-transactions'
/** Ours coordinate no transactions yet. */
const apaches = { on: 'apache' }

export const transactions = [
  wrong(tool, ''),
  wrong(tool, '--help'),
  wrong(tool, '--version'),
  wrong(tool, '-v'),
  wrong(tool, '$B'),
  wrong(tool, 'list'),
  wrong(tool, '$B nothing'),
  wrong(tool, '$B describe'),
  wrong(tool, '$B describe-producers --topic said'),
  wrong(tool, '$B describe-producers --topic said --partition zero'),
  wrong(tool, '$B list --duration-filter long'),
  wrong(tool, '$B forceTerminateTransaction'),
  wrong(tool, '$B abort --topic said'),
  wrong(tool, '$B abort --topic said --partition 0'),
  wrong(tool, '$B abort --topic said --partition 0 --producer-id 5'),
  wrong(tool, '$B abort --topic said --partition 0 --producer-id 5 --producer-epoch 1'),
  wrong(tool, '$B abort --topic said --partition 0 --producer-id 5 --producer-epoch 70000 --coordinator-epoch 1'),
  wrong(tool, '$B find-hanging'),
  wrong(tool, '$B find-hanging --partition 0'),
  wrong(tool, '$B find-hanging --broker-id 1 --partition 0'),
  wrong(tool, '--command-config $D/no-such.properties $B list'),

  changes(
    'kafka-producer-perf-test',
    '$B --topic timed --num-records 4 --throughput -1 --record-size 10 --transactional-id timed-tx',
    {
      ...apaches,
      normalize: () => '',
    },
  ),
  looks(tool, '$B list', { ...apaches, isUnordered: true }),
  looks(tool, '$B --command-config $D/client.properties list --transactional-id-pattern timed.*', {
    ...apaches,
    isUnordered: true,
  }),
  looks(tool, '$B list --duration-filter 3600000', apaches),
  // How long it has been over by now stands last but one.
  looks(tool, '$B describe --transactional-id timed-tx', { ...apaches, masks: [[/(\t\d{13} +\t)\d+ +\t/g, '$1N\t']] }),
  looks(tool, '$B describe --transactional-id nobody', apaches),
  looks(tool, '$B describe-producers --topic timed --partition 0', { isUnordered: true }),
  looks(tool, '$B describe-producers --topic timed --partition 0 --broker-id 1', { isUnordered: true }),
  reads(tool, '$B find-hanging --topic timed'),
  reads(tool, '$B find-hanging --topic timed --partition 0 --max-transaction-timeout 1'),
  reads(tool, '$B find-hanging --broker-id 1'),
  reads(tool, '$B abort --topic timed --partition 0 --start-offset 123456'),
  changes(tool, '$B forceTerminateTransaction --transactionalId timed-tx', apaches),
]
