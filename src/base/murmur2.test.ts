import assert from 'node:assert/strict'
import { test } from 'node:test'
import { murmur2, partitionOfKey, toPositive } from './murmur2.ts'

test('hashes are those that Kafka clients compute', () => {
  const hash = (text: string) => murmur2(Buffer.from(text))
  assert.equal(hash('21'), -973932308)
  assert.equal(hash('foobar'), -790332482)
  assert.equal(hash('a-little-bit-long-string'), -985981536)
  assert.equal(hash('a-little-bit-longer-string'), -1486304829)
  assert.equal(hash('lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8'), -58897971)
  assert.equal(hash('abc'), 479470107)
})

test('a negative hash loses its sign bit, not its sign', () => {
  assert.equal(toPositive(-1), 0x7fffffff)
  assert.equal(toPositive(-2147483648), 0)
  assert.equal(partitionOfKey(Buffer.from('foobar'), 10), (-790332482 & 0x7fffffff) % 10)
})
