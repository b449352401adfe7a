import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from '../../test/support/fast-check.ts'
import { parseProperties } from './properties.ts'

const parsed = (text: string) => Object.fromEntries(parseProperties(text))

test('the three separators, comments, blank lines and indentation', () => {
  const text = '# one\n! two\n\n a=1\nb : 2\r\nc 3\n\td=  4 \ne\nf==5\n'
  assert.deepEqual(parsed(text), { a: '1', b: '2', c: '3', d: '4 ', e: '', f: '=5' })
})

test('a line goes on after an odd number of backslashes; a comment does not', () => {
  assert.deepEqual(parsed('a=1,\\\n   2,\\\n   3\nb=x\\\\\n# c\\\nd=4\n'), { a: '1,2,3', b: 'x\\', d: '4' })
})

test('escapes in keys and values', () => {
  assert.deepEqual(parsed('k\\ e\\=y=\\t\\u00e4\\q\\:\npath=C\\:\\\\data\nend=a\\'), {
    'k e=y': '\täq:',
    path: 'C:\\data',
    end: 'a',
  })
})

test('the last of several values for one key holds, and names of Object are plain keys', () => {
  const found = parseProperties('a=1\na=2\n__proto__=x\nconstructor=y')
  assert.deepEqual(
    [...found],
    [
      ['a', '2'],
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ],
  )
})

test('whatever is escaped comes back', () => {
  const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 8 })
  const escaped = (codes: number[]) => codes.map((code) => `\\u${code.toString(16).padStart(4, '0')}`).join('')
  fc.assert(
    fc.property(units, units, (key, value) => {
      const expected = [[String.fromCharCode(...key), String.fromCharCode(...value)]]
      assert.deepEqual([...parseProperties(`${escaped(key)}=${escaped(value)}`)], expected)
    }),
  )
})

test('no text makes the parser fail', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('\\', '=', ':', ' ', '\n', '\r', 'u', '0', '#', 'a') }),
      (text) => void parseProperties(text),
    ),
  )
})
