// The errors that programs meet everywhere. Names, properties and inheritance are KafkaJS's, because programs ask for them.

export interface KafkaJSErrorMetadata {
  retriable?: boolean
  topic?: string
  partitionId?: number
  metadata?: unknown
  cause?: Error | undefined
}

/** Everything that goes wrong is one. */
export class KafkaJSError extends Error {
  override readonly name: string = 'KafkaJSError'
  /** Whether another attempt may help. */
  readonly retriable: boolean
  readonly helpUrl?: string
  declare readonly cause?: Error

  constructor(e: Error | string, { retriable = true, cause }: KafkaJSErrorMetadata = {}) {
    super(messageOf(e), cause === undefined ? undefined : { cause })
    this.retriable = retriable
  }
}

export class KafkaJSNonRetriableError extends KafkaJSError {
  override readonly name: string = 'KafkaJSNonRetriableError'

  constructor(e: Error | string, { cause }: { cause?: Error | undefined } = {}) {
    super(e, { retriable: false, cause })
  }
}

/** A broker answered with one of Kafka's errors. */
export class KafkaJSProtocolError extends KafkaJSError {
  override readonly name: string = 'KafkaJSProtocolError'
  /** Kafka's name for it, as KafkaJS spells it. */
  readonly type: string
  readonly code: number

  constructor(e: Error | string, { retriable }: { retriable?: boolean } = {}) {
    const { type, code, retriable: said } = e as { type?: string; code?: number; retriable?: boolean }
    super(e, { retriable: retriable ?? said ?? true })
    this.type = type!
    this.code = code!
  }
}

export interface KafkaJSNumberOfRetriesExceededMetadata {
  retryCount: number
  retryTime: number
}

/** It was tried as often as `retry` says; the cause is what went wrong the last time. */
export class KafkaJSNumberOfRetriesExceeded extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSNumberOfRetriesExceeded'
  declare readonly stack: string
  readonly retryCount: number
  /** Milliseconds of the last pause. */
  readonly retryTime: number

  constructor(e: Error | string, { retryCount, retryTime }: KafkaJSNumberOfRetriesExceededMetadata) {
    super(e, { cause: e instanceof Error ? e : undefined })
    this.retryCount = retryCount
    this.retryTime = retryTime
    if (e instanceof Error)
      Object.defineProperty(this, 'stack', { value: `${this.name}\n  Caused by: ${e.stack}`, writable: true })
  }
}

export interface KafkaJSConnectionErrorMetadata {
  broker?: string
  code?: string
}

export class KafkaJSConnectionError extends KafkaJSError {
  override readonly name: string = 'KafkaJSConnectionError'
  /** host:port. */
  readonly broker: string
  /** What the system says, such as ECONNREFUSED. */
  readonly code?: string

  constructor(e: Error | string, { broker, code }: KafkaJSConnectionErrorMetadata = {}) {
    super(e)
    this.broker = broker!
    this.code = code!
  }
}

export class KafkaJSConnectionClosedError extends KafkaJSConnectionError {
  override readonly name: string = 'KafkaJSConnectionClosedError'
  readonly host?: string
  readonly port?: number

  constructor(e: Error | string, { host, port }: { host?: string; port?: number } = {}) {
    super(e, { broker: `${host}:${port}` })
    this.host = host!
    this.port = port!
  }
}

export interface KafkaJSRequestTimeoutErrorMetadata {
  broker: string
  clientId: string
  correlationId: number
  createdAt: number
  sentAt: number
  pendingDuration: number
}

export class KafkaJSRequestTimeoutError extends KafkaJSError {
  override readonly name: string = 'KafkaJSRequestTimeoutError'
  readonly broker: string
  readonly correlationId: number
  readonly createdAt: number
  readonly sentAt: number
  readonly pendingDuration: number

  constructor(e: Error | string, metadata: Partial<KafkaJSRequestTimeoutErrorMetadata> = {}) {
    super(e)
    this.broker = metadata.broker!
    this.correlationId = metadata.correlationId!
    this.createdAt = metadata.createdAt!
    this.sentAt = metadata.sentAt!
    this.pendingDuration = metadata.pendingDuration!
  }
}

export class KafkaJSSASLAuthenticationError extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSSASLAuthenticationError'
}

/** It is not there, in this client or at all. */
export class KafkaJSNotImplemented extends KafkaJSNonRetriableError {
  override readonly name: string = 'KafkaJSNotImplemented'
}

/** Several things went wrong at once. */
export class KafkaJSAggregateError extends Error {
  override readonly name: string = 'KafkaJSAggregateError'
  readonly errors: (Error | string)[]

  constructor(message: Error | string, errors: (Error | string)[]) {
    super(messageOf(message))
    this.errors = errors
  }
}

function messageOf(e: Error | string): string {
  return typeof e === 'string' ? e : e.message || String(e)
}
