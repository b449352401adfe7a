import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AuthenticationError,
  BrokerError,
  brokerError,
  ConnectionError,
  OptionError,
  StateError,
  TimeoutError,
} from '../../client/errors/index.ts'
import { errors as kafkaErrors } from '../../protocol/errors.ts'
import {
  KafkaJSConnectionError,
  KafkaJSError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
  KafkaJSRequestTimeoutError,
  KafkaJSSASLAuthenticationError,
} from './classes.ts'
import * as special from './special.ts'
import { givenUp, protocolError, translated } from './translate.ts'

const retries = { retryCount: 5, retryTime: 9600 }

test('errors have the names, the family and the properties that programs ask for', () => {
  const error = new KafkaJSNumberOfRetriesExceeded(new Error('why'), retries)
  assert.ok(error instanceof KafkaJSNonRetriableError && error instanceof KafkaJSError && error instanceof Error)
  assert.deepEqual(
    [error.name, error.message, error.retriable, error.retryCount, error.retryTime, error.cause?.message],
    ['KafkaJSNumberOfRetriesExceeded', 'why', false, 5, 9600, 'why'],
  )
  assert.match(error.stack, /^KafkaJSNumberOfRetriesExceeded\n {2}Caused by: Error: why/)
  assert.equal(new KafkaJSError('text').retriable, true)
  assert.equal(new special.KafkaJSOffsetOutOfRange(protocolError(1), { topic: 't', partition: 3 }).partition, 3)
  for (const [name, Kind] of Object.entries(special)) {
    if (name === 'KafkaJSFetcherRebalanceError' || name.startsWith('KafkaJSInvalid')) continue
    const made = new (Kind as new (e: unknown, more?: unknown) => Error)({ message: 'm', topic: 't', partitions: [] }, {})
    assert.equal(made.name, name)
  }
})

test("a broker's error has KafkaJS's name for it, Kafka's number, and whether another attempt may help", () => {
  const named = kafkaErrors.map(({ name }) => translated(brokerError(name, 'x')) as KafkaJSProtocolError)
  const types = new Map(named.map(({ type, code }) => [code, type]))
  assert.deepEqual(
    [-1, 3, 6, 14, 15, 16, 27].map((code) => types.get(code)),
    [
      'UNKNOWN',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'NOT_LEADER_FOR_PARTITION',
      'GROUP_LOAD_IN_PROGRESS',
      'GROUP_COORDINATOR_NOT_AVAILABLE',
      'NOT_COORDINATOR_FOR_GROUP',
      'REBALANCE_IN_PROGRESS',
    ],
  )
  const gone = translated(brokerError('UNKNOWN_TOPIC_OR_PARTITION', 'topic t'))
  assert.ok(gone instanceof KafkaJSProtocolError && gone.retriable && gone.cause instanceof BrokerError)
  const refused = translated(brokerError('SASL_AUTHENTICATION_FAILED', 'login'))
  assert.ok(refused instanceof KafkaJSSASLAuthenticationError)
})

test('what the client notices itself is the error that KafkaJS has for it', () => {
  const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
  const lost = translated(new ConnectionError('NETWORK_EXCEPTION', 'lost', { cause: new Error('x', { cause }) }))
  assert.ok(lost instanceof KafkaJSConnectionError && lost.code === 'ECONNREFUSED' && lost.retriable)
  assert.ok(translated(new TimeoutError('TIMED_OUT', 'late')) instanceof KafkaJSRequestTimeoutError)
  assert.ok(translated(new AuthenticationError('TLS_FAILED', 'no')) instanceof KafkaJSConnectionError)
  for (const error of [new OptionError('acks', 'no'), new StateError('CLOSED', 'no')])
    assert.equal(translated(error).name, 'KafkaJSNonRetriableError')
  const own = new TypeError("the program's")
  assert.equal(translated(own), own)
})

test('what may be tried again has been, when it is told', () => {
  const error = givenUp(brokerError('NOT_ENOUGH_REPLICAS', 'Produce'), retries) as KafkaJSNumberOfRetriesExceeded
  assert.ok(error instanceof KafkaJSNumberOfRetriesExceeded)
  assert.equal((error.cause as KafkaJSProtocolError).type, 'NOT_ENOUGH_REPLICAS')
  assert.equal(givenUp(brokerError('MESSAGE_TOO_LARGE', 'Produce'), retries).name, 'KafkaJSProtocolError')
  // A time that is over is told by what kept it from being enough.
  const late = new TimeoutError('TIMED_OUT', 'late', { cause: brokerError('LEADER_NOT_AVAILABLE', 'topic t') })
  assert.equal(((givenUp(late, retries) as Error).cause as KafkaJSProtocolError).type, 'LEADER_NOT_AVAILABLE')
})
