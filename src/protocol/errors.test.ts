import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedBytes } from '../base/bytes.ts'
import { errorCode, errorName, errors, KafkaError } from './errors.ts'

test('every code stands for one name, and both ways agree', () => {
  assert.equal(errors.length, 135)
  for (const { name, code } of errors) {
    assert.equal(errorName(code), name)
    assert.equal(errorCode(name), code)
  }
  assert.equal(errorName(9999), 'UNKNOWN_SERVER_ERROR')
})

test('an error says what it means unless there is more to say', () => {
  const plain = new KafkaError('NOT_LEADER_OR_FOLLOWER')
  assert.deepEqual([plain.code, plain.retriable, plain.message], [6, true, 'this broker neither leads nor follows the partition'])
  assert.equal(new KafkaError('INVALID_CONFIG', 'retention.ms must be -1 or more').message, 'retention.ms must be -1 or more')
})

test('whatever is thrown becomes an answer; only a KafkaError keeps its code', () => {
  const known = new KafkaError('MESSAGE_TOO_LARGE')
  assert.equal(KafkaError.of(known), known)
  const malformed = new MalformedBytes('cut off')
  const unknown = KafkaError.of(malformed)
  assert.deepEqual([unknown.error, unknown.code, unknown.cause], ['UNKNOWN_SERVER_ERROR', -1, malformed])
})

test('a refusal takes no stack trace, and other errors keep theirs', () => {
  assert.doesNotMatch(new KafkaError('NOT_LEADER_OR_FOLLOWER').stack!, /\n\s+at /)
  assert.match(new Error('another').stack!, /\n\s+at /)
  const cause = new TypeError('a bug')
  assert.match((KafkaError.of(cause).cause as Error).stack!, /\n\s+at /)
})
