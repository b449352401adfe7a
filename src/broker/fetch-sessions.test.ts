import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ZERO_UUID } from '../base/uuid.ts'
import type { FetchRequest } from '../protocol/messages/fetch.ts'
import { FetchSessions } from './fetch-sessions.ts'

test('a session remembers its partitions and steps its epoch', () => {
  const sessions = newSessions()
  const first = opened(sessions, [
    ['a', 0],
    ['a', 1],
  ])
  assert.deepEqual([...first.partitions.keys()], ['a:0', 'a:1'])
  const next = sessions.begin(request({ sessionId: first.sessionId, sessionEpoch: 1 }), 12)
  assert.ok(typeof next !== 'string' && next.incremental)
  assert.equal(next.partitions.size, 2)
})

test('an epoch that does not follow, an unknown id and another way of naming topics are told apart', () => {
  const sessions = newSessions()
  const { sessionId } = opened(sessions, [['a', 0]])
  assert.equal(sessions.begin(request({ sessionId, sessionEpoch: 2 }), 12), 'INVALID_FETCH_SESSION_EPOCH')
  assert.equal(sessions.begin(request({ sessionId: sessionId + 1, sessionEpoch: 1 }), 12), 'FETCH_SESSION_ID_NOT_FOUND')
  assert.equal(sessions.begin(request({ sessionId, sessionEpoch: 1 }), 13), 'FETCH_SESSION_TOPIC_ID_ERROR')
  assert.ok(typeof sessions.begin(request({ sessionId, sessionEpoch: 1 }), 12) !== 'string', 'errors did not harm the session')
})

test('partitions are added, asked anew and forgotten', () => {
  const sessions = newSessions()
  const { sessionId, partitions } = opened(sessions, [
    ['a', 0],
    ['b', 0],
  ])
  const change = request({
    sessionId,
    sessionEpoch: 1,
    ask: [
      ['c', 0],
      ['a', 0],
    ],
    forget: [['b', 0]],
    fetchOffset: 7,
  })
  assert.ok(typeof sessions.begin(change, 12) !== 'string')
  assert.deepEqual([...partitions.keys()], ['a:0', 'c:0'])
  assert.equal(partitions.get('a:0')?.fetchOffset, 7)
})

test('epoch -1 closes a session and opens none', () => {
  const sessions = newSessions()
  const { sessionId } = opened(sessions, [['a', 0]])
  const closed = sessions.begin(request({ sessionId, sessionEpoch: -1 }), 12)
  assert.ok(typeof closed !== 'string' && closed.sessionId === 0)
  assert.equal(sessions.size, 0)
})

test('with all slots taken a client goes without a session until one has been idle for two minutes', () => {
  const clock = { now: 0 }
  const sessions = newSessions(1, clock)
  opened(sessions, [['a', 0]])
  assert.equal(opened(sessions, [['b', 0]]).sessionId, 0)
  clock.now = 120_000
  assert.notEqual(opened(sessions, [['b', 0]]).sessionId, 0)
  assert.equal(sessions.size, 1)
})

test('a partition whose data was sent comes last next time', () => {
  const sessions = newSessions()
  const context = opened(sessions, [
    ['a', 0],
    ['b', 0],
  ])
  sessions.moveBack(context, 'a:0')
  assert.deepEqual([...context.partitions.keys()], ['b:0', 'a:0'])
})

test('a request that is repeated does not step the session twice', () => {
  const sessions = newSessions()
  const { sessionId } = opened(sessions, [['a', 0]])
  const session = { sessionId, sessionEpoch: 1 }
  assert.ok(typeof sessions.begin(request(session), 12) !== 'string')
  assert.equal(sessions.begin(request(session), 12), 'INVALID_FETCH_SESSION_EPOCH')
  assert.ok(typeof sessions.begin(request({ sessionId, sessionEpoch: 2 }), 12) !== 'string')
})

type Named = [topic: string, partition: number][]

function newSessions(slots = 10, clock = { now: 0 }): FetchSessions {
  let seed = 0
  const random = { next: () => (seed = (seed + 0.137) % 1), bytes: (length: number) => new Uint8Array(length) }
  const nothing = () => {}
  return new FetchSessions(
    slots,
    { now: () => clock.now, monotonic: () => clock.now, after: () => ({ cancel: nothing }), soon: nothing },
    random,
  )
}

function opened(sessions: FetchSessions, ask: Named) {
  const context = sessions.begin(request({ sessionId: 0, sessionEpoch: 0, ask }), 12)
  assert.ok(typeof context !== 'string')
  return context
}

function request({
  sessionId,
  sessionEpoch,
  ask = [],
  forget = [],
  fetchOffset = 0,
}: {
  sessionId: number
  sessionEpoch: number
  ask?: Named
  forget?: Named
  fetchOffset?: number
}): FetchRequest {
  const partition = { currentLeaderEpoch: -1, fetchOffset, lastFetchedEpoch: -1, logStartOffset: -1, partitionMaxBytes: 1000 }
  return {
    sessionId,
    sessionEpoch,
    topics: ask.map(([topic, index]) => ({ topic, topicId: ZERO_UUID, partitions: [{ partition: index, ...partition }] })),
    forgottenTopicsData: forget.map(([topic, index]) => ({ topic, topicId: ZERO_UUID, partitions: [index] })),
  } as unknown as FetchRequest
}
