// Fetch (API 1): batches from the log as they are, a long poll where there is too little, sessions that name only what changed.

import type { LogRead } from '../../log/log.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Slices } from '../../platform/slices.ts'
import { api } from '../../protocol/api.ts'
import { errorCode, KafkaError } from '../../protocol/errors.ts'
import type { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import type { Input, Item } from '../../protocol/schema.ts'
import type { Partition } from '../../replication/partition.ts'
import type { EpochEnd } from '../../replication/truncation.ts'
import type { AnswerMemory, Loan } from '../answer-memory.ts'
import { type Reader, type ReaderRooms, readerOf, replicaIdOf } from '../fetch-readers.ts'
import { type FetchedPartition, type Fetching, type FetchSessions, type Seen, TOPIC_IDS_SINCE } from '../fetch-sessions.ts'
import { CLUSTER, type Handler, type RequestContext } from '../handler.ts'
import type { LeaderHints } from '../leader-hints.ts'
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
  readonly reader: Reader
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
  /** Of answers to followers; missing: they share that of clients. */
  readonly replicaMemory?: AnswerMemory
  /** Missing: consumers are sent to no other replica, and nothing is throttled. */
  readonly readers?: Omit<ReaderRooms, 'clock'>
  /** Missing: who asks the wrong broker finds the right one by Metadata. */
  readonly hints?: LeaderHints
}

const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
/** An answer from the wrong broker names the right one (KIP-951). */
const LEADERS_TOLD_SINCE = 16
const ALONE = { selector: null, leaderQuota: null }
/** Answers for so many partitions are put together in one go. */
const FEW = 1000

export function fetch({
  topics,
  sessions,
  clock,
  maxBytes,
  memory,
  replicaMemory = memory,
  readers = ALONE,
  hints,
}: FetchRooms): Handler<FetchRequest, FetchResponse> {
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
      const loan = (replicaIdOf(request) >= 0 ? replicaMemory : memory).open((why) => context.disconnect(why))
      const reader = readerOf(request, context.version, { ...readers, clock })
      const call: Call = { request, context, reader, fetching, loan, found: new Map() }
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
      if (context.gone.aborted) return { sessionId, responses: [] } // nobody hears it: what the session was told stays as it was
      for (const { asked, sizeInBytes } of call.found.values()) if (sizeInBytes > 0) fetching.context.moveBack(asked)
      loan.leaves()
      const responses = call.found.size > FEW ? await groupInSlices(answered(call), slices) : group(answered(call))
      return { sessionId, responses, nodeEndpoints: hints?.endpoints(leadersIn(responses), context) ?? [] }
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

  // Reads, and while it is too little waits for changes and reads again. Partitions in error answer at once, and so does a log start that moved.
  async function findEnough(call: Call): Promise<void> {
    const { request, context } = call
    const minBytes = Math.min(request.minBytes, request.maxBytes, maxBytes)
    const deadline = clock.monotonic() + request.maxWaitMs
    for (;;) {
      const seen = await readAll(call)
      const waitMs = deadline - clock.monotonic()
      const isEmpty = call.fetching.context.partitions.size === 0
      if (seen.sizeInBytes >= minBytes || waitMs <= 0 || isEmpty || seen.isDue || context.gone.aborted) return
      letGo(call)
      call.loan.close()
      await growth(call, minBytes - seen.sizeInBytes, waitMs)
      if (context.gone.aborted) return
    }
  }

  /** Looks at every partition that may have something new. */
  async function readAll(call: Call): Promise<{ sizeInBytes: number; isDue: boolean }> {
    const { request, found, context } = call
    const { slices } = context
    let left = Math.min(request.maxBytes, maxBytes)
    let sizeInBytes = 0
    let isDue = false
    let count = 0
    for (const asked of [...call.fetching.context.active]) {
      const reading = readOne(asked, call, left, sizeInBytes === 0)
      const one = reading instanceof Promise ? await reading : reading
      found.set(asked, one)
      left = Math.max(0, left - one.sizeInBytes)
      sizeInBytes += one.sizeInBytes
      isDue ||= one.failed || isStartNews(one, call.fetching)
      while (slices.isOverAt(count)) await slices.turn()
      count++
    }
    return { sizeInBytes, isDue }
  }

  // No promise is made where there is nothing to read, which is true of most partitions most of the time.
  function readOne(asked: FetchedPartition, call: Call, left: number, isFirst: boolean): Found | Promise<Found> {
    const { context, fetching, reader } = call
    asked.seen = null
    let partition: Partition
    try {
      partition = partitionFor(asked, call)
    } catch (thrown) {
      const error = context.answerFor(thrown)
      if (isAboutLeader(error)) return refused(asked, call, error)
      return failed(asked, failure(asked.index, error, []), false)
    }
    try {
      const diverging = reader.look(partition, asked)
      const bound = reader.bound(partition)
      asked.seen = seen(partition, reader.horizon(partition))
      if (diverging) return nothing(asked, partition, reader, { divergingEpoch: diverging })
      const preferredReadReplica = reader.preferredReplica(partition, asked)
      if (preferredReadReplica !== null) return nothing(asked, partition, reader, { preferredReadReplica })
      if (bound <= asked.fetchOffset) {
        if (mayRest(partition, fetching)) fetching.context.rest(asked)
        return nothing(asked, partition, reader)
      }
      const size = Math.min(left, asked.maxBytes)
      if ((size === 0 && !isFirst) || reader.isThrottled(partition)) return nothing(asked, partition, reader)
      return read(asked, partition, call, size, isFirst)
    } catch (thrown) {
      return refused(asked, call, thrown)
    }
  }

  function partitionFor(asked: FetchedPartition, { request, context }: Call): Partition {
    const usesIds = context.version >= TOPIC_IDS_SINCE
    const topic = usesIds ? topics.nameOf(asked.topicId) : asked.topic
    const isReplica = replicaIdOf(request) >= 0
    const isAllowed = isReplica ? context.may('ClusterAction', CLUSTER) : context.may('Read', { type: 'Topic', name: topic })
    if (!isAllowed) throw new KafkaError('TOPIC_AUTHORIZATION_FAILED')
    return topics.partition(topic, asked.index, usesIds ? asked.topicId : undefined)
  }

  function refused(asked: FetchedPartition, { context }: Call, thrown: unknown): Found {
    const error = context.answerFor(thrown)
    const answer = failure(asked.index, error, null)
    if (!hints || context.version < LEADERS_TOLD_SINCE || !isAboutLeader(error)) return failed(asked, answer, true)
    return failed(asked, { ...answer, currentLeader: hints.leaderOf(asked.topic, asked.topicId, asked.index) }, true)
  }

  async function read(asked: FetchedPartition, partition: Partition, call: Call, size: number, isFirst: boolean): Promise<Found> {
    const { loan, reader } = call
    let taken = loan.take(Math.max(1, size))
    if (taken === 0 && isFirst) taken = await loan.takeInTurn(Math.max(1, size))
    let found: LogRead | null = null
    try {
      if (taken === 0) return nothing(asked, partition, reader)
      const told = heading(asked, partition, reader)
      const reading = await reader.read(partition, asked.fetchOffset, Math.min(size, taken), isFirst)
      found = reading
      const { views, sizeInBytes, nextOffset } = reading
      const abortedTransactions = reader.readCommitted
        ? partition.log.producers.abortedTransactions(asked.fetchOffset, nextOffset)
        : null
      loan.settle(taken, sizeInBytes)
      taken = 0
      reader.sent(partition, sizeInBytes)
      const answer = { ...told, abortedTransactions, records: views }
      return { asked, answer, sizeInBytes, failed: false, isKnown: true, release: () => reading.release() }
    } catch (thrown) {
      found?.release()
      return refused(asked, call, thrown)
    } finally {
      if (taken > 0) loan.settle(taken, 0)
    }
  }

  // Resolves when partitions have grown by about `missing` bytes, one has changed its leader, or the time is up.
  function growth({ reader, fetching: { context }, context: { gone } }: Call, missing: number, waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      let grown = 0
      const counted = new Map<FetchedPartition, number>()
      const stops: (() => void)[] = []
      const finish = () => {
        for (const stop of stops.splice(0)) stop()
        resolve()
      }
      const count = (asked: FetchedPartition) => {
        const bytes = asked.seen ? grownBy(asked.seen, reader.horizon(asked.seen.partition)) : Number.POSITIVE_INFINITY
        if (bytes === Number.POSITIVE_INFINITY) return finish()
        grown += bytes - (counted.get(asked) ?? 0)
        counted.set(asked, bytes)
        if (grown >= missing && grown > 0) finish()
      }
      const follow = (asked: FetchedPartition) => {
        if (asked.seen) stops.push(reader.watch(asked.seen.partition, () => count(asked)))
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

function seen(partition: Partition, horizon: number): Seen {
  const { term, startOffset, log } = partition
  const logSize = horizon === log.endOffset ? log.sizeInBytes : Number.NEGATIVE_INFINITY
  return { partition, term, horizon, startOffset, logSize }
}

// Segments may be gone where the start moved: sizes say nothing then.
function grownBy({ partition, term, horizon, startOffset, logSize }: Seen, now: number): number {
  if (partition.term !== term || partition.startOffset !== startOffset) return Number.POSITIVE_INFINITY
  return now === horizon ? 0 : Math.max(1, partition.log.sizeInBytes - logSize)
}

/** Gives back what was read. */
function letGo({ found }: Call): void {
  for (const [asked, one] of found) {
    if (one.sizeInBytes === 0) continue
    found.delete(asked)
    one.release()
  }
}

function heading(asked: FetchedPartition, partition: Partition, { readCommitted }: Reader): PartitionAnswer {
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

/** An answer without records. What it says of another place to go on at is told at once. */
function nothing(
  asked: FetchedPartition,
  partition: Partition,
  reader: Reader,
  elsewhere: { readonly divergingEpoch?: EpochEnd; readonly preferredReadReplica?: number } | null = null,
): Found {
  const answer = { ...heading(asked, partition, reader), ...elsewhere }
  return { asked, answer, failed: elsewhere !== null, isKnown: true, sizeInBytes: 0, release() {} }
}

// A follower that is not in sync is looked at with each fetch: each may be the one that lets it join.
function mayRest({ leadership }: Partition, { context: { replicaId } }: Fetching): boolean {
  return replicaId < 0 || leadership?.isInSync(replicaId) === true
}

// DeleteRecords waits until every replica's log starts where the leader's does: a follower that hears of it only when its wait is over would take
// half a second. Without a session nobody knows what it was told before.
function isStartNews({ asked, answer }: Found, { context: { replicaId } }: Fetching): boolean {
  return replicaId >= 0 && asked.toldStartOffset >= 0 && (answer.logStartOffset ?? -1) > asked.toldStartOffset
}

/** What a client is told of the new leader with (KIP-951). */
function isAboutLeader({ error }: KafkaError): boolean {
  return error === 'NOT_LEADER_OR_FOLLOWER' || error === 'FENCED_LEADER_EPOCH'
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

function leadersIn(responses: readonly { readonly partitions: readonly PartitionAnswer[] }[]): Set<number> {
  const leaders = new Set<number>()
  for (const { partitions } of responses)
    for (const { currentLeader } of partitions) if (currentLeader) leaders.add(currentLeader.leaderId ?? -1)
  return leaders
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
