// The consumer, as programs import it.

export type { BatchesOptions, PollOptions } from './batch-reader.ts'
export { Consumer, type ConsumerCloseOptions, type OffsetAndTimestamp } from './consumer.ts'
export type { RebalanceListener } from './holder.ts'
export type { ConsumerGroupMetadata, OffsetAndMetadata, TopicPartition, TopicPartitionOffset } from './place.ts'
export { type ConsumerBatch, type ConsumerRecord, RecordDeserializationError } from './record.ts'
export type { HandlerContext, RunOptions } from './runner.ts'
export type { ConsumerConfig } from './settings.ts'
export type { ServerPattern } from './subscription.ts'
