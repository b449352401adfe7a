// The names of what clients tell.

import type { AdminEvents, ConsumerEvents, ProducerEvents } from './types/index.ts'

const client = <Kind extends string>(kind: Kind) =>
  ({
    CONNECT: `${kind}.connect`,
    DISCONNECT: `${kind}.disconnect`,
    REQUEST: `${kind}.network.request`,
    REQUEST_TIMEOUT: `${kind}.network.request_timeout`,
    REQUEST_QUEUE_SIZE: `${kind}.network.request_queue_size`,
  }) as const

export const producerEvents: ProducerEvents = client('producer')
export const adminEvents: AdminEvents = client('admin')
export const consumerEvents: ConsumerEvents = {
  ...client('consumer'),
  HEARTBEAT: 'consumer.heartbeat',
  COMMIT_OFFSETS: 'consumer.commit_offsets',
  GROUP_JOIN: 'consumer.group_join',
  FETCH_START: 'consumer.fetch_start',
  FETCH: 'consumer.fetch',
  START_BATCH_PROCESS: 'consumer.start_batch_process',
  END_BATCH_PROCESS: 'consumer.end_batch_process',
  STOP: 'consumer.stop',
  CRASH: 'consumer.crash',
  REBALANCING: 'consumer.rebalancing',
  RECEIVED_UNSUBSCRIBED_TOPICS: 'consumer.received_unsubscribed_topics',
}
