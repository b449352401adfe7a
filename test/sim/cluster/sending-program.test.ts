// What the judge of programs that send takes, and what it does not.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSending } from './sending-program.ts'

const seen = (...values: string[]) => values.map((value, offset) => ({ offset, key: null, value, timestamp: 0 }))

test('what was sent is there once and in order, and all of it where nothing failed', () => {
  const sending = { prefix: 's.1/', sent: 4, isComplete: true }
  assert.doesNotThrow(() => checkSending(sending, [seen('s.1/0', 's.10/7', 's.1/3'), seen('s.1/1', 's.1/2')]))
  assert.throws(() => checkSending(sending, [seen('s.1/0', 's.1/3'), seen('s.1/1')]), /of 4 records of s\.1\/ only 3 are there/)
  assert.doesNotThrow(() => checkSending({ ...sending, isComplete: false }, [seen('s.1/0', 's.1/3')]))
  assert.throws(() => checkSending(sending, [seen('s.1/0', 's.1/2', 's.1/1')]), /s\.1\/1 lies at 0\/2, behind s\.1\/2/)
  assert.throws(() => checkSending(sending, [seen('s.1/0'), seen('s.1/0')]), /s\.1\/0 is there again, at 1\/0/)
  assert.throws(() => checkSending(sending, [seen('s.1/4')]), /never sent/)
})
