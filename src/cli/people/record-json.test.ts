// Records as lines of JSON, and back again.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inputLines } from './input-lines.ts'
import { type BytesRecord, recordJson, recordOf } from './record-json.ts'

const recordWith = (value: Uint8Array | null) =>
  ({ topic: 't', partition: 1, offset: 7, timestamp: 5, key: null, value, headers: [] }) as unknown as BytesRecord

const shown = (bytes: Uint8Array) => (JSON.parse(recordJson(recordWith(bytes))) as { value: unknown }).value

/** What of a value is there again when the line that it was printed as is produced. */
function again(bytes: Uint8Array): string {
  const { value } = recordOf(Buffer.from(recordJson(recordWith(bytes))), 'copy', 1)
  return Buffer.from(value!).toString('latin1')
}

test('objects and lists are shown as such, and other values as texts or base64', () => {
  assert.deepEqual(shown(Buffer.from('{"total": 7.50, "of": ["a"]}')), { total: 7.5, of: ['a'] })
  assert.equal(shown(Buffer.from('7')), '7')
  assert.equal(shown(Buffer.from('{broken')), '{broken')
  assert.deepEqual(shown(Uint8Array.of(0xff)), { base64: '/w==' })
})

test('what JSON would change stays the text that it is', () => {
  for (const text of [
    '{"id":12345678901234567890}',
    '[9007199254740993]',
    '{"pi":3.14159265358979323846}',
    '[1e999]',
    '{"base64":"aGk="}',
  ]) {
    assert.equal(shown(Buffer.from(text)), text)
    assert.equal(again(Buffer.from(text)), text)
  }
  for (const text of [
    '[9007199254740992]',
    '{"said":"12345678901234567890 \\" 1e999"}',
    '[1e21,100000000000000000000,0.1,-2.50]',
  ])
    assert.deepEqual(shown(Buffer.from(text)), JSON.parse(text))
})

test('every value comes back as the bytes that it was, but for the blanks of JSON', () => {
  for (const text of ['', 'null', '"q"', 'a\nb\xe2\x80\xa8c', '\xff\xfe', '{"a":[1,{"b":null}]}', '{"base64":"aGk=","more":1}'])
    assert.equal(again(Buffer.from(text, 'latin1')), text)
})

test('a line that no record can be made of is refused, with its number', () => {
  const cases: [string, RegExp][] = [
    ['{"value":{"base64":"!!"}}', /^line 3: !! is no base64/],
    ['{"value":{"id":12345678901234567890}}', /line 3: a number in it has more digits/],
    ['{"value":"\xff"}', /line 3: it is no text in UTF-8/],
    ['{"key":"k"}', /line 3: value is missing/],
    ['{"value":1,"partition":1.5}', /line 3: partition is no whole number/],
    ['[1]', /line 3: it is no object/],
  ]
  for (const [line, expected] of cases)
    assert.throws(() => recordOf(Buffer.from(line, 'latin1'), 't', 3), { name: 'UsageError', message: expected })
})

test('lines are bytes, wherever the pieces of the input end', async () => {
  const input = Buffer.from('one\r\n\n\xff\u0085two\r\rx\nlast', 'latin1')
  for (let size = 1; size <= input.length; size++) {
    async function* pieces() {
      for (let at = 0; at < input.length; at += size) yield input.subarray(at, at + size)
    }
    const found: string[] = []
    for await (const lines of inputLines(pieces())) found.push(...lines.map((line) => line.toString('latin1')))
    assert.deepEqual(found, ['one', '', '\xff\u0085two\r\rx', 'last'], `pieces of ${size}`)
  }
})
