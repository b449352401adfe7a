// The consumer.

import type { RetryOptions } from './config.ts'
import type { ConsumerEvents, ConsumerEventsBy } from './consumer-events.ts'
import type { On } from './events.ts'
import type { GroupDescription, PartitionAssigner } from './groups.ts'
import type { Logger } from './logging.ts'
import type {
  KafkaMessage,
  Offsets,
  OffsetsByTopicPartition,
  TopicPartitionOffset,
  TopicPartitionOffsetAndMetadata,
  TopicPartitions,
} from './records.ts'

export interface ConsumerConfig {
  groupId: string
  partitionAssigners?: PartitionAssigner[]
  metadataMaxAge?: number
  /** Milliseconds without a heartbeat after which the member counts as gone. Default 30000. */
  sessionTimeout?: number
  /** Milliseconds that members have to join again. Default 60000. */
  rebalanceTimeout?: number
  /** Default 3000. */
  heartbeatInterval?: number
  /** Default 1 MiB. */
  maxBytesPerPartition?: number
  /** Bytes that a broker waits for before it answers. Default 1. */
  minBytes?: number
  /** Default 10 MiB. */
  maxBytes?: number
  /** Milliseconds that a broker waits for `minBytes`. Default 5000. */
  maxWaitTimeInMs?: number
  retry?: RetryOptions & { restartOnFailure?: (err: Error) => Promise<boolean> }
  allowAutoTopicCreation?: boolean
  maxInFlightRequests?: number
  /** Whether records of open and of aborted transactions are read. Default false. */
  readUncommitted?: boolean
  rackId?: string
}

export type ConsumerSubscribeTopics = { topics: (string | RegExp)[]; fromBeginning?: boolean }
/** @deprecated give `topics` */
export type ConsumerSubscribeTopic = { topic: string | RegExp; fromBeginning?: boolean }

export type Batch = {
  topic: string
  partition: number
  highWatermark: string
  messages: KafkaMessage[]
  isEmpty(): boolean
  firstOffset(): string | null
  lastOffset(): string
  /** How many records there are behind the last one of the batch. */
  offsetLag(): string
  /** How many records there are behind the first one of the batch. */
  offsetLagLow(): string
}

export interface EachMessagePayload {
  topic: string
  partition: number
  message: KafkaMessage
  heartbeat(): Promise<void>
  /** Pauses this partition; what it gives back resumes it. */
  pause(): () => void
}

export interface EachBatchPayload {
  batch: Batch
  /** All up to and with this offset is done. */
  resolveOffset(offset: string): void
  heartbeat(): Promise<void>
  pause(): () => void
  /** Commits these, or what is done where the time or the number for it has come. */
  commitOffsetsIfNecessary(offsets?: Offsets): Promise<void>
  uncommittedOffsets(): OffsetsByTopicPartition
  isRunning(): boolean
  /** Whether the consumer went elsewhere in the partition. */
  isStale(): boolean
}

export type ConsumerEachMessagePayload = EachMessagePayload
export type ConsumerEachBatchPayload = EachBatchPayload
export type EachBatchHandler = (payload: EachBatchPayload) => Promise<void>
export type EachMessageHandler = (payload: EachMessagePayload) => Promise<void>

export type ConsumerRunConfig = {
  /** Default true. */
  autoCommit?: boolean
  autoCommitInterval?: number | null
  autoCommitThreshold?: number | null
  /** Whether a batch is done when its handler ends. Default true. */
  eachBatchAutoResolve?: boolean
  /** Default 1. */
  partitionsConsumedConcurrently?: number
  eachBatch?: EachBatchHandler
  eachMessage?: EachMessageHandler
}

type SomePartitions = { topic: string; partitions?: number[] }

export type Consumer = {
  connect(): Promise<void>
  disconnect(): Promise<void>
  subscribe(subscription: ConsumerSubscribeTopics | ConsumerSubscribeTopic): Promise<void>
  stop(): Promise<void>
  run(config?: ConsumerRunConfig): Promise<void>
  commitOffsets(topicPartitions: Array<TopicPartitionOffsetAndMetadata>): Promise<void>
  seek(topicPartitionOffset: TopicPartitionOffset): void
  describeGroup(): Promise<GroupDescription>
  pause(topics: Array<SomePartitions>): void
  paused(): TopicPartitions[]
  resume(topics: Array<SomePartitions>): void
  on: On<ConsumerEvents, ConsumerEventsBy>
  logger(): Logger
  readonly events: ConsumerEvents
}
