import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../../../test/support/manual-clock.ts'
import { ZERO_UUID } from '../../base/uuid.ts'
import { Slices } from '../../platform/slices.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { FetchRequest } from '../../protocol/messages/fetch.ts'
import type { Partition } from '../../replication/partition.ts'
import { Watchers } from '../../replication/purgatory.ts'
import { AnswerMemory } from '../answer-memory.ts'
import { FetchSessions } from '../fetch-sessions.ts'
import type { RequestContext } from '../handler.ts'
import type { Topics } from '../topics.ts'
import { fetch } from './fetch.ts'

const MB = 1 << 20
const settled = () => new Promise((resolve) => setImmediate(resolve))

/** A partition of records of a hundred bytes. */
class PretendPartition {
  readonly watchers = new Watchers()
  readonly isLeader = true
  readonly startOffset = 0
  highWatermark = 0
  releases = 0
  reads = 0
  watching = 0
  isDamaged = false

  get lastStableOffset() {
    return this.highWatermark
  }

  get log() {
    const abortedTransactions = () => {
      if (this.isDamaged) throw new KafkaError('KAFKA_STORAGE_ERROR', 'the index of transactions cannot be read')
      return []
    }
    return { endOffset: this.highWatermark, sizeInBytes: this.highWatermark * 100, producers: { abortedTransactions } }
  }

  requireLeader() {}

  requireReplica() {}

  watch(run: () => void) {
    const stop = this.watchers.add(run)
    this.watching++
    return () => {
      this.watching--
      stop()
    }
  }

  append(records: number) {
    this.highWatermark += records
    this.watchers.tell()
  }

  async readFor(from: number, maxBytes: number) {
    this.reads++
    const sizeInBytes = Math.min(maxBytes, (this.highWatermark - from) * 100)
    return {
      views: [new Uint8Array(sizeInBytes)],
      sizeInBytes,
      nextOffset: this.highWatermark,
      release: () => void this.releases++,
    }
  }
}

function rig(count: number) {
  const clock = new ManualClock()
  const partitions = Array.from({ length: count }, () => new PretendPartition())
  let lookups = 0
  const topics = {
    partition: (_: string, index: number) => {
      lookups++
      return partitions[index] as unknown as Partition
    },
  } as unknown as Topics
  const random = { next: () => 0.5, bytes: (length: number) => new Uint8Array(length) }
  const memory = new AnswerMemory(256 * MB, clock)
  const handler = fetch({ topics, sessions: new FetchSessions(10, clock, random), clock, maxBytes: 55 * MB, memory })
  const onSent: (() => void)[] = []
  const context = {
    version: 12,
    may: () => true,
    onSent: (run: () => void) => onSent.push(run),
    gone: new AbortController().signal,
    slices: new Slices(clock),
    answerFor: (thrown: unknown) => KafkaError.of(thrown),
    disconnect() {},
  } as unknown as RequestContext
  const ask = async (offsets: ReadonlyMap<number, number>, more: Partial<FetchRequest> = {}) => {
    const wanted = { currentLeaderEpoch: -1, lastFetchedEpoch: -1, logStartOffset: -1, partitionMaxBytes: MB }
    const asked = [...offsets].map(([partition, fetchOffset]) => ({ ...wanted, partition, fetchOffset }))
    const request = {
      replicaId: -1,
      replicaState: { replicaId: -1, replicaEpoch: -1 },
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 50 * MB,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{ topic: 't', topicId: ZERO_UUID, partitions: asked }],
      forgottenTopicsData: [],
      ...more,
    } as unknown as FetchRequest
    const answer = await handler.handle(request, context)
    const answered = (answer?.responses ?? []).flatMap((topic) => topic.partitions ?? []).map((partition) => partition!)
    return { sessionId: answer?.sessionId ?? 0, answered }
  }
  const sent = () => {
    for (const run of onSent.splice(0)) run()
  }
  return { clock, partitions, memory, ask, sent, looked: () => [lookups, (lookups = 0)][0]! }
}

const ends = (count: number) => new Map(Array.from({ length: count }, (_, index) => [index, 0]))

test('a session of ten thousand partitions looks only at those that changed', async () => {
  const { partitions, ask, looked } = rig(10_000)
  const { sessionId, answered } = await ask(ends(10_000), { sessionEpoch: 0 })
  assert.deepEqual([answered.length, looked()], [10_000, 10_000])
  assert.deepEqual([(await ask(new Map(), { sessionId, sessionEpoch: 1 })).answered.length, looked()], [0, 0])
  partitions[77]!.append(3)
  const next = await ask(new Map(), { sessionId, sessionEpoch: 2 })
  assert.deepEqual([next.answered.map(({ partitionIndex }) => partitionIndex), looked()], [[77], 1])
  const waiting = ask(new Map([[77, 3]]), { sessionId, sessionEpoch: 3, maxWaitMs: 1000 })
  await settled()
  partitions[4]!.append(1)
  assert.deepEqual(
    (await waiting).answered.map(({ partitionIndex }) => partitionIndex),
    [4],
  )
  assert.equal(looked(), 2)
})

test('fetch.min.bytes holds for sessions, too', async () => {
  const { clock, partitions, ask } = rig(3)
  const { sessionId } = await ask(ends(3), { sessionEpoch: 0 })
  let isAnswered = false
  const waiting = ask(new Map(), { sessionId, sessionEpoch: 1, minBytes: 1000, maxWaitMs: 60_000 })
  void waiting.then(() => (isAnswered = true))
  for (const append of [0, 1, 2, 0, 0]) {
    await clock.advance(100)
    partitions[append]!.append(1)
    await settled()
    assert.equal(isAnswered, false)
  }
  partitions[1]!.append(5)
  const { answered } = await waiting
  assert.equal(answered.length, 3)

  const late = ask(new Map([[0, 3]]), { sessionId, sessionEpoch: 2, minBytes: 5000, maxWaitMs: 500 })
  await settled()
  await clock.advance(600)
  assert.ok((await late).answered.length > 0, 'when the time is up it gets what there is')
})

test('fetch.min.bytes beyond what an answer may hold is met by a full answer', async () => {
  const { partitions, ask } = rig(1)
  partitions[0]!.append(10_000)
  const { answered } = await ask(ends(1), { minBytes: 2 * MB, maxBytes: 100_000, maxWaitMs: 60_000 })
  assert.equal(answered.length, 1)
})

test('what was read goes back once: after the answer, before reading again, and when the answer fails', async () => {
  const { clock, partitions, memory, ask, sent } = rig(2)
  const [first, second] = partitions as [PretendPartition, PretendPartition]
  first.append(5)
  const waiting = ask(ends(2), { minBytes: 2000, maxWaitMs: 1000 })
  await settled()
  assert.deepEqual([first.reads, first.releases, memory.usedBytes], [1, 1, 0])
  second.append(20)
  await waiting
  assert.deepEqual([first.reads, first.releases, memory.usedBytes], [2, 1, 2500])
  sent()
  assert.deepEqual([first.releases, second.releases, memory.usedBytes], [2, 1, 0])
  second.isDamaged = true
  const { answered } = await ask(ends(2), { isolationLevel: 1 })
  assert.equal(answered[1]!.errorCode, 56)
  sent()
  assert.deepEqual([second.reads, second.releases, memory.usedBytes], [2, 2, 0])
  await clock.advance(1)
})

test('nothing is watched for a request that is over', async () => {
  const { clock, partitions, ask } = rig(3)
  await ask(ends(3))
  const waiting = ask(ends(3), { maxWaitMs: 100 })
  await settled()
  assert.ok(partitions.every(({ watching }) => watching > 0))
  await clock.advance(200)
  await waiting
  assert.deepEqual(
    partitions.map(({ watching }) => watching),
    [0, 0, 0],
  )
})
