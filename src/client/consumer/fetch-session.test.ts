import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorCode } from '../../protocol/errors.ts'
import { type FetchedPart, FetchSession } from './fetch-session.ts'

const A = 'AAAAAAAAAAAAAAAAAAAAAQ'
const B = 'AAAAAAAAAAAAAAAAAAAAAg'
const part = (topic: string, partition: number, fetchOffset: number, topicId = topic === 'a' ? A : B): FetchedPart => ({
  topic,
  topicId,
  partition,
  fetchOffset,
  currentLeaderEpoch: 0,
  maxBytes: 100,
})
const asked = (session: FetchSession, ...parts: FetchedPart[]) => {
  const { sessionId, sessionEpoch, topics, forgottenTopicsData } = session.ask(parts, 17)
  return {
    session: [sessionId, sessionEpoch],
    asked: topics!.flatMap(({ topicId, partitions }) =>
      partitions!.map(({ partition, fetchOffset }) => [topicId, partition, fetchOffset]),
    ),
    forgotten: forgottenTopicsData!.flatMap(({ topicId, partitions }) => partitions!.map((partition) => [topicId, partition])),
  }
}

test('the first request tells everything, the later ones what changed and what is not wanted any more', () => {
  const session = new FetchSession()
  assert.deepEqual(asked(session, part('a', 0, 5), part('b', 1, 0)), {
    session: [0, 0],
    asked: [
      [A, 0, 5],
      [B, 1, 0],
    ],
    forgotten: [],
  })
  assert.equal(session.answered({ errorCode: 0, sessionId: 9 }), null)
  assert.deepEqual(asked(session, part('a', 0, 5), part('b', 1, 0)), { session: [9, 1], asked: [], forgotten: [] })
  session.answered({ errorCode: 0, sessionId: 9 })
  assert.deepEqual(asked(session, part('a', 0, 6)), { session: [9, 2], asked: [[A, 0, 6]], forgotten: [[B, 1]] })
  assert.equal(session.find('', A, 0)?.fetchOffset, 6)
  assert.equal(session.find('', B, 1), undefined)
})

test('a topic that was made again is another one: the former one is forgotten', () => {
  const session = new FetchSession()
  asked(session, part('a', 0, 5))
  session.answered({ errorCode: 0, sessionId: 9 })
  assert.deepEqual(asked(session, part('a', 0, 0, B)), { session: [9, 1], asked: [[B, 0, 0]], forgotten: [[A, 0]] })
})

test('a broker that has no room for sessions, forgot this one, or lost count is told everything again', () => {
  const session = new FetchSession()
  asked(session, part('a', 0, 5))
  session.answered({ errorCode: 0, sessionId: 0 })
  assert.deepEqual(asked(session, part('a', 0, 5)).session, [0, 0])
  session.answered({ errorCode: 0, sessionId: 9 })
  asked(session, part('a', 0, 5))
  assert.equal(
    session.answered({ errorCode: errorCode('FETCH_SESSION_ID_NOT_FOUND'), sessionId: 0 }),
    'FETCH_SESSION_ID_NOT_FOUND',
  )
  assert.deepEqual(asked(session, part('a', 0, 5)), { session: [0, 0], asked: [[A, 0, 5]], forgotten: [] })
  session.answered({ errorCode: 0, sessionId: 9 })
  // An answer was lost: the session that the broker may still keep is closed by its id.
  session.restart()
  assert.deepEqual(asked(session, part('a', 0, 5)).session, [9, 0])
})

test('brokers before sessions, and before topic ids, are asked as they know it', () => {
  const session = new FetchSession()
  assert.equal(session.ask([part('a', 0, 5)], 4).sessionEpoch, -1)
  session.answered({ errorCode: 0, sessionId: 0 })
  assert.equal(session.ask([part('a', 0, 5)], 12).topics![0]!.topic, 'a')
  assert.equal(session.find('a', '', 0)?.fetchOffset, 5)
})

test('a session is ended once, where there is one', () => {
  const session = new FetchSession()
  assert.equal(session.end(), null)
  asked(session, part('a', 0, 5))
  session.answered({ errorCode: 0, sessionId: 9 })
  assert.deepEqual(session.end(), { sessionId: 9, sessionEpoch: -1, topics: [], forgottenTopicsData: [] })
  assert.equal(session.end(), null)
})
