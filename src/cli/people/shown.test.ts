// How records look as lines of JSON, which can be read again, and how things look to people: tables, progress, and brokers that are away.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection, Network } from '../../platform/network.ts'
import { harmless } from './harmless.ts'
import { inputLines } from './input-lines.ts'
import { Progress } from './progress.ts'
import { type BytesRecord, recordJson, recordOf } from './record-json.ts'
import { tableLines } from './table.ts'
import { tellingNetwork } from './unreachable.ts'
import { cutTo, widthOf } from './width.ts'

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

const paper = { hasColors: false, isWatched: false, columns: 80 }

test('columns line up, whatever letters are in them', () => {
  assert.deepEqual(
    [widthOf('abc'), widthOf('注文'), widthOf('e\u0301'), widthOf('ﬁ'), widthOf('👍'), widthOf('Ａ')],
    [3, 4, 1, 1, 2, 2],
  )
  assert.deepEqual(
    tableLines(
      ['GROUP', 'LAG', 'TOPICS'],
      [
        ['注文', 1234, 'a,b'],
        ['e\u0301t\u0301e\u0301', null, 'c'],
        ['tab\tbed', { text: 0, color: 'green' }, ''],
      ],
      paper,
    ),
    ['GROUP       LAG  TOPICS', '注文      1,234  a,b', 'e\u0301t\u0301e\u0301           -  c', 'tab\\tbed      0'],
  )
})

test('on a screen the last column is cut to what is left of the line, and in a file it is whole', () => {
  const lines = (more: object) => tableLines(['NAME', 'TOPICS'], [['shop', 'orders,payments,returns']], { ...paper, ...more })
  assert.deepEqual(lines({ isWatched: true, columns: 20 }), ['NAME  TOPICS', 'shop  orders,paymen…'])
  assert.deepEqual(lines({ isWatched: true, columns: 5 }), ['NAME  TOPICS', 'shop  orders,…'])
  assert.deepEqual(lines({ columns: 20 }), ['NAME  TOPICS', 'shop  orders,payments,returns'])
  assert.deepEqual(lines({ hasColors: true }), ['\x1b[1mNAME\x1b[0m  \x1b[1mTOPICS\x1b[0m', 'shop  orders,payments,returns'])
  assert.equal(cutTo(4, '注文グループ'), '注…')
})

test('what would move the cursor, or turn what follows around, is written out', () => {
  assert.equal(harmless('\x1b[2J\u202etxt\u2066\u2028\x7f'), '\\u001b[2J\\u202etxt\\u2066\\u2028\\u007f')
  assert.equal(harmless('注文 é \t👍🏽'), '注文 é \t👍🏽')
})

test('progress says how much, how fast, and for how long still where the whole is known', () => {
  let now = 0
  const shown: string[] = []
  const clock = { now: () => 0, monotonic: () => now, after: () => assert.fail(), soon: () => assert.fail() }
  const progress = new Progress({ status: (line: string) => shown.push(line) } as never, clock, 'records')
  progress.at(1, 0.001)
  now = 2000
  progress.at(5000, 0.25)
  now = 2100
  progress.at(5100, 0.26)
  now = 4000
  progress.at(9000, null)
  progress.end()
  assert.deepEqual(shown, ['5,000 records, 2,500 a second, 25 %, 0:06 left', '9,000 records, 2,250 a second', ''])
})

test('a broker that is away is told of once, after two seconds, and again when it has been there meanwhile', async () => {
  let now = 0
  let isAway = true
  const told: string[] = []
  const network = {
    hostName: 'here',
    listen: () => assert.fail(),
    connect: async () => {
      if (isAway) throw new Error('connect ECONNREFUSED')
      return {} as Connection
    },
  } satisfies Network
  const telling = tellingNetwork(network, { monotonic: () => now }, (line) => told.push(line))
  const connect = async (at: number) => {
    now = at
    await telling.connect({ host: 'kafka', port: 9092 }).catch(() => {})
  }
  await connect(0)
  await connect(1999)
  assert.deepEqual(told, [])
  await connect(2000)
  await connect(9000)
  assert.deepEqual(told, ['odradek: kafka:9092 cannot be reached (connect ECONNREFUSED); trying on, Ctrl-C ends it'])
  isAway = false
  await connect(9500)
  isAway = true
  await connect(10_000)
  await connect(12_500)
  assert.equal(told.length, 2)
})
