// Everything that programs import for its type.

export type * from './acls.ts'
export type * from './admin.ts'
export type * from './cluster.ts'
export type * from './config.ts'
export type * from './consumer.ts'
export type * from './consumer-events.ts'
export type {
  AdminEvents,
  ConnectEvent,
  DisconnectEvent,
  InstrumentationEvent,
  ProducerEvents,
  RemoveInstrumentationEventListener,
  RequestEvent,
  RequestQueueSizeEvent,
  RequestTimeoutEvent,
} from './events.ts'
export type * from './groups.ts'
export type * from './logging.ts'
export type * from './producer.ts'
export type * from './records.ts'
