// What leaders answer for many partitions: what was done is told, whatever became of the rest.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerError, ClientError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import { askLeaders } from './leaders.ts'
import type { Link, TopicLeaders } from './link.ts'

const places = [0, 1].map((partition) => ({ topic: 't', partition }))
const patience = { what: 'a test', leftMs: 1000, blame() {}, sleep: async () => {} } as unknown as Patience

function linkOf(topicsNow: () => Promise<Map<string, TopicLeaders>>): Link {
  return { topicsNow, cluster: { retries: { pauseMs: () => 1 } } } as unknown as Link
}

const led = async () => new Map([['t', { errorCode: 0, leaderOf: new Map(places.map(({ partition }) => [partition, 1])) }]])

test('what was done before the time was over is told', async () => {
  let rounds = 0
  const link = linkOf(async () => {
    if (rounds++ > 0) throw new ClientError('TIMED_OUT', 'too late')
    return led()
  })
  const outcomes = await askLeaders(link, places, patience, async (_, some) =>
    some.map(({ topic, partition }) => ({ topic, partition, errorCode: partition === 0 ? 0 : 6, value: 'done' })),
  )
  assert.deepEqual([...outcomes.values], [['t-0', 'done']])
  assert.deepEqual(
    [...outcomes.errors].map(([key, { code }]) => [key, code]),
    [['t-1', 'TIMED_OUT']],
  )
})

test('a partition that the answer leaves out is told, and not asked for again and again', async () => {
  let asked = 0
  const outcomes = await askLeaders(linkOf(led), places, patience, async () => {
    if (asked++ > 10) throw new BrokerError('UNKNOWN_SERVER_ERROR', 'it never ends')
    return [{ topic: 't', partition: 0, errorCode: 0, value: 'done' }]
  })
  assert.equal(asked, 1)
  assert.deepEqual([...outcomes.values.keys()], ['t-0'])
  assert.equal(outcomes.errors.get('t-1')?.code, 'MALFORMED_ANSWER')
})
