// What the client throws: one family. The class says what kind of trouble it is, `code` which one exactly, and `advice` what to do.

import { type ErrorCode, factsOf } from './codes.ts'

export interface ErrorDetails {
  readonly cause?: unknown
  /** Where it stands otherwise than with most errors of this code. */
  readonly retriable?: boolean
  readonly fatal?: boolean
  readonly abortable?: boolean
  /** What the broker itself said. */
  readonly said?: string | null | undefined
}

/** Everything that the client throws is one. */
export class ClientError extends Error {
  override readonly name: string = 'ClientError'
  /** One of Kafka's error names, or one of the client's own, such as `TIMED_OUT`. */
  readonly code: ErrorCode
  /** The same call may succeed when it is made again. */
  readonly retriable: boolean
  /** This client cannot go on: close it, and make another one. */
  readonly fatal: boolean
  /** The transaction has to be aborted; the producer can go on after that. */
  readonly abortable: boolean
  /** What to do, in a sentence. */
  readonly advice: string
  /** What the broker itself said; null where it gave no more than the code. */
  readonly said: string | null

  constructor(code: ErrorCode, message?: string, details: ErrorDetails = {}) {
    const facts = factsOf(code)
    super(message ?? facts.meaning, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.retriable = details.retriable ?? facts.retriable
    this.fatal = details.fatal ?? facts.fatal
    this.abortable = details.abortable ?? facts.abortable
    this.advice = facts.advice
    this.said = details.said ?? null
  }
}

/** An option cannot be as it was given. */
export class OptionError extends ClientError {
  override readonly name = 'OptionError'
  /** Its name; null where several do not fit together. */
  readonly option: string | null

  constructor(option: string | null, message: string, details?: ErrorDetails) {
    super('INVALID_OPTION', message, details)
    this.option = option
  }
}

/** A broker answered with an error that has no class of its own. */
export class BrokerError extends ClientError {
  override readonly name = 'BrokerError'
}

/** No connection, or it broke before the answer came: whether the broker has done what it was asked for is not known then. */
export class ConnectionError extends ClientError {
  override readonly name = 'ConnectionError'
}

/** It was not done in time; the message says what, and after how long. */
export class TimeoutError extends ClientError {
  override readonly name = 'TimeoutError'
}

/** The signal that was passed in has asked for it; its reason is the cause. */
export class AbortedError extends ClientError {
  override readonly name = 'AbortError'

  constructor(reason: unknown) {
    super('ABORTED', 'it was aborted by its signal', { cause: reason })
  }
}

/** The broker does not believe who this is, or this client not who the broker is. */
export class AuthenticationError extends ClientError {
  override readonly name = 'AuthenticationError'
}

/** An ACL is missing. */
export class AuthorizationError extends ClientError {
  override readonly name = 'AuthorizationError'
}

/** Another one has taken over under the same name: a producer with the same transactional id, a member with the same instance id. */
export class FencedError extends ClientError {
  override readonly name = 'FencedError'
}

/** This broker, or this client, cannot do that. */
export class UnsupportedError extends ClientError {
  override readonly name = 'UnsupportedError'
}

/** A key or a value could not be turned into bytes, or bytes into one. */
export class SerializationError extends ClientError {
  override readonly name = 'SerializationError'

  constructor(message: string, details?: ErrorDetails) {
    super('SERIALIZATION_FAILED', message, details)
  }
}

/** A method was called when it makes no sense: after `close`, or outside of a transaction. */
export class StateError extends ClientError {
  override readonly name = 'StateError'
}

/** The record was part of a transaction that was aborted. */
export class TransactionAbortedError extends ClientError {
  override readonly name = 'TransactionAbortedError'

  constructor(details?: ErrorDetails) {
    super('TRANSACTION_ABORTED', 'the transaction of the record was aborted', details)
  }
}
