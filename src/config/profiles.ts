// What holds where nobody says anything, besides Kafka's defaults.

import type { Texts } from './layers.ts'

/** Internal topics of a node that stands alone. */
const alone = {
  'offsets.topic.replication.factor': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
}

/** A few partitions of internal topics do for tests, and make the start quick. */
const small = {
  'offsets.topic.num.partitions': '4',
  'share.coordinator.state.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '4',
}

/**
 * `sample`: started without a file; what Apache's sample file for a single node sets, on this machine's loopback only.
 * `library`: inside somebody's test suite. `file`: a user's own file, with Kafka's defaults for the rest.
 */
export const profiles = {
  sample: texts({ 'node.id': '1', listeners: 'PLAINTEXT://localhost:9092', 'log.dirs': './data', ...alone }),
  library: texts({
    'node.id': '1',
    listeners: 'PLAINTEXT://localhost:0',
    'group.initial.rebalance.delay.ms': '0',
    'metrics.port': '0',
    ...alone,
    ...small,
  }),
  file: texts({}),
} as const

export type Profile = keyof typeof profiles

function texts(values: Record<string, string>): Texts {
  return new Map(Object.entries(values))
}
