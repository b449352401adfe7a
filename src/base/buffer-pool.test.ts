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

test('sizes that nobody asks for any more make room for those of now', () => {
  const pool = new BufferPool(100_000)
  const old = Array.from({ length: 12 }, () => pool.take(8192))
  for (const each of old) each.release()
  assert.equal(pool.idleBytes, 98_304)
  const now = pool.take(60_000)
  now.release()
  assert.equal(pool.idleBytes, 98_304, 'they may still be wanted')
  for (let i = 0; i < 100; i++) pool.take(60_000).release()
  assert.ok(pool.idleBytes <= 100_000)
  const { buffer } = pool.take(60_000).bytes
  const one = pool.take(60_000)
  assert.notEqual(one.bytes.buffer, buffer, 'the first is out')
  one.release()
  assert.equal(pool.take(60_000).bytes.buffer, one.bytes.buffer)
  const late = pool.take(5000)
  for (let i = 0; i < 100; i++) pool.take(60_000).release()
  late.release() // its size is one of those by now
  assert.ok(pool.idleBytes <= 100_000)
})
