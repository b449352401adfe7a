// What clients tell those who listen.

export interface InstrumentationEvent<T> {
  /** Each has another one. */
  id: string
  type: string
  /** Milliseconds since 1970. */
  timestamp: number
  payload: T
}

/** Ends the listening; it is named after what was listened to. */
export type RemoveInstrumentationEventListener<_EventName> = () => void

export type ConnectEvent = InstrumentationEvent<null>
export type DisconnectEvent = InstrumentationEvent<null>

interface SentRequest {
  apiKey: number
  apiName: string
  apiVersion: number
  /** host:port. */
  broker: string
  clientId: string
  correlationId: number
  createdAt: number
  /** Milliseconds that it waited for its turn. */
  pendingDuration: number
  sentAt: number
}

/** An answer came: after so many milliseconds, of so many bytes. */
export type RequestEvent = InstrumentationEvent<SentRequest & { duration: number; size: number }>
/** No answer came in time. */
export type RequestTimeoutEvent = InstrumentationEvent<SentRequest>
/** So many requests wait for their turn. */
export type RequestQueueSizeEvent = InstrumentationEvent<{
  broker: string
  clientId: string
  queueSize: number
}>

/** Of every client. */
export interface ClientEventsBy {
  CONNECT: ConnectEvent
  DISCONNECT: DisconnectEvent
  REQUEST: RequestEvent
  REQUEST_TIMEOUT: RequestTimeoutEvent
  REQUEST_QUEUE_SIZE: RequestQueueSizeEvent
}

type ValueOf<T> = T[keyof T]

type Listen<Name, Event> = (eventName: Name, listener: (event: Event) => void) => RemoveInstrumentationEventListener<Name>
type AllOf<Union> = (Union extends unknown ? (each: Union) => void : never) extends (all: infer All) => void ? All : never

/**
 * Listens to one kind of event: `Names` says how each is called, `Events` what it tells. Throws a KafkaJSNonRetriableError for a name that there is not.
 */
export type On<Names, Events extends Record<keyof Names, unknown>> = AllOf<
  { [K in keyof Names]: Listen<Names[K], Events[K]> }[keyof Names]
> &
  Listen<ValueOf<Names>, InstrumentationEvent<any>>

export type AdminEvents = {
  CONNECT: 'admin.connect'
  DISCONNECT: 'admin.disconnect'
  REQUEST: 'admin.network.request'
  REQUEST_TIMEOUT: 'admin.network.request_timeout'
  REQUEST_QUEUE_SIZE: 'admin.network.request_queue_size'
}

export type ProducerEvents = {
  CONNECT: 'producer.connect'
  DISCONNECT: 'producer.disconnect'
  REQUEST: 'producer.network.request'
  REQUEST_TIMEOUT: 'producer.network.request_timeout'
  REQUEST_QUEUE_SIZE: 'producer.network.request_queue_size'
}
