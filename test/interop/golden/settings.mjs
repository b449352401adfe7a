/** The settings that the corpus assumes (kafka/README.md of the shared folder). */
export const overrides = {
  'auto.create.topics.enable': 'false',
  'num.partitions': '1',
  'group.initial.rebalance.delay.ms': '0',
  'offsets.topic.num.partitions': '4',
  'transaction.state.log.num.partitions': '4',
  'share.coordinator.state.topic.num.partitions': '4',
}

/** The log directory that some answers name. */
export const assumedDir = '/tmp/kraft-combined-logs'
