import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { ZERO_UUID } from '../base/uuid.ts'
import type { Clock } from '../platform/clock.ts'
import { Slices } from '../platform/slices.ts'
import type { FetchRequest } from '../protocol/messages/fetch.ts'
import type { Partition } from '../replication/partition.ts'
import { type FetchedPartition, type Fetching, FetchSessions } from './fetch-sessions.ts'

test('a session remembers its partitions and steps its epoch', () => {
  const sessions = newSessions()
  const first = opened(sessions, [
    ['a', 0],
    ['a', 1],
  ])
  assert.deepEqual([...first.partitions.keys()], ['a:0', 'a:1'])
  const next = sessions.begin(request({ sessionId: first.sessionId, sessionEpoch: 1 }), 12, slices)
  assert.ok(isFetching(next) && next.incremental)
  assert.equal(next.context.partitions.size, 2)
})

test('an epoch that does not follow, an unknown id and another way of naming topics are told apart', () => {
  const sessions = newSessions()
  const { sessionId } = opened(sessions, [['a', 0]])
  assert.equal(sessions.begin(request({ sessionId, sessionEpoch: 2 }), 12, slices), 'INVALID_FETCH_SESSION_EPOCH')
  assert.equal(sessions.begin(request({ sessionId: sessionId + 1, sessionEpoch: 1 }), 12, slices), 'FETCH_SESSION_ID_NOT_FOUND')
  assert.equal(sessions.begin(request({ sessionId, sessionEpoch: 1 }), 13, slices), 'FETCH_SESSION_TOPIC_ID_ERROR')
  assert.ok(
    typeof sessions.begin(request({ sessionId, sessionEpoch: 1 }), 12, slices) !== 'string',
    'errors did not harm the session',
  )
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
  assert.ok(typeof sessions.begin(change, 12, slices) !== 'string')
  assert.deepEqual([...partitions.keys()], ['a:0', 'c:0'])
  assert.equal(partitions.get('a:0')?.fetchOffset, 7)
})

test('epoch -1 closes a session and opens none', () => {
  const sessions = newSessions()
  const { sessionId } = opened(sessions, [['a', 0]])
  const closed = sessions.begin(request({ sessionId, sessionEpoch: -1 }), 12, slices)
  assert.ok(isFetching(closed) && closed.context.sessionId === 0)
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
  context.moveBack(context.partitions.get('a:0')!)
  assert.deepEqual(
    [...context.active].map(({ topic }) => topic),
    ['b', 'a'],
  )
})

test('a partition that has nothing new rests until it changes, is asked for again, or the question is another one', () => {
  const sessions = newSessions()
  const context = opened(sessions, [
    ['a', 0],
    ['b', 0],
  ])
  const watchers = new Set<() => void>()
  const partition = {
    watch(run: () => void) {
      watchers.add(run)
      return () => watchers.delete(run)
    },
  } as unknown as Partition
  const [a, b] = [...context.partitions.values()] as [FetchedPartition, FetchedPartition]
  const rests = (asked: FetchedPartition) => {
    asked.seen = { partition, term: 0, horizon: 0, startOffset: 0, logSize: 0 }
    context.rest(asked)
  }
  rests(a)
  rests(b)
  assert.deepEqual([context.active.size, watchers.size], [0, 2])
  const told: FetchedPartition[] = []
  context.followers.add((asked) => told.push(asked))
  ;[...watchers][0]!()
  assert.deepEqual([[...context.active], told, watchers.size], [[a], [a], 1])
  let sessionEpoch = 1
  const next = (more: Partial<Asked>) =>
    sessions.begin(request({ sessionId: context.sessionId, sessionEpoch: sessionEpoch++, ...more }), 12, slices)
  next({ ask: [['b', 0]] })
  assert.deepEqual([[...context.active], watchers.size], [[a, b], 0])
  rests(a)
  rests(b)
  next({})
  assert.equal(context.active.size, 0)
  next({ isolationLevel: 1 })
  assert.deepEqual([context.active.size, watchers.size], [2, 0])
  rests(a)
  next({ forget: [['a', 0]] })
  assert.deepEqual([[...context.active], watchers.size], [[b], 0])
  rests(b)
  sessions.begin(request({ sessionId: context.sessionId, sessionEpoch: -1 }), 12, slices)
  rests(b)
  assert.equal(watchers.size, 0, 'a session that is over watches nothing')
})

test('what names thousands is taken in slices, with the same outcome', async () => {
  const clock = new ManualClock()
  const slow = new Slices({ ...clock, monotonic: () => seen++, soon: setImmediate } as unknown as Clock, 5)
  let seen = 0
  const sessions = newSessions()
  const ask = Array.from({ length: 3000 }, (_, i): [string, number] => ['a', i])
  const beginning = sessions.begin(request({ sessionId: 0, sessionEpoch: 0, ask }), 12, slow)
  assert.ok(beginning instanceof Promise)
  const { context } = await beginning
  assert.deepEqual(
    [...context.partitions.keys()],
    ask.map(([topic, index]) => `${topic}:${index}`),
  )
  assert.equal(context.active.size, 3000)
  const { sessionId } = context
  const change = request({ sessionId, sessionEpoch: 1, ask: [['b', 0]], forget: ask.slice(0, 2999) })
  const next = await sessions.begin(change, 12, slow)
  assert.ok(isFetching(next) && next.incremental)
  assert.deepEqual([...next.context.partitions.keys()], ['a:2999', 'b:0'])
  assert.ok(seen > 400, 'the clock was looked at')
})

test('a request that is repeated does not step the session twice', () => {
  const sessions = newSessions()
  const { sessionId } = opened(sessions, [['a', 0]])
  const session = { sessionId, sessionEpoch: 1 }
  assert.ok(typeof sessions.begin(request(session), 12, slices) !== 'string')
  assert.equal(sessions.begin(request(session), 12, slices), 'INVALID_FETCH_SESSION_EPOCH')
  assert.ok(typeof sessions.begin(request({ sessionId, sessionEpoch: 2 }), 12, slices) !== 'string')
})

test('all sessions together keep so many partitions: who comes with more goes without a session, and one that grows beyond ends', () => {
  const sessions = newSessions(10, { now: 0 }, 4)
  const two: Named = [
    ['a', 0],
    ['a', 1],
  ]
  const first = opened(sessions, two)
  const second = opened(sessions, [['b', 0]])
  assert.ok(first.sessionId !== 0 && second.sessionId !== 0)
  assert.deepEqual([opened(sessions, two).sessionId, sessions.size], [0, 2])
  const grow = request({ sessionId: first.sessionId, sessionEpoch: 1, ask: two })
  assert.equal(sessions.begin(grow, 12, slices), 'FETCH_SESSION_ID_NOT_FOUND')
  const again = opened(sessions, two)
  assert.notEqual(again.sessionId, 0, 'what ended takes no place any more')
  const forget = request({ sessionId: again.sessionId, sessionEpoch: 1, forget: two })
  assert.ok(typeof sessions.begin(forget, 12, slices) !== 'string')
  assert.notEqual(opened(sessions, two).sessionId, 0, 'nor what was forgotten')
})

const slices = new Slices(new ManualClock())

type Begun = ReturnType<FetchSessions['begin']>

/** Short requests are begun at once. */
function isFetching(begun: Begun): begun is Fetching {
  return typeof begun !== 'string' && !(begun instanceof Promise)
}

type Named = [topic: string, partition: number][]

function newSessions(slots = 10, clock = { now: 0 }, mostPartitions?: number): FetchSessions {
  let seed = 0
  const random = { next: () => (seed = (seed + 0.137) % 1), bytes: (length: number) => new Uint8Array(length) }
  const nothing = () => {}
  return new FetchSessions(
    slots,
    { now: () => clock.now, monotonic: () => clock.now, after: () => ({ cancel: nothing }), soon: nothing },
    random,
    mostPartitions,
  )
}

function opened(sessions: FetchSessions, ask: Named) {
  const context = sessions.begin(request({ sessionId: 0, sessionEpoch: 0, ask }), 12, slices)
  assert.ok(isFetching(context))
  return context.context
}

interface Asked {
  sessionId: number
  sessionEpoch: number
  ask?: Named
  forget?: Named
  fetchOffset?: number
  isolationLevel?: number
}

function request({ sessionId, sessionEpoch, ask = [], forget = [], fetchOffset = 0, isolationLevel = 0 }: Asked): FetchRequest {
  const partition = { currentLeaderEpoch: -1, fetchOffset, lastFetchedEpoch: -1, logStartOffset: -1, partitionMaxBytes: 1000 }
  return {
    sessionId,
    sessionEpoch,
    isolationLevel,
    maxBytes: 1000,
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    topics: ask.map(([topic, index]) => ({ topic, topicId: ZERO_UUID, partitions: [{ partition: index, ...partition }] })),
    forgottenTopicsData: forget.map(([topic, index]) => ({ topic, topicId: ZERO_UUID, partitions: [index] })),
  } as unknown as FetchRequest
}
