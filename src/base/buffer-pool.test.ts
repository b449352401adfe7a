import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { BufferPool, sizeClass } from './buffer-pool.ts'

test('a size class has room, wastes at most a quarter, and is its own class', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200_000_000 }), (size) => {
      const room = sizeClass(size)
      assert.ok(room >= size && room <= Math.max(4096, size * 1.25) && sizeClass(room) === room, `${size} in ${room}`)
    }),
  )
})

test('a released buffer serves the next of its class, once, and idle ones are bounded', () => {
  const pool = new BufferPool(10_000)
  const first = pool.take(5000)
  const second = pool.take(5000)
  assert.notEqual(first.bytes.buffer, second.bytes.buffer)
  first.release()
  first.release()
  assert.equal(pool.idleBytes, 5120)
  const again = pool.take(5100)
  assert.equal(again.bytes.buffer, first.bytes.buffer)
  assert.equal(again.bytes.length, 5100)
  again.release()
  second.release()
  assert.equal(pool.idleBytes, 5120, 'a second one would exceed the bound')
  assert.equal(pool.take(0).bytes.length, 0)
})
