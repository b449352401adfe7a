import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FetchSession, keyOf, type Position } from './fetch-session.ts'

const at = (index: number, fetchOffset = 0, changes: Partial<Position> = {}): Position => ({
  topic: 't',
  topicId: 'id',
  index,
  fetchOffset,
  currentLeaderEpoch: 1,
  lastFetchedEpoch: -1,
  logStartOffset: 0,
  maxBytes: 100,
  ...changes,
})

/** Asks for these and for no others of the first ten, and gives the request. */
function next(session: FetchSession, positions: readonly Position[]) {
  const wanted = positions.map(keyOf)
  for (let index = 0; index < 10; index++) {
    const key = keyOf({ topicId: 'id', index })
    if (!wanted.includes(key)) session.leave(key)
  }
  for (const position of positions) session.ask(keyOf(position), position)
  return session.next()
}

function told(session: FetchSession, positions: readonly Position[]) {
  const { sessionId, sessionEpoch, topics, forgottenTopicsData } = next(session, positions)
  return {
    session: [sessionId, sessionEpoch],
    asked: (topics ?? []).flatMap(({ partitions }) =>
      (partitions ?? []).map(({ partition, fetchOffset }) => [partition, fetchOffset]),
    ),
    forgotten: (forgottenTopicsData ?? []).flatMap(({ partitions }) => [...(partitions ?? [])]),
  }
}

test('a session opens with everything, and goes on with what changed and what is gone', () => {
  const session = new FetchSession()
  assert.deepEqual(told(session, [at(0), at(1)]), {
    session: [0, 0],
    asked: [
      [0, 0],
      [1, 0],
    ],
    forgotten: [],
  })
  session.answered(42)
  assert.deepEqual(told(session, [at(0), at(1)]), { session: [42, 1], asked: [], forgotten: [] })
  session.answered(42)
  assert.deepEqual(told(session, [at(0, 7), at(2)]), {
    session: [42, 2],
    asked: [
      [0, 7],
      [2, 0],
    ],
    forgotten: [1],
  })
  session.answered(42)
  const others = { currentLeaderEpoch: 2 }
  assert.deepEqual(told(session, [at(0, 7, others), at(2)]).asked, [[0, 7]], 'another leader epoch is news, too')
})

test('a session that was lost is ended by the one that takes its place', () => {
  const session = new FetchSession()
  next(session, [at(0)])
  session.answered(42)
  next(session, [at(0)])
  session.lost()
  assert.deepEqual(told(session, [at(0)]), { session: [42, 0], asked: [[0, 0]], forgotten: [] })
})

test('a session that the leader does not know is forgotten, and without one everything is told each time', () => {
  const session = new FetchSession()
  next(session, [at(0)])
  session.answered(42)
  session.forgotten()
  assert.deepEqual(told(session, [at(0)]).session, [0, 0])
  session.answered(0)
  assert.deepEqual(told(session, [at(0)]), { session: [0, 0], asked: [[0, 0]], forgotten: [] })
})

test('who is left and asked for again before the next request is not forgotten by it', () => {
  const session = new FetchSession()
  next(session, [at(0), at(1)])
  session.answered(42)
  session.leave(keyOf(at(0)))
  assert.deepEqual(told(session, [at(0), at(1)]), { session: [42, 1], asked: [[0, 0]], forgotten: [] })
  session.leave(keyOf(at(0)))
  session.leave(keyOf(at(1)))
  assert.deepEqual([session.isEmpty, session.asked(keyOf(at(0)))], [true, undefined])
})
