import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeRandom } from './random.ts'

test('numbers lie in [0, 1) and spread; bytes have their length and stay as they were given', () => {
  const random = nodeRandom()
  const numbers = Array.from({ length: 5000 }, () => random.next())
  assert.ok(numbers.every((number) => number >= 0 && number < 1))
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length
  assert.ok(Math.abs(mean - 0.5) < 0.05, `mean ${mean}`)
  assert.equal(new Set(numbers).size, 5000)
  const first = random.bytes(16)
  const copy = Uint8Array.from(first)
  for (const length of [0, 1, 16, 300, 5000]) assert.equal(random.bytes(length).length, length)
  assert.deepEqual(first, copy)
})
