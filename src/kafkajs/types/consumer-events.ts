// What a consumer tells those who listen.

import type { ClientEventsBy, InstrumentationEvent } from './events.ts'
import type { TopicOffsets } from './records.ts'

export type ConsumerEvents = {
  HEARTBEAT: 'consumer.heartbeat'
  COMMIT_OFFSETS: 'consumer.commit_offsets'
  GROUP_JOIN: 'consumer.group_join'
  FETCH_START: 'consumer.fetch_start'
  FETCH: 'consumer.fetch'
  START_BATCH_PROCESS: 'consumer.start_batch_process'
  END_BATCH_PROCESS: 'consumer.end_batch_process'
  CONNECT: 'consumer.connect'
  DISCONNECT: 'consumer.disconnect'
  STOP: 'consumer.stop'
  CRASH: 'consumer.crash'
  REBALANCING: 'consumer.rebalancing'
  RECEIVED_UNSUBSCRIBED_TOPICS: 'consumer.received_unsubscribed_topics'
  REQUEST: 'consumer.network.request'
  REQUEST_TIMEOUT: 'consumer.network.request_timeout'
  REQUEST_QUEUE_SIZE: 'consumer.network.request_queue_size'
}

interface MemberOfGeneration {
  groupId: string
  memberId: string
  groupGenerationId: number
}

export interface IMemberAssignment {
  [key: string]: number[]
}

export type ConsumerHeartbeatEvent = InstrumentationEvent<MemberOfGeneration>
export type ConsumerCommitOffsetsEvent = InstrumentationEvent<MemberOfGeneration & { topics: TopicOffsets[] }>
export type ConsumerGroupJoinEvent = InstrumentationEvent<{
  duration: number
  groupId: string
  isLeader: boolean
  leaderId: string
  groupProtocol: string
  memberId: string
  memberAssignment: IMemberAssignment
}>
export type ConsumerFetchStartEvent = InstrumentationEvent<{ nodeId: number }>
export type ConsumerFetchEvent = InstrumentationEvent<{
  numberOfBatches: number
  duration: number
  nodeId: number
}>

interface BatchProcess {
  topic: string
  partition: number
  highWatermark: string
  offsetLag: string
  offsetLagLow: string
  batchSize: number
  firstOffset: string
  lastOffset: string
}

export type ConsumerStartBatchProcessEvent = InstrumentationEvent<BatchProcess>
export type ConsumerEndBatchProcessEvent = InstrumentationEvent<BatchProcess & { duration: number }>
export type ConsumerCrashEvent = InstrumentationEvent<{
  error: Error
  groupId: string
  /** Whether it starts again by itself. */
  restart: boolean
}>
export type ConsumerRebalancingEvent = InstrumentationEvent<{ groupId: string; memberId: string }>
export type ConsumerReceivedUnsubcribedTopicsEvent = InstrumentationEvent<{
  groupId: string
  generationId: number
  memberId: string
  assignedTopics: string[]
  topicsSubscribed: string[]
  topicsNotSubscribed: string[]
}>

export interface ConsumerEventsBy extends ClientEventsBy {
  HEARTBEAT: ConsumerHeartbeatEvent
  COMMIT_OFFSETS: ConsumerCommitOffsetsEvent
  GROUP_JOIN: ConsumerGroupJoinEvent
  FETCH_START: ConsumerFetchStartEvent
  FETCH: ConsumerFetchEvent
  START_BATCH_PROCESS: ConsumerStartBatchProcessEvent
  END_BATCH_PROCESS: ConsumerEndBatchProcessEvent
  STOP: InstrumentationEvent<null>
  CRASH: ConsumerCrashEvent
  REBALANCING: ConsumerRebalancingEvent
  RECEIVED_UNSUBSCRIBED_TOPICS: ConsumerReceivedUnsubcribedTopicsEvent
}
