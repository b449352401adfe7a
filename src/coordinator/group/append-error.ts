// What a log says when it refuses, in the words that clients of a coordinator know.

import { type ErrorName, KafkaError } from '../../protocol/errors.ts'

const told: Readonly<Partial<Record<ErrorName, ErrorName>>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'COORDINATOR_NOT_AVAILABLE',
  REQUEST_TIMED_OUT: 'COORDINATOR_NOT_AVAILABLE',
  NOT_LEADER_OR_FOLLOWER: 'NOT_COORDINATOR',
  KAFKA_STORAGE_ERROR: 'NOT_COORDINATOR',
}

const tooLarge: ReadonlySet<ErrorName> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_FETCH_SIZE'])

/** @param whenTooLarge what it means that the records do not fit: offset commits have an error of their own. */
export function appendError(thrown: unknown, whenTooLarge: ErrorName = 'UNKNOWN_SERVER_ERROR'): KafkaError {
  const error = KafkaError.of(thrown)
  const name = tooLarge.has(error.error) ? whenTooLarge : told[error.error]
  return name === undefined ? error : new KafkaError(name, error.message, { cause: error })
}
