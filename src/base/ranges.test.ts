import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inRange, parseRange } from './ranges.ts'

test('ranges are read as Kafka writes them', () => {
  assert.deepEqual(parseRange('3'), { min: 3, max: 3 })
  assert.deepEqual(parseRange('0-12'), { min: 0, max: 12 })
  assert.deepEqual(parseRange('9+'), { min: 9, max: 0x7fff })
  for (const wrong of ['', '-1', '3-', 'all', '1,2']) assert.throws(() => parseRange(wrong), SyntaxError, wrong)
})

test('both ends belong to a range, and nothing to "none"', () => {
  assert.deepEqual(
    [2, 3, 12, 13].map((version) => inRange(parseRange('3-12'), version)),
    [false, true, true, false],
  )
  assert.equal(inRange(parseRange('none'), 0), false)
})
