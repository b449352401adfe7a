// What an error that came of a Produce says about the batch: is it in the log?

import { errorCode } from '../../protocol/errors.ts'
import { brokerError, type ClientError, type ErrorCode } from '../errors/index.ts'

/**
 * What brokers look at before they append. Every other error leaves it open, those of a leader that steps down too: it gives them to batches that it has
 * appended and that wait for its followers.
 */
const BEFORE_APPEND: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'CLUSTER_AUTHORIZATION_FAILED',
  'CONCURRENT_TRANSACTIONS',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'CORRUPT_MESSAGE',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_RECORD',
  'INVALID_REQUEST',
  'INVALID_REQUIRED_ACKS',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_TXN_STATE',
  'MESSAGE_TOO_LARGE',
  'NOT_COORDINATOR',
  'NOT_ENOUGH_REPLICAS',
  'POLICY_VIOLATION',
  'PRODUCER_FENCED',
  'RECORD_LIST_TOO_LARGE',
  'TOPIC_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'TRANSACTION_ABORTABLE',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'UNSUPPORTED_VERSION',
])
/** Said by a broker that has looked for the batch among the newest of its producer: it is not there, and neither is the one before it. */
const MISSES_SOMETHING: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID'])

const INVALID_TXN_STATE = errorCode('INVALID_TXN_STATE')

/** As `brokerError`. Said of the coordinator's own state this one ends the producer; said of a batch, the transaction alone (as Java sees it). */
export function produceError(code: number, what: string, said: string | null): ClientError {
  return brokerError(code, what, said, code === INVALID_TXN_STATE ? { fatal: false, abortable: true } : {})
}

/** The broker misses what was numbered before the batch. */
export function missesSomething(code: ErrorCode): boolean {
  return MISSES_SOMETHING.has(code)
}

/** Whether the batch may be in the log after its newest attempt ended with this; `before` says so of the attempts before. */
export function mayBeAppended(code: ErrorCode, before: boolean): boolean {
  return !MISSES_SOMETHING.has(code) && (before || !BEFORE_APPEND.has(code))
}
