import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/support/fast-check.ts'
import { formatTime } from './local-time.ts'

test('times are written as ISO writes them, whatever the offset', () => {
  fc.assert(
    fc.property(fc.integer({ min: -2e12, max: 8e12 }), fc.integer({ min: -14 * 60, max: 14 * 60 }), (time, minutes) => {
      const expected = new Date(time + minutes * 60_000).toISOString().replace('T', ' ').replace('Z', '')
      assert.equal(formatTime('yyyy-MM-dd HH:mm:ss.SSS', time, minutes * 60_000), expected)
    }),
  )
})

test('letters, quotes, and what is no letter', () => {
  const noon = Date.UTC(2026, 10, 2, 12, 4, 5, 6)
  assert.equal(formatTime("yy/M/d h:m a 'o''clock' ''", noon, 0), "26/11/2 12:4 PM o'clock '")
  assert.throws(() => formatTime('f', noon, 0), { message: "Illegal pattern character 'f'" })
  assert.throws(() => formatTime('MMM', noon, 0), { message: /^MMM in a date format is not supported/ })
})
