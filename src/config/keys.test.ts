import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from '../../test/support/fast-check.ts'
import { ConfigError } from './error.ts'
import { bool, choice, double, int, list, long, MAX_LONG, password, string } from './keys.ts'
import { printDouble } from './text.ts'

const refused = (act: () => unknown) => {
  let message = ''
  assert.throws(act, (thrown) => {
    message = (thrown as Error).message
    return thrown instanceof ConfigError
  })
  return message
}

test('a refused value names the key, the value and what is allowed', () => {
  const level = int({ initial: -1, min: 1, max: 9, orEqual: -1 }, '')
  assert.equal(
    refused(() => level.parse('level', '0')),
    'level=0 is not valid; allowed: 1 to 9, or -1',
  )
  assert.equal(
    refused(() => level.parse('level', '')),
    'level=(empty) is not valid; allowed: a whole number from -2147483648 to 2147483647',
  )
  assert.equal(level.parse('level', ' -1 '), -1)
  const order = choice({ oneOf: ['CreateTime', 'LogAppendTime'], initial: 'CreateTime' }, '')
  assert.equal(
    refused(() => order.parse('order', 'createtime')),
    'order=createtime is not valid; allowed: CreateTime, LogAppendTime',
  )
})

test('a choice that ignores case has the spelling of the table, and is printed as it was written', () => {
  const policy = choice({ oneOf: ['disabled', 'bidirectional'], initial: 'bidirectional', ignoreCase: true }, '')
  assert.equal(policy.parse('policy', 'DISABLED'), 'disabled')
  assert.equal(policy.print('policy', 'DISABLED'), 'DISABLED')
})

test('a long is printed exactly although its value is rounded', () => {
  const limit = long({ initial: MAX_LONG, min: 0 }, '')
  assert.equal(limit.initial, '9223372036854775807')
  assert.equal(limit.print('limit', ' 9223372036854775807'), '9223372036854775807')
  assert.equal(limit.parse('limit', '9223372036854775807'), 2 ** 63)
  refused(() => limit.parse('limit', '9223372036854775808'))
  refused(() => limit.parse('limit', '-1'))
})

test('every whole number within 64 bits is printed as it is, and nothing beyond is taken', () => {
  const any = long({ initial: 0 }, '')
  const small = int({ initial: 0 }, '')
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 65n), 2n ** 65n), (number) => {
      const text = number.toString()
      if (number >= -(2n ** 63n) && number < 2n ** 63n) assert.equal(any.print('n', text), text)
      else refused(() => any.parse('n', text))
      if (number >= -(2n ** 31n) && number < 2n ** 31n) assert.equal(small.parse('n', text), Number(text))
      else refused(() => small.parse('n', text))
    }),
  )
})

test('texts that only look like numbers are refused', () => {
  const count = int({ initial: 0 }, '')
  for (const text of ['1.0', '0x10', '1e3', '1_000', '١', 'NaN', '1 2', '9'.repeat(200)]) refused(() => count.parse('n', text))
  assert.equal(count.parse('n', '+7'), 7)
  const ratio = double({ initial: 0.5, min: 0, max: 1 }, '')
  for (const text of ['', '.', 'NaN', 'Infinity', '0x1', '1.5', '-0.1']) refused(() => ratio.parse('n', text))
  assert.equal(ratio.parse('n', '.25'), 0.25)
})

test('doubles are printed as Java prints them', () => {
  const pairs = [
    [0.5, '0.5'],
    [1, '1.0'],
    [0, '0.0'],
    [2147483647, '2.147483647E9'],
    [1e7, '1.0E7'],
    [9999999, '9999999.0'],
    [0.001, '0.001'],
    [0.0001, '1.0E-4'],
    [-12.5, '-12.5'],
    [Number.MAX_VALUE, '1.7976931348623157E308'],
  ] as const
  for (const [value, text] of pairs) assert.equal(printDouble(value), text)
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) =>
      assert.equal(Number(printDouble(value)), value === 0 ? 0 : value),
    ),
  )
})

test('a list is cut at commas, trimmed, and has no entry twice; an empty text is an empty list', () => {
  const policy = list({ initial: ['delete'], of: ['compact', 'delete'] }, '')
  assert.deepEqual(policy.parse('p', ' compact , delete '), ['compact', 'delete'])
  assert.equal(policy.print('p', 'delete,delete'), 'delete')
  assert.deepEqual(policy.parse('p', ' '), [])
  refused(() => policy.parse('p', 'compact,,delete'))
  refused(() => policy.parse('p', 'foo'))
  refused(() => list({ initial: ['a'], empty: false }, '').parse('p', ''))
})

test('true and false come in any case, and nothing else stands for them', () => {
  const flag = bool({ initial: false }, '')
  assert.equal(flag.parse('f', ' TRUE '), true)
  assert.equal(flag.print('f', 'TRUE'), 'true')
  for (const text of ['yes', '1', '']) refused(() => flag.parse('f', text))
})

test('a text may be empty unless the table says otherwise', () => {
  assert.equal(string({ initial: '' }, '').parse('s', '  '), '')
  refused(() => string({ initial: 'a', nonEmpty: true }, '').parse('s', '  '))
})

test('a secret shows its text to reveal() alone', () => {
  const secret = password({}, '').parse('ssl.key.password', 'hunter2')
  assert.equal(secret?.reveal(), 'hunter2')
  for (const shown of [String(secret), JSON.stringify({ secret }), inspect({ secret }), `${secret}`])
    assert.ok(!shown.includes('hunter2'), shown)
})
