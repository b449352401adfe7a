// How things look to people: tables, progress, and brokers that are away.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection, Network } from '../../platform/network.ts'
import { harmless } from './harmless.ts'
import { Progress } from './progress.ts'
import { tableLines } from './table.ts'
import { tellingNetwork } from './unreachable.ts'
import { cutTo, widthOf } from './width.ts'

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
