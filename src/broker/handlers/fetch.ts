// Fetch (API 1): batches from the log as they are, a long poll where there is too little, sessions that name only what changed.

import type { LogRead } from '../../log/log.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Slices } from '../../platform/slices.ts'
import { api } from '../../protocol/api.ts'
import { errorCode, KafkaError } from '../../protocol/errors.ts'
import type { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import type { Input, Item } from '../../protocol/schema.ts'
import type { Partition } from '../../replication/partition.ts'
import type { AnswerMemory, Loan } from '../answer-memory.ts'
import { type FetchedPartition, type Fetching, type FetchSessions, type Seen, TOPIC_IDS_SINCE } from '../fetch-sessions.ts'
import type { Handler, RequestContext } from '../handler.ts'
import type { Topics } from '../topics.ts'

type PartitionAnswer = Item<Item<Input<FetchResponse>['responses']>['partitions']>

/** One partition's part of an answer while it is put together. */
interface Found {
  readonly asked: FetchedPartition
  readonly answer: PartitionAnswer
  readonly sizeInBytes: number
  readonly failed: boolean
  /** False for what does not exist, or may not be seen: Kafka answers those last. */
  readonly isKnown: boolean
  release(): void
}

/** One request on its way. */
interface Call {
  readonly request: FetchRequest
  readonly context: RequestContext
  readonly fetching: Fetching
  readonly loan: Loan
  /** By partition, in the order in which they were first looked at. */
  readonly found: Map<FetchedPartition, Found>
}

export interface FetchRooms {
  readonly topics: Topics
  readonly sessions: FetchSessions
  readonly clock: Clock
  /** `fetch.max.bytes` of the broker: no answer is larger, but for one whole first batch. */
  readonly maxBytes: number
  readonly memory: AnswerMemory
}

const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
/** Answers for so many partitions are put together in one go. */
const FEW = 1000
/** A consumer that reads as if it were a debugging tool; Kafka treats it as a consumer. */
const DEBUGGING_REPLICA = -2

export function fetch({ topics, sessions, clock, maxBytes, memory }: FetchRooms): Handler<FetchRequest, FetchResponse> {
  return {
    api: api('Fetch'),

    async handle(request, context) {
      if (request.isolationLevel !== READ_UNCOMMITTED && request.isolationLevel !== READ_COMMITTED) {
        throw new KafkaError(
          'UNKNOWN_SERVER_ERROR',
          `isolation level ${request.isolationLevel}; 0 is read_uncommitted, 1 read_committed`,
        )
      }
      const { slices } = context
      const beginning = sessions.begin(request, context.version, slices)
      const fetching = beginning instanceof Promise ? await beginning : beginning
      if (typeof fetching === 'string') return { errorCode: errorCode(fetching), responses: [] }
      const loan = memory.open((why) => context.disconnect(why))
      const call: Call = { request, context, fetching, loan, found: new Map() }
      context.onSent(() => {
        letGo(call)
        loan.close()
      })
      const { sessionId } = fetching.context
      try {
        await findEnough(call)
      } finally {
        if (sessionId === 0) fetching.context.end()
      }
      for (const { asked, sizeInBytes } of call.found.values()) if (sizeInBytes > 0) fetching.context.moveBack(asked)
      loan.leaves()
      return { sessionId, responses: call.found.size > FEW ? await groupInSlices(answered(call), slices) : group(answered(call)) }
    },

    refuse: (request, error) => ({
      errorCode: error.code,
      responses: request.topics.map(({ topic, topicId, partitions }) => ({
        topic,
        topicId,
        partitions: partitions.map(({ partition }) => failure(partition, error, [])),
      })),
    }),
  }

  // Reads, and while it is too little waits for changes and reads again. Partitions in error answer at once.
  async function findEnough(call: Call): Promise<void> {
    const { request, context } = call
    const minBytes = Math.min(request.minBytes, request.maxBytes, maxBytes)
    const deadline = clock.monotonic() + request.maxWaitMs
    for (;;) {
      const seen = await readAll(call)
      const waitMs = deadline - clock.monotonic()
      const isEmpty = call.fetching.context.partitions.size === 0
      if (seen.sizeInBytes >= minBytes || waitMs <= 0 || isEmpty || seen.failed || context.gone.aborted) return
      letGo(call)
      call.loan.close()
      await growth(call, minBytes - seen.sizeInBytes, waitMs)
      if (context.gone.aborted) return
    }
  }

  /** Looks at every partition that may have something new. */
  async function readAll(call: Call): Promise<{ sizeInBytes: number; failed: boolean }> {
    const { request, found, context } = call
    const { slices } = context
    let left = Math.min(request.maxBytes, maxBytes)
    let sizeInBytes = 0
    let failed = false
    let count = 0
    for (const asked of [...call.fetching.context.active]) {
      const reading = readOne(asked, call, left, sizeInBytes === 0)
      const one = reading instanceof Promise ? await reading : reading
      found.set(asked, one)
      left = Math.max(0, left - one.sizeInBytes)
      sizeInBytes += one.sizeInBytes
      failed ||= one.failed
      while (slices.isOverAt(count)) await slices.turn()
      count++
    }
    return { sizeInBytes, failed }
  }

  // No promise is made where there is nothing to read, which is true of most partitions most of the time.
  function readOne(asked: FetchedPartition, call: Call, left: number, isFirst: boolean): Found | Promise<Found> {
    const { request, context, fetching } = call
    asked.seen = null
    let partition: Partition
    try {
      const topic = context.version >= TOPIC_IDS_SINCE ? topics.nameOf(asked.topicId) : asked.topic
      if (!context.may('Read', { type: 'Topic', name: topic })) throw new KafkaError('TOPIC_AUTHORIZATION_FAILED')
      partition = topics.partition(topic, asked.index)
    } catch (thrown) {
      return failed(asked, failure(asked.index, context.answerFor(thrown), []), false)
    }
    try {
      requireReadable(partition, asked, request)
      const diverging = divergence(partition, asked)
      const readCommitted = request.isolationLevel === READ_COMMITTED
      const bound = readCommitted ? partition.lastStableOffset : partition.highWatermark
      asked.seen = seen(partition)
      if (diverging || bound <= asked.fetchOffset) {
        if (!diverging) fetching.context.rest(asked)
        return nothing(asked, partition, readCommitted, diverging)
      }
      const size = Math.min(left, asked.maxBytes)
      if (size === 0 && !isFirst) return nothing(asked, partition, readCommitted, null)
      return read(asked, partition, call, size, isFirst)
    } catch (thrown) {
      return failed(asked, failure(asked.index, context.answerFor(thrown), null), true)
    }
  }

  async function read(asked: FetchedPartition, partition: Partition, call: Call, size: number, isFirst: boolean): Promise<Found> {
    const readCommitted = call.request.isolationLevel === READ_COMMITTED
    const { loan, context } = call
    let taken = loan.take(Math.max(1, size))
    if (taken === 0 && isFirst) taken = await loan.takeInTurn(Math.max(1, size))
    let found: LogRead | null = null
    try {
      if (taken === 0) return nothing(asked, partition, readCommitted, null)
      const told = heading(asked, partition, readCommitted)
      const reading = await partition.readFor(asked.fetchOffset, Math.min(size, taken), readCommitted, isFirst)
      found = reading
      const { views, sizeInBytes, nextOffset } = reading
      const abortedTransactions = readCommitted
        ? partition.log.producers.abortedTransactions(asked.fetchOffset, nextOffset)
        : null
      loan.settle(taken, sizeInBytes)
      taken = 0
      const answer = { ...told, abortedTransactions, records: views }
      return { asked, answer, sizeInBytes, failed: false, isKnown: true, release: () => reading.release() }
    } catch (thrown) {
      found?.release()
      return failed(asked, failure(asked.index, context.answerFor(thrown), null), true)
    } finally {
      if (taken > 0) loan.settle(taken, 0)
    }
  }

  // Resolves when partitions have grown by about `missing` bytes, one has changed its leader, or the time is up.
  function growth({ fetching: { context }, context: { gone } }: Call, missing: number, waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      let grown = 0
      const counted = new Map<FetchedPartition, number>()
      const stops: (() => void)[] = []
      const finish = () => {
        for (const stop of stops.splice(0)) stop()
        resolve()
      }
      const count = (asked: FetchedPartition) => {
        const bytes = asked.seen ? grownBy(asked.seen) : Number.POSITIVE_INFINITY
        if (bytes === Number.POSITIVE_INFINITY) return finish()
        grown += bytes - (counted.get(asked) ?? 0)
        counted.set(asked, bytes)
        if (grown >= missing && grown > 0) finish()
      }
      const follow = (asked: FetchedPartition) => {
        if (asked.seen) stops.push(asked.seen.partition.watch(() => count(asked)))
        count(asked)
      }
      const timer = clock.after(waitMs, finish)
      stops.push(() => timer.cancel())
      gone.addEventListener('abort', finish, { once: true })
      stops.push(() => gone.removeEventListener('abort', finish))
      const following = context.followers.add(follow)
      stops.push(() => following.remove())
      for (const asked of [...context.active]) follow(asked)
    })
  }
}

function seen(partition: Partition): Seen {
  const { highWatermark, startOffset, log } = partition
  const logSize = highWatermark === log.endOffset ? log.sizeInBytes : Number.NEGATIVE_INFINITY
  return { partition, highWatermark, startOffset, logSize }
}

function grownBy({ partition, highWatermark, startOffset, logSize }: Seen): number {
  if (!partition.isLeader || partition.startOffset !== startOffset) return Number.POSITIVE_INFINITY // segments may be gone: sizes say nothing
  return partition.highWatermark === highWatermark ? 0 : Math.max(1, partition.log.sizeInBytes - logSize)
}

/** Gives back what was read. */
function letGo({ found }: Call): void {
  for (const [asked, one] of found) {
    if (one.sizeInBytes === 0) continue
    found.delete(asked)
    one.release()
  }
}

function heading(asked: FetchedPartition, partition: Partition, readCommitted: boolean): PartitionAnswer {
  const { highWatermark, lastStableOffset, startOffset } = partition
  return {
    partitionIndex: asked.index,
    errorCode: 0,
    highWatermark,
    lastStableOffset,
    logStartOffset: startOffset,
    abortedTransactions: readCommitted ? [] : null,
    records: EMPTY,
  }
}

function nothing(asked: FetchedPartition, partition: Partition, readCommitted: boolean, diverging: EpochEnd | null): Found {
  const told = heading(asked, partition, readCommitted)
  const answer = diverging ? { ...told, divergingEpoch: diverging } : told
  return { asked, answer, failed: diverging !== null, isKnown: true, sizeInBytes: 0, release() {} }
}

function requireReadable(partition: Partition, asked: FetchedPartition, request: FetchRequest): void {
  const replicaId = request.replicaState.replicaId >= 0 ? request.replicaState.replicaId : request.replicaId
  if (replicaId >= 0 && replicaId !== DEBUGGING_REPLICA) {
    throw new KafkaError(
      'NOT_LEADER_OR_FOLLOWER',
      `node ${replicaId} holds no replica of ${partition.name} that fetches from here`,
    )
  }
  partition.requireLeader(asked.currentLeaderEpoch)
  if (asked.maxBytes < 0 || request.maxBytes < 0)
    throw new KafkaError('UNKNOWN_SERVER_ERROR', `a negative byte limit: ${asked.maxBytes}`)
  const { startOffset, log } = partition
  if (asked.fetchOffset < startOffset || asked.fetchOffset > log.endOffset) {
    throw new KafkaError(
      'OFFSET_OUT_OF_RANGE',
      `${partition.name} holds offsets ${startOffset} to ${log.endOffset}; asked for ${asked.fetchOffset}`,
    )
  }
}

interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

/** Where the reader's history and ours part (KIP-595): it must truncate there first. Null where they agree. */
function divergence(partition: Partition, { lastFetchedEpoch, fetchOffset }: FetchedPartition): EpochEnd | null {
  if (lastFetchedEpoch < 0) return null
  const { epoch, endOffset } = partition.log.endOffsetForEpoch(lastFetchedEpoch)
  if (epoch < 0) throw new KafkaError('OFFSET_OUT_OF_RANGE', `${partition.name} knows no epoch ${lastFetchedEpoch}`)
  return epoch < lastFetchedEpoch || endOffset < fetchOffset ? { epoch, endOffset } : null
}

function failure(index: number, error: KafkaError, abortedTransactions: [] | null): PartitionAnswer {
  return {
    partitionIndex: index,
    errorCode: error.code,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions,
    records: EMPTY,
  }
}

const EMPTY = new Uint8Array(0)

function failed(asked: FetchedPartition, answer: PartitionAnswer, isKnown: boolean): Found {
  return { asked, answer, isKnown, sizeInBytes: 0, failed: true, release() {} }
}

/** What goes out: in an incremental answer only what is new; what was told is remembered. */
function* answered({ fetching: { context, incremental }, found }: Call): Generator<Found> {
  for (const asked of incremental ? found.keys() : context.partitions.values()) {
    const one = found.get(asked)
    if (!one) continue
    const { answer } = one
    const isNews =
      one.failed ||
      one.sizeInBytes > 0 ||
      answer.highWatermark !== asked.toldHighWatermark ||
      answer.logStartOffset !== asked.toldStartOffset
    asked.toldHighWatermark = answer.highWatermark ?? -1
    asked.toldStartOffset = answer.logStartOffset ?? -1
    if (isNews || !incremental) yield one
  }
}

type Response = { topic: string; topicId: string; partitions: PartitionAnswer[] }

/** By topic, what is not known last. */
function group(found: Iterable<Found>): Response[] {
  const responses: Response[] = []
  let unknown: Found[] | null = null
  for (const one of found) {
    if (one.isKnown) put(one, responses)
    else if (unknown) unknown.push(one)
    else unknown = [one]
  }
  if (unknown) for (const one of unknown) put(one, responses)
  return responses
}

async function groupInSlices(found: Iterable<Found>, slices: Slices): Promise<Response[]> {
  const responses: Response[] = []
  const unknown: Found[] = []
  let seen = 0
  for (const one of found) {
    if (one.isKnown) put(one, responses)
    else unknown.push(one)
    while (slices.isOverAt(seen++)) await slices.turn()
  }
  await slices.each(unknown, (one) => put(one, responses))
  return responses
}

function put({ asked, answer }: Found, responses: Response[]): void {
  const last = responses.at(-1)
  if (last && last.topic === asked.topic && last.topicId === asked.topicId) last.partitions.push(answer)
  else responses.push({ topic: asked.topic, topicId: asked.topicId, partitions: [answer] })
}
