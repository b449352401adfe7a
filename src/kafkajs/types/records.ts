// Records on their way to brokers and back, and places in partitions. Offsets and times are texts here.

import type { CompressionTypes } from './enums.ts'

/** A name may stand for several values. */
export interface IHeaders {
  [key: string]: Buffer | string | (Buffer | string)[] | undefined
}

export interface Message {
  key?: Buffer | string | null
  value: Buffer | string | null
  partition?: number
  headers?: IHeaders
  /** Milliseconds since 1970. */
  timestamp?: string
}

export interface TopicMessages {
  topic: string
  messages: Message[]
}

interface SendOptions {
  /** Who must have the records: -1 all replicas in sync, 1 the leader, 0 nobody. Default -1. */
  acks?: number
  /** Milliseconds that the broker waits for replicas. Default 30000. */
  timeout?: number
  compression?: CompressionTypes
}

export interface ProducerRecord extends SendOptions {
  topic: string
  messages: Message[]
}

export interface ProducerBatch extends SendOptions {
  topicMessages?: TopicMessages[]
}

/** Where the records of one partition are. */
export type RecordMetadata = {
  topicName: string
  partition: number
  errorCode: number
  offset?: string
  timestamp?: string
  /** Of the first of them. */
  baseOffset?: string
  /** -1 where records have their own time. */
  logAppendTime?: string
  logStartOffset?: string
}

interface ReadRecord {
  key: Buffer | null
  value: Buffer | null
  timestamp: string
  attributes: number
  offset: string
}

/** As a consumer gets it. The first form is that of brokers older than Kafka 0.11. */
export type KafkaMessage = (ReadRecord & { size: number; headers?: never }) | (ReadRecord & { headers: IHeaders; size?: never })

export type TopicPartition = {
  topic: string
  partition: number
}
export type TopicPartitionOffset = TopicPartition & {
  offset: string
}
export type TopicPartitionOffsetAndMetadata = TopicPartitionOffset & {
  metadata?: string | null
}
export type TopicPartitions = { topic: string; partitions: number[] }

export interface PartitionOffset {
  partition: number
  offset: string
}

export interface TopicOffsets {
  topic: string
  partitions: PartitionOffset[]
}

export interface Offsets {
  topics: TopicOffsets[]
}

export interface OffsetsByTopicPartition {
  topics: TopicOffsets[]
}

export type PartitionMetadata = {
  partitionErrorCode: number
  partitionId: number
  /** -1 while there is none. */
  leader: number
  replicas: number[]
  isr: number[]
  offlineReplicas?: number[]
}

export interface PartitionerArgs {
  topic: string
  partitionMetadata: PartitionMetadata[]
  message: Message
}

/** Called once for a producer; what it gives is called for each message, and gives its partition. */
export type ICustomPartitioner = () => (args: PartitionerArgs) => number
export type DefaultPartitioner = ICustomPartitioner
export type LegacyPartitioner = ICustomPartitioner
