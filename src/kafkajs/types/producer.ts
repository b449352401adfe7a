// The producer.

import type { RetryOptions } from './config.ts'
import type { ClientEventsBy, On, ProducerEvents } from './events.ts'
import type { Logger } from './logging.ts'
import type { ICustomPartitioner, Offsets, ProducerBatch, ProducerRecord, RecordMetadata } from './records.ts'

export interface ProducerConfig {
  createPartitioner?: ICustomPartitioner
  retry?: RetryOptions
  /** Milliseconds after which it is asked again who leads what. Default 300000. */
  metadataMaxAge?: number
  /** Whether a topic that is not there may be made, where the brokers do that. Default true. */
  allowAutoTopicCreation?: boolean
  /** Whether brokers drop what a repetition brings twice. Default false. */
  idempotent?: boolean
  transactionalId?: string
  /** Milliseconds that a transaction may take. Default 60000. */
  transactionTimeout?: number
  maxInFlightRequests?: number
}

interface Sender {
  /** One entry for each partition. */
  send(record: ProducerRecord): Promise<RecordMetadata[]>
  sendBatch(batch: ProducerBatch): Promise<RecordMetadata[]>
}

export type Producer = Sender & {
  connect(): Promise<void>
  disconnect(): Promise<void>
  isIdempotent(): boolean
  readonly events: ProducerEvents
  on: On<ProducerEvents, ClientEventsBy>
  /** Begins one; it needs a `transactionalId`. */
  transaction(): Promise<Transaction>
  logger(): Logger
}

export type Transaction = Sender & {
  sendOffsets(offsets: Offsets & { consumerGroupId: string }): Promise<void>
  commit(): Promise<void>
  abort(): Promise<void>
  /** Whether it was neither committed nor aborted. */
  isActive(): boolean
}
