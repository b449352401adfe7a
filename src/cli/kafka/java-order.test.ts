import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inJavaOrder } from './java-order.ts'

test('keys come as Java’s HashMap gives them', () => {
  // As Apache Kafka printed them.
  assert.deepEqual(inJavaOrder(['placed', 'plain', 'wide', 'with.dot'], 4), ['placed', 'wide', 'with.dot', 'plain'])
  // Aa and BB have one and the same hash.
  assert.deepEqual(inJavaOrder(['b', 'BB', 'a', 'Aa']), ['BB', 'Aa', 'a', 'b'])
})
