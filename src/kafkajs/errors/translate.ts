// What the client throws, as programs of KafkaJS expect it.

import {
  AuthenticationError,
  ClientError,
  ConnectionError,
  OptionError,
  SerializationError,
  StateError,
  TimeoutError,
} from '../../client/errors/index.ts'
import { type ErrorName, errorName, errors as kafkaErrors } from '../../protocol/errors.ts'
import {
  KafkaJSConnectionError,
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  type KafkaJSNumberOfRetriesExceededMetadata,
  KafkaJSProtocolError,
  KafkaJSRequestTimeoutError,
  KafkaJSSASLAuthenticationError,
} from './classes.ts'
import { namedError } from './names.ts'

const names: ReadonlySet<string> = new Set(kafkaErrors.map(({ name }) => name))

/** One of Kafka's errors by its number, as an error. */
export function protocolError(code: number, message?: string | null): KafkaJSProtocolError {
  const name = errorName(code)
  const row = kafkaErrors.find((each) => each.name === name)!
  return named(name, message || row.meaning, row.retriable)
}

function named(name: ErrorName, message: string, retriable: boolean): KafkaJSProtocolError {
  return new KafkaJSProtocolError(Object.assign(new Error(message), namedError(name), { retriable }))
}

/** What was thrown, as KafkaJS would have thrown it; what is a program's own stays what it is. */
export function translated(thrown: unknown): Error {
  if (!(thrown instanceof ClientError)) return thrown instanceof Error ? thrown : new Error(String(thrown))
  const error = ofClient(thrown)
  Object.defineProperty(error, 'cause', { value: error.cause ?? thrown, configurable: true, writable: true })
  return error
}

/** The same where nobody will try it again: another attempt might have helped, and there were as many as allowed. */
export function givenUp(thrown: unknown, metadata: KafkaJSNumberOfRetriesExceededMetadata): Error {
  const error = translated(thrown)
  if (thrown instanceof TimeoutError && thrown.cause instanceof ClientError) return givenUp(thrown.cause, metadata)
  const isOver = thrown instanceof ClientError && thrown.retriable && error instanceof KafkaJSError
  return isOver && error.retriable ? new KafkaJSNumberOfRetriesExceeded(error, metadata) : error
}

function ofClient(error: ClientError): KafkaJSError {
  const { message, code, retriable } = error
  if (error instanceof AuthenticationError) {
    return code === 'TLS_FAILED' ? new KafkaJSConnectionError(message) : new KafkaJSSASLAuthenticationError(message)
  }
  if (error instanceof ConnectionError) return new KafkaJSConnectionError(message, systemCodeOf(error))
  if (error instanceof TimeoutError && code !== 'REQUEST_TIMED_OUT') return new KafkaJSRequestTimeoutError(message)
  if (error instanceof OptionError || error instanceof StateError || error instanceof SerializationError) {
    return new KafkaJSNonRetriableError(message)
  }
  if (names.has(code)) return named(code as ErrorName, message, retriable)
  return retriable ? new KafkaJSError(message) : new KafkaJSNonRetriableError(message)
}

/** ECONNREFUSED and the like, out of the causes. */
function systemCodeOf(error: ClientError): { code?: string } {
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    const inner = cause instanceof AggregateError ? cause.errors[0] : cause
    const { code } = inner as { code?: unknown }
    if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return { code }
  }
  return {}
}
