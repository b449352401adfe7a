// Fetch (API 1): batches from the log as they are, a long poll where there is too little, sessions that name only what changed.

import type { Clock } from '../../platform/clock.ts'
import { api } from '../../protocol/api.ts'
import { errorCode, KafkaError } from '../../protocol/errors.ts'
import type { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import type { Input, Item } from '../../protocol/schema.ts'
import type { Partition } from '../../replication/partition.ts'
import { type FetchContext, type FetchedPartition, type FetchSessions, TOPIC_IDS_SINCE } from '../fetch-sessions.ts'
import type { Handler, RequestContext } from '../handler.ts'
import type { Topics } from '../topics.ts'

type PartitionAnswer = Item<Item<Input<FetchResponse>['responses']>['partitions']>

/** One partition's part of an answer while it is put together. */
interface Found {
  readonly key: string
  readonly asked: FetchedPartition
  readonly answer: PartitionAnswer
  readonly sizeInBytes: number
  readonly failed: boolean
  /** False for what does not exist, or may not be seen: Kafka answers those last. */
  readonly isKnown: boolean
  readonly partition: Partition | null
  readonly seenHighWatermark: number
  /** The log's size when it ended at the high watermark; else less than any, since it is not known where in it the watermark lay. */
  readonly seenLogSize: number
  release(): void
}

export interface FetchRooms {
  readonly topics: Topics
  readonly sessions: FetchSessions
  readonly clock: Clock
  /** `fetch.max.bytes` of the broker: no answer is larger, but for one whole first batch. */
  readonly maxBytes: number
}

const READ_UNCOMMITTED = 0
const READ_COMMITTED = 1
/** A consumer that reads as if it were a debugging tool; Kafka treats it as a consumer. */
const DEBUGGING_REPLICA = -2

export function fetch({ topics, sessions, clock, maxBytes }: FetchRooms): Handler<FetchRequest, FetchResponse> {
  return {
    api: api('Fetch'),

    async handle(request, context) {
      if (request.isolationLevel !== READ_UNCOMMITTED && request.isolationLevel !== READ_COMMITTED) {
        throw new KafkaError(
          'UNKNOWN_SERVER_ERROR',
          `isolation level ${request.isolationLevel}; 0 is read_uncommitted, 1 read_committed`,
        )
      }
      const fetching = sessions.begin(request, context.version)
      if (typeof fetching === 'string') return { errorCode: errorCode(fetching), responses: [] }
      const found = await enough(request, fetching, context)
      context.onSent(() => releaseAll(found))
      for (const { key, sizeInBytes } of found) if (sizeInBytes > 0) sessions.moveBack(fetching, key)
      return { sessionId: fetching.sessionId, responses: group(answered(fetching, found)) }
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
  async function enough(request: FetchRequest, fetching: FetchContext, context: RequestContext): Promise<Found[]> {
    const deadline = clock.monotonic() + request.maxWaitMs
    for (;;) {
      const found = await readAll(request, fetching, context)
      const size = found.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0)
      const waitMs = deadline - clock.monotonic()
      const done = size >= request.minBytes || waitMs <= 0 || found.length === 0 || found.some(({ failed }) => failed)
      if (done || context.gone.aborted || tellsMore(fetching, found)) return found
      releaseAll(found)
      await change(found, request.minBytes - size, waitMs, context)
    }
  }

  async function readAll(request: FetchRequest, { partitions }: FetchContext, context: RequestContext): Promise<Found[]> {
    const found: Found[] = []
    let left = Math.min(request.maxBytes, maxBytes)
    let empty = true
    for (const [key, asked] of partitions) {
      const one = await readOne(key, asked, request, context, left, empty)
      found.push(one)
      left = Math.max(0, left - one.sizeInBytes)
      if (one.sizeInBytes > 0) empty = false
    }
    return found
  }

  async function readOne(
    key: string,
    asked: FetchedPartition,
    request: FetchRequest,
    context: RequestContext,
    left: number,
    isFirst: boolean,
  ): Promise<Found> {
    let partition: Partition
    try {
      const topic = context.version >= TOPIC_IDS_SINCE ? topics.nameOf(asked.topicId) : asked.topic
      if (!context.may('Read', { type: 'Topic', name: topic })) throw new KafkaError('TOPIC_AUTHORIZATION_FAILED')
      partition = topics.partition(topic, asked.index)
    } catch (thrown) {
      return failed(key, asked, failure(asked.index, KafkaError.of(thrown), []), false)
    }
    try {
      requireReadable(partition, asked, request)
      const readCommitted = request.isolationLevel === READ_COMMITTED
      const diverging = divergence(partition, asked)
      const bound = readCommitted ? partition.lastStableOffset : partition.highWatermark
      const { highWatermark, lastStableOffset, startOffset, log } = partition
      const seenLogSize = highWatermark === log.endOffset ? log.sizeInBytes : Number.NEGATIVE_INFINITY
      const size = Math.min(left, asked.maxBytes)
      const wanted = !diverging && bound > asked.fetchOffset && (size > 0 || isFirst)
      const read = wanted ? await partition.readFor(asked.fetchOffset, size, readCommitted, isFirst) : NOTHING
      const upTo = read.nextOffset ?? asked.fetchOffset
      return {
        key,
        asked,
        partition,
        failed: diverging !== null,
        isKnown: true,
        sizeInBytes: read.sizeInBytes,
        seenHighWatermark: highWatermark,
        seenLogSize,
        release: () => read.release(),
        answer: {
          partitionIndex: asked.index,
          errorCode: 0,
          highWatermark,
          lastStableOffset,
          logStartOffset: startOffset,
          abortedTransactions: readCommitted ? partition.log.producers.abortedTransactions(asked.fetchOffset, upTo) : null,
          ...(diverging ? { divergingEpoch: diverging } : {}),
          records: read.views,
        },
      }
    } catch (thrown) {
      return failed(key, asked, failure(asked.index, KafkaError.of(thrown), null), true)
    }
  }

  // Resolves when some partition has grown by about `missing` bytes, changed its leader, or the time is up.
  function change(found: readonly Found[], missing: number, waitMs: number, { gone }: RequestContext): Promise<void> {
    return new Promise((resolve) => {
      const stops: (() => void)[] = []
      const finish = () => {
        for (const stop of stops) stop()
        resolve()
      }
      const look = () => {
        if (hasGrown(found, missing)) finish()
      }
      const timer = clock.after(waitMs, finish)
      stops.push(() => timer.cancel())
      gone.addEventListener('abort', finish, { once: true })
      stops.push(() => gone.removeEventListener('abort', finish))
      for (const { partition } of found) if (partition) stops.push(partition.watch(look))
      look()
    })
  }
}

const NOTHING = { views: [] as readonly Uint8Array[], sizeInBytes: 0, nextOffset: undefined, release() {} }

function hasGrown(found: readonly Found[], missing: number): boolean {
  let grown = 0
  for (const { partition, seenHighWatermark, seenLogSize, answer } of found) {
    if (!partition) continue
    if (!partition.isLeader || partition.startOffset !== answer.logStartOffset) return true // segments may be gone: sizes say nothing
    if (partition.highWatermark !== seenHighWatermark) grown += Math.max(1, partition.log.sizeInBytes - seenLogSize)
  }
  return grown >= missing && grown > 0
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

/** Where the reader's history and ours part (KIP-595): it must truncate there first. Null where they agree. */
function divergence(partition: Partition, { lastFetchedEpoch, fetchOffset }: FetchedPartition) {
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

function failed(key: string, asked: FetchedPartition, answer: PartitionAnswer, isKnown: boolean): Found {
  return {
    key,
    asked,
    answer,
    isKnown,
    sizeInBytes: 0,
    failed: true,
    partition: null,
    seenHighWatermark: -1,
    seenLogSize: 0,
    release() {},
  }
}

function releaseAll(found: readonly Found[]): void {
  for (const one of found) one.release()
}

/** A session's client learns of a moved high watermark without waiting for bytes. */
function tellsMore({ incremental }: FetchContext, found: readonly Found[]): boolean {
  return (
    incremental &&
    found.some((one) => one.answer.highWatermark !== one.asked.toldHighWatermark && one.asked.toldHighWatermark >= 0)
  )
}

/** What goes out: in an incremental answer only what is new; what was told is remembered. */
function* answered({ incremental }: FetchContext, found: readonly Found[]): Generator<Found> {
  for (const one of [...found.filter(({ isKnown }) => isKnown), ...found.filter(({ isKnown }) => !isKnown)]) {
    const { answer, asked } = one
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

function group(found: Iterable<Found>) {
  const responses: { topic: string; topicId: string; partitions: PartitionAnswer[] }[] = []
  for (const { asked, answer } of found) {
    const last = responses.at(-1)
    if (last && last.topic === asked.topic && last.topicId === asked.topicId) last.partitions.push(answer)
    else responses.push({ topic: asked.topic, topicId: asked.topicId, partitions: [answer] })
  }
  return responses
}
