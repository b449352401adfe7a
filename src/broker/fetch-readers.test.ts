import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, settle, TOPIC_ID } from '../../test/support/log-world.ts'
import { ReplicationWorld } from '../../test/support/replication-world.ts'
import { Slices } from '../platform/slices.ts'
import { errorCode, KafkaError } from '../protocol/errors.ts'
import type { FetchRequest } from '../protocol/messages/fetch.ts'
import type { Partition } from '../replication/partition.ts'
import { selectorFor } from '../replication/replica-selector.ts'
import { AnswerMemory } from './answer-memory.ts'
import { FetchSessions } from './fetch-sessions.ts'
import type { RequestContext } from './handler.ts'
import { fetch } from './handlers/fetch.ts'
import type { LeaderHints } from './leader-hints.ts'
import type { Topics } from './topics.ts'

const RACK_AWARE = 'org.apache.kafka.common.replica.RackAwareReplicaSelector'

interface Question {
  readonly fetchOffset?: number
  readonly lastFetchedEpoch?: number
  readonly currentLeaderEpoch?: number
  readonly replicaId?: number
  readonly logStartOffset?: number
  readonly maxWaitMs?: number
  readonly session?: readonly [id: number, epoch: number]
  readonly names?: boolean
  readonly rackId?: string
}

function rig(world: ReplicationWorld, partition: Partition, memory = new AnswerMemory(1 << 26, world.clock)) {
  const { clock } = world
  const topics = { partition: () => partition, nameOf: () => 't' } as unknown as Topics
  const hints = {
    leaderOf: () => ({ leaderId: partition.role.leaderId, leaderEpoch: partition.role.leaderEpoch }),
    endpoints: (ids: Set<number>) => [...ids].map((nodeId) => ({ nodeId, host: 'there', port: 9092, rack: null })),
  } as unknown as LeaderHints
  const handler = fetch({
    topics,
    sessions: new FetchSessions(10, clock, world.random),
    clock,
    maxBytes: 1 << 20,
    memory,
    replicaMemory: new AnswerMemory(1 << 26, clock),
    readers: { selector: selectorFor(RACK_AWARE, world.links.brokers), leaderQuota: null },
    hints,
  })
  const context = {
    version: 18,
    may: () => true,
    onSent: (run: () => void) => run(),
    gone: new AbortController().signal,
    slices: new Slices(clock),
    answerFor: (thrown: unknown) => KafkaError.of(thrown),
    disconnect() {},
  } as unknown as RequestContext
  return async (question: Question) => {
    const { fetchOffset = 0, lastFetchedEpoch = -1, currentLeaderEpoch = 5, replicaId = -1, maxWaitMs = 0 } = question
    const asked = {
      partition: 0,
      currentLeaderEpoch,
      fetchOffset,
      lastFetchedEpoch,
      logStartOffset: question.logStartOffset ?? 0,
      partitionMaxBytes: 1 << 20,
    }
    const [sessionId, sessionEpoch] = question.session ?? [0, -1]
    const request = {
      replicaId: -1,
      replicaState: { replicaId, replicaEpoch: replicaId * 10 },
      maxWaitMs,
      minBytes: 1,
      maxBytes: 1 << 20,
      isolationLevel: 0,
      sessionId,
      sessionEpoch,
      topics: question.names === false ? [] : [{ topic: '', topicId: TOPIC_ID, partitions: [asked] }],
      forgottenTopicsData: [],
      rackId: question.rackId ?? '',
    } as unknown as FetchRequest
    const answer = await handler.handle(request, context)
    const data = answer?.responses?.[0]?.partitions?.[0]
    const records = data?.records as readonly Uint8Array[] | Uint8Array | undefined
    const sizeInBytes =
      records instanceof Uint8Array ? records.length : (records ?? []).reduce((sum, { length }) => sum + length, 0)
    return { sessionId: answer?.sessionId ?? 0, data, sizeInBytes, nodeEndpoints: answer?.nodeEndpoints ?? [] }
  }
}

async function led() {
  const world = new ReplicationWorld()
  const partition = await world.led()
  return { world, partition, ask: rig(world, partition) }
}

test('a follower is given all there is, a consumer what is committed; by fetching on, followers commit it', async () => {
  const { partition, ask } = await led()
  partition.appendAsLeader(batchOf(['a']), 'leader')
  await settle()
  assert.ok((await ask({ replicaId: 2 })).sizeInBytes > 0)
  assert.equal((await ask({})).sizeInBytes, 0)
  for (const replicaId of [2, 3]) await ask({ replicaId, fetchOffset: 1, lastFetchedEpoch: 5 })
  assert.equal(partition.highWatermark, 1)
  assert.ok((await ask({})).sizeInBytes > 0)
})

test('a held fetch of a follower is let go by records; that more is committed goes with its next answer', async () => {
  const { world, partition, ask } = await led()
  partition.appendAsLeader(batchOf(['a']), 'leader')
  await settle()
  const first = await ask({ replicaId: 2, fetchOffset: 1, lastFetchedEpoch: 5, session: [0, 0] })
  await ask({ replicaId: 3, fetchOffset: 0, session: [0, 0] })
  const session = [first.sessionId, 1] as const
  let isAnswered = false
  const held = ask({ replicaId: 2, names: false, maxWaitMs: 500, session })
  void held.then(() => (isAnswered = true))
  await settle()
  await ask({ replicaId: 3, fetchOffset: 1, lastFetchedEpoch: 5 })
  await settle()
  assert.deepEqual([partition.highWatermark, isAnswered], [1, false])
  await world.clock.advance(500)
  const late = await held
  assert.deepEqual([late.data?.highWatermark, late.sizeInBytes], [1, 0])
  const next = ask({ replicaId: 2, names: false, maxWaitMs: 500, session: [first.sessionId, 2] })
  await settle()
  partition.appendAsLeader(batchOf(['b']), 'leader')
  assert.ok((await next).sizeInBytes > 0)
})

test('a held fetch of a follower is let go when the log start moved, once, so that DeleteRecords waits for no fetch to run out', async () => {
  const { world, partition, ask } = await led()
  partition.appendAsLeader(batchOf(['a']), 'leader')
  await settle()
  const asOf = (replicaId: number) => ({ replicaId, fetchOffset: 1, lastFetchedEpoch: 5, maxWaitMs: 500 })
  const sessions = new Map<number, number>()
  for (const id of [2, 3]) sessions.set(id, (await ask({ ...asOf(id), maxWaitMs: 0, session: [0, 0] })).sessionId)
  const held = [2, 3].map((id) => ask({ replicaId: id, names: false, maxWaitMs: 500, session: [sessions.get(id)!, 1] }))
  await settle()
  const { lowWatermark } = await partition.deleteBefore(1, 400)
  const told = await Promise.all(held)
  assert.deepEqual(
    told.map(({ data }) => data?.logStartOffset),
    [1, 1],
  )
  let answers = 0
  const follow = (id: number) =>
    ask({ ...asOf(id), logStartOffset: 1, session: [sessions.get(id)!, 2] }).then(() => void answers++)
  const next = [2, 3].map(follow)
  await settle()
  assert.deepEqual([await lowWatermark, answers], [1, 0], 'what was told is no news again')
  await world.clock.advance(500)
  await Promise.all(next)
})

test('a session in which nothing is new answers nothing at all', async () => {
  const { ask } = await led()
  const { sessionId } = await ask({ replicaId: 2, session: [0, 0] })
  assert.equal((await ask({ replicaId: 2, names: false, session: [sessionId, 1] })).data, undefined)
})

test('where histories part, a follower is told so, and its position counts for nothing', async () => {
  const { partition, ask } = await led()
  for (const value of ['a', 'b']) partition.appendAsLeader(batchOf([value]), 'leader')
  await settle()
  partition.become({ leaderId: 1, leaderEpoch: 8, partitionEpoch: 1, replicas: [1, 2, 3], isr: [1, 2, 3] })
  const { data, sizeInBytes } = await ask({ replicaId: 2, fetchOffset: 7, lastFetchedEpoch: 5, currentLeaderEpoch: 8 })
  assert.deepEqual([data?.errorCode, data?.divergingEpoch, sizeInBytes], [0, { epoch: 5, endOffset: 2 }, 0])
  assert.equal(partition.leadership!.follower(2)!.endOffset, -1)
})

test('other epochs than ours are refused, and a held fetch ends with the leadership and names the new leader', async () => {
  const { partition, ask } = await led()
  const errorOf = async (question: Question) => (await ask(question)).data?.errorCode
  assert.equal(await errorOf({ replicaId: 2, currentLeaderEpoch: 4 }), errorCode('FENCED_LEADER_EPOCH'))
  assert.equal(await errorOf({ replicaId: 2, currentLeaderEpoch: 6 }), errorCode('UNKNOWN_LEADER_EPOCH'))
  assert.equal(await errorOf({ replicaId: 4 }), errorCode('UNKNOWN_LEADER_EPOCH'))
  const held = ask({ replicaId: 2, maxWaitMs: 500 })
  await settle()
  partition.become({ leaderId: 2, leaderEpoch: 6, partitionEpoch: 1, replicas: [1, 2, 3], isr: [1, 2, 3] })
  const { data, nodeEndpoints } = await held
  assert.deepEqual([data?.errorCode, data?.currentLeader], [errorCode('FENCED_LEADER_EPOCH'), { leaderId: 2, leaderEpoch: 6 }])
  assert.deepEqual(nodeEndpoints, [{ nodeId: 2, host: 'there', port: 9092, rack: null }])
})

test('a follower that lies about where it is commits nothing: beyond the end, before the start, of an epoch that never was, of an earlier life, no replica', async () => {
  const { world, partition, ask } = await led()
  for (const value of ['a', 'b', 'c']) partition.appendAsLeader(batchOf([value]), 'leader')
  await settle()
  // Node 3 has everything: what is committed depends on what node 2 says alone.
  await ask({ replicaId: 3, fetchOffset: 3, lastFetchedEpoch: 5 })
  const errorOf = async (question: Question) => (await ask({ replicaId: 2, ...question })).data?.errorCode
  const lies: [Question, string][] = [
    [{ fetchOffset: 4 }, 'OFFSET_OUT_OF_RANGE'],
    [{ fetchOffset: 2 ** 53 - 1 }, 'OFFSET_OUT_OF_RANGE'],
    [{ fetchOffset: -1 }, 'OFFSET_OUT_OF_RANGE'],
    [{ fetchOffset: 3, lastFetchedEpoch: 6 }, 'OFFSET_OUT_OF_RANGE'],
    [{ fetchOffset: 3, currentLeaderEpoch: 4 }, 'FENCED_LEADER_EPOCH'],
    [{ fetchOffset: 3, currentLeaderEpoch: 6 }, 'UNKNOWN_LEADER_EPOCH'],
    [{ fetchOffset: 3, replicaId: 7 }, 'UNKNOWN_LEADER_EPOCH'],
    [{ fetchOffset: 3, replicaId: 1 }, 'UNKNOWN_LEADER_EPOCH'],
  ]
  for (const [question, error] of lies) assert.equal(await errorOf(question), errorCode(error as never), JSON.stringify(question))
  // More than there is, in an epoch that there is: where the two part is ours to say.
  assert.deepEqual((await ask({ replicaId: 2, fetchOffset: 9, lastFetchedEpoch: 5 })).data?.divergingEpoch, {
    epoch: 5,
    endOffset: 3,
  })
  assert.equal(partition.highWatermark, 0)
  const follower = { startOffset: 0, leaderEndOffset: 3, at: world.clock.monotonic() }
  partition.fetchedBy(2, { ...follower, offset: 2, brokerEpoch: 20 })
  assert.throws(() => partition.fetchedBy(2, { ...follower, offset: 3, brokerEpoch: 19 }), /broker epoch 19, and with 20 before/)
  assert.equal(partition.highWatermark, 2)
  // Going back is believed of the follower, and takes nothing back from anybody else.
  partition.fetchedBy(2, { ...follower, offset: 0, brokerEpoch: 20 })
  assert.equal(partition.highWatermark, 2)
})

test('a consumer is sent to the replica in its rack, which serves it up to what it knows to be committed', async () => {
  const { world, partition, ask } = await led()
  world.racks.set(1, 'a').set(2, 'b').set(3, 'c')
  partition.appendAsLeader(batchOf(['x']), 'leader')
  await settle()
  const preferred = async (rackId: string) => (await ask({ rackId })).data?.preferredReadReplica ?? -1
  assert.equal(await preferred('b'), -1, 'nobody knows how far it is')
  for (const replicaId of [2, 3]) await ask({ replicaId, fetchOffset: 1, lastFetchedEpoch: 5 })
  assert.deepEqual([await preferred('b'), await preferred('a'), await preferred('z'), await preferred('')], [2, -1, -1, -1])
  world.active.delete(2)
  assert.equal(await preferred('b'), -1, 'its broker is not there')
  partition.become({ leaderId: 2, leaderEpoch: 6, partitionEpoch: 1, replicas: [1, 2, 3], isr: [1, 2, 3] })
  assert.ok((await ask({ currentLeaderEpoch: 6, rackId: 'a' })).sizeInBytes > 0)
})

test('clients that do not take their answers hold no follower up', async () => {
  const world = new ReplicationWorld()
  const partition = await world.led()
  const memory = new AnswerMemory(1000, world.clock)
  memory.open(() => {}).take(1000)
  const ask = rig(world, partition, memory)
  partition.appendAsLeader(batchOf(['a']), 'leader')
  await settle()
  for (const replicaId of [2, 3]) {
    assert.ok((await ask({ replicaId })).sizeInBytes > 0)
    await ask({ replicaId, fetchOffset: 1, lastFetchedEpoch: 5 })
  }
  assert.equal(partition.highWatermark, 1)
})
