import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../../test/support/fast-check.ts'
import { SerializationError } from '../errors/index.ts'
import type { Serde } from './serde.ts'
import { bytes, float64, int32, int64, json, safeInt64, string } from './serdes.ts'

const context = { topic: 't', part: 'value', headers: [] } as const

function roundTrip<T>(serde: Serde<T | null>, value: T): unknown {
  const written = serde.serialize(value, { ...context, headers: [] }) as Uint8Array
  return serde.deserialize(written, { ...context, headers: [] })
}

test('what is written is read as the same', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (value) => assert.equal(roundTrip(string, value), value)))
  fc.assert(fc.property(fc.integer(), (value) => assert.equal(roundTrip(int32, value), value)))
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => assert.equal(roundTrip(int64, value), value)),
  )
  fc.assert(fc.property(fc.maxSafeInteger(), (value) => assert.equal(roundTrip(safeInt64, value), value)))
  fc.assert(fc.property(fc.double(), (value) => assert.ok(Object.is(roundTrip(float64, value), value))))
  fc.assert(fc.property(fc.uint8Array(), (value) => assert.deepEqual(roundTrip(bytes, value), value)))
  assert.equal(roundTrip(string, '\ufefftext'), '\ufefftext')
  assert.deepEqual(json().deserialize(Buffer.from('\ufeff[1]'), { ...context, headers: [] }), [1])
  assert.deepEqual(roundTrip(json<object>(), { a: [1, null, 'ü'] }), { a: [1, null, 'ü'] })
})

test('null stays null, and bytes are what Java writes', () => {
  for (const serde of [bytes, string, json(), int32, int64, safeInt64, float64] as Serde<unknown>[]) {
    assert.equal(serde.serialize(null, { ...context, headers: [] }), null)
    assert.equal(serde.deserialize(null, { ...context, headers: [] }), null)
  }
  assert.deepEqual(int64.serialize(-2n, { ...context, headers: [] }), Buffer.from('fffffffffffffffe', 'hex'))
  assert.deepEqual(int32.serialize(258, { ...context, headers: [] }), Buffer.from('00000102', 'hex'))
})

test('what does not fit is refused with the topic, the part and the reason, in both directions', () => {
  const written = (serde: Serde<never>, value: unknown) => () => serde.serialize(value as never, { ...context, headers: [] })
  const read = (serde: Serde<never>, hex: string) => () =>
    serde.deserialize(Buffer.from(hex, 'hex'), { ...context, part: 'key', headers: [] })
  const refused: readonly (readonly [() => unknown, RegExp])[] = [
    [written(int32 as never, 2 ** 31), /the value of a record of t as int32: 2147483648 is no whole number/],
    [written(int64 as never, 5), /5 is no bigint/],
    [written(int64 as never, 2n ** 63n), /no bigint from/],
    [written(safeInt64 as never, 2 ** 53), /no whole number that is exact/],
    [written(string as never, 5), /5 is no text/],
    [written(json() as never, () => {}), /has no JSON/],
    [written(json() as never, undefined), /undefined has no JSON/],
    [written(string as never, undefined), /undefined is no text/],
    [written(bytes as never, undefined), /undefined is no Uint8Array/],
    [written(int32 as never, undefined), /undefined is no whole number/],
    [read(int64 as never, '0001'), /the key of a record of t as int64: 2 bytes, not 8/],
    [read(safeInt64 as never, '7fffffffffffffff'), /9223372036854775807 is not exact as a number; use int64/],
    [read(json() as never, '7b'), /as json/],
  ]
  for (const [act, message] of refused) {
    assert.throws(act, (thrown) => thrown instanceof SerializationError && message.test(thrown.message), String(message))
  }
})
