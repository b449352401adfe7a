import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { isUuid, randomUuid, uuidFromBytes, uuidToBytes, ZERO_UUID } from './uuid.ts'

test('a UUID is the url-safe base64 of its bytes, and comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
      const text = uuidFromBytes(bytes)
      assert.equal(text, Buffer.from(bytes).toString('base64url'))
      assert.ok(isUuid(text))
      assert.deepEqual(uuidToBytes(text), bytes)
    }),
  )
  assert.deepEqual(uuidToBytes(ZERO_UUID), new Uint8Array(16))
})

test('a text that is no UUID is refused', () => {
  const wrong = [
    '',
    'A',
    'AAAAAAAAAAAAAAAAAAAAA',
    `${ZERO_UUID}A`,
    'AAAAAAAAAAAAAAAAAAAAAB',
    'AAAA+AAAAAAAAAAAAAAAAA',
    'AAAAAAAAAAAAAAAAAAAAA\u0141',
  ]
  for (const text of wrong) {
    assert.equal(isUuid(text), false, text)
    assert.throws(() => uuidToBytes(text), TypeError, text)
  }
})

test('a random UUID is of version 4 and never looks like a flag on a command line', () => {
  // The first byte 0xf8 would give a text that begins with "-".
  const source = [Buffer.alloc(16, 0xf8), Buffer.alloc(16, 0xff)]
  const uuid = randomUuid(() => source.shift()!)
  assert.equal(Buffer.from(uuid, 'base64url').toString('hex'), 'ffffffffffff4fffbfffffffffffffff')
})
