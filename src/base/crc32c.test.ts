import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { crc32c, crc32cPortable } from './crc32c.ts'

test('the checksum of the customary text is the published one', () => {
  const bytes = Buffer.from('123456789')
  assert.equal(crc32c(bytes), 0xe3069283)
  assert.equal(crc32cPortable(bytes), 0xe3069283)
  assert.equal(crc32c(Buffer.alloc(0)), 0)
  assert.equal(crc32c(Buffer.alloc(32)), 0x8a9136aa) // RFC 3720, B.4
  assert.equal(crc32c(Buffer.alloc(32, 0xff)), 0x62a8ab43)
})

test('native and portable code agree on every length and range', () => {
  const bytes = fc.uint8Array({ minLength: 0, maxLength: 3000 })
  fc.assert(
    fc.property(bytes, fc.nat(40), fc.nat(40), (all, skip, drop) => {
      const from = Math.min(skip, all.length)
      const end = Math.max(from, all.length - drop)
      const sum = crc32cPortable(all, from, end)
      assert.equal(crc32c(all, from, end), sum)
      assert.equal(crc32cPortable(all.slice(from, end)), sum)
    }),
  )
})
