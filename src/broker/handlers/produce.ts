// Produce (API 0): validate each batch, append it in the order it came, answer when it is as safe as the client asked. A request is validated
// and appended in this turn of the event loop, unless that would hold up everybody else.

import { Slots } from '../../base/slots.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Offload } from '../../platform/offload.ts'
import type { Slices } from '../../platform/slices.ts'
import { api } from '../../protocol/api.ts'
import type { Aside } from '../../protocol/compression/index.ts'
import { errorCode, KafkaError } from '../../protocol/errors.ts'
import type { ProduceRequest, ProduceResponse } from '../../protocol/messages/produce.ts'
import { HEADER_SIZE, RecordBatch } from '../../protocol/records/batch.ts'
import { InvalidBatch, type ValidatedBatch, validateIfQuick, validateLater } from '../../protocol/records/validate.ts'
import type { Input, Item as ItemOf } from '../../protocol/schema.ts'
import type { Partition, RequiredAcks } from '../../replication/partition.ts'
import type { BatchRulebook } from '../batch-rules.ts'
import type { Handler, RequestContext } from '../handler.ts'
import type { LeaderHints } from '../leader-hints.ts'
import { type Asked, askedInSlices, distinct, type Item, producerOf, type Topic } from '../produce-items.ts'
import { type Line, ProduceOrder } from '../produce-order.ts'
import type { Topics } from '../topics.ts'
import { TurnedAway } from '../turned-away.ts'
import { requireNoEarlyGap } from '../young-leader.ts'

type PartitionAnswer = ItemOf<ItemOf<Input<ProduceResponse>['responses']>['partitionResponses']>
interface TopicAnswer {
  readonly name: string
  readonly topicId: string
  readonly partitionResponses: readonly PartitionAnswer[]
}
/** What one batch is answered with, once `done` resolves where there is something to wait for. */
interface Outcome {
  readonly answer: PartitionAnswer & { readonly index: number }
  readonly done: Promise<void> | undefined
}

/** One request while its batches are appended. */
interface Call {
  readonly request: ProduceRequest
  readonly acks: RequiredAcks
  readonly context: RequestContext
  readonly asked: readonly Topic[]
  readonly items: readonly Item[]
  /** The lines of its producers; null where nobody looked yet. */
  readonly producers: readonly Line[] | null
  /** Those of the first items, in their order. */
  readonly outcomes: Outcome[]
  /** How many bytes may still come out of compressed payloads. */
  room: number
  /** A partition is led elsewhere: the answer says where. */
  isMisplaced: boolean
}

const TOPIC_IDS_SINCE = 13
/** An answer from the wrong broker names the right one (KIP-951). */
const LEADERS_TOLD_SINCE = 10
const NOT_LEADER = errorCode('NOT_LEADER_OR_FOLLOWER')
const ACKS: ReadonlyMap<number, RequiredAcks> = new Map([
  [0, 'none'],
  [1, 'leader'],
  [-1, 'all'],
])

/** Compressed payloads of one request may hold this much, and this many times the size of its batches; beyond both a single one is a bomb, too. */
const ALWAYS_OPENED = 64 * 1024 * 1024
const LARGEST_RATIO = 200
/** Answers for so many topics are put together in one go. */
const FEW = 1000
/** Each may hold a thread of Node's pool, which has four, and its opened payload in memory; the disk needs threads, too. */
const COSTLY_AT_A_TIME = 2

export interface ProduceRooms {
  readonly topics: Topics
  readonly rules: BatchRulebook
  readonly clock: Clock
  readonly offload: Offload
  /** Takes room for a batch on the partition's disk, or throws. */
  readonly takeRoom: (partition: Partition, bytes: number) => void
  /** Missing: who asks the wrong broker finds the right one by Metadata. */
  readonly hints?: LeaderHints
}

export function produce({
  topics,
  rules,
  clock,
  offload,
  takeRoom,
  hints,
}: ProduceRooms): Handler<ProduceRequest, ProduceResponse> {
  const order = new ProduceOrder()
  const slots = new Slots(COSTLY_AT_A_TIME)
  const turnedAway = new TurnedAway(clock)
  const pause = () => new Promise<void>((resolve) => clock.soon(resolve))
  /** Those that are about to be handled. */
  const prepared = new Map<ProduceRequest, Asked>()
  const aside: Aside = { pause, run: (work) => offload.run(work) }

  return {
    api: api('Produce'),

    async prepare(request, { slices }) {
      prepared.set(request, await askedInSlices(request, slices))
    },

    handle(request, context) {
      const asked = prepared.size > 0 ? prepared.get(request) : undefined
      if (asked) prepared.delete(request)
      const acks = ACKS.get(request.acks)
      if (!acks) throw new KafkaError('INVALID_REQUIRED_ACKS', `acks is ${request.acks}; 0, 1 and -1 (all) are allowed`)
      const call = asked ? preparedCall(request, acks, context, asked) : callOf(request, acks, context)
      if (order.isIdle || !order.isTaken(linesOf(call))) appendNow(call)
      return answered(call)
    },

    refuse: (request, error) => ({
      responses: request.topicData.map(({ name, topicId, partitionData }) => ({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index }) => failure(index, error, -1)),
      })),
    }),
  }

  // Apart from what comes before: an asynchronous function costs by its size, for every request.
  async function answered(call: Call): Promise<Input<ProduceResponse> | null> {
    const { asked, acks, context, items, outcomes } = call
    if (outcomes.length < items.length) await order.run(linesOf(call), () => appendInTurns(call))
    const answers: PartitionAnswer[] = []
    for (const { answer, done } of outcomes) {
      while (outcomes.length > FEW && context.slices.isOverAt(answers.length)) await context.slices.turn()
      try {
        if (done) await done
        answers.push(answer)
      } catch (thrown) {
        const error = context.answerFor(thrown)
        if (error.error === 'NOT_LEADER_OR_FOLLOWER') call.isMisplaced = true
        answers.push(failure(answer.index, error, -1))
      }
    }
    const told = responsesOf(asked, answers, context.slices)
    const responses = told instanceof Promise ? await told : told
    if (acks === 'none') return silence(responses, context)
    return call.isMisplaced && hints && context.version >= LEADERS_TOLD_SINCE
      ? withLeaders(responses, hints, context)
      : { responses }
  }

  /** Appends as many batches as this turn has time for, until one comes that takes long by itself. */
  function appendNow(call: Call): void {
    const { items, outcomes } = call
    const { slices } = call.context
    while (outcomes.length < items.length) {
      const outcome = appendIfQuick(items[outcomes.length]!, call)
      if (outcome === null) return
      outcomes.push(outcome)
      if (items.length > 1 && slices.isOver) return
    }
  }

  async function appendInTurns(call: Call): Promise<void> {
    const { items, outcomes } = call
    const { slices } = call.context
    while (outcomes.length < items.length) {
      const before = outcomes.length
      appendNow(call)
      if (outcomes.length === before) await appendLater(items[before]!, call)
      while (slices.isOver && outcomes.length < items.length) await slices.turn()
    }
  }

  /** Null, with nothing done, where the batch takes long to look at. From the checks to the append nobody else has a turn. */
  function appendIfQuick(item: Item, call: Call): Outcome | null {
    let partition: Partition | null = null
    try {
      partition = partitionFor(item, call)
      if (partition.moving) return null
      const batchRules = rules.of(partition.log.config, call.context.version)
      const valid = validateIfQuick(recordsOf(item, call), batchRules, clock.now(), call.room)
      return valid && append(valid, partition, item, call)
    } catch (thrown) {
      return refused(thrown, item, partition, call)
    }
  }

  // The partition may have gone or changed its leader meanwhile: the append itself looks again.
  async function appendLater(item: Item, call: Call): Promise<void> {
    let partition: Partition | null = null
    try {
      partition = partitionFor(item, call)
      const batchRules = rules.of(partition.log.config, call.context.version)
      const records = recordsOf(item, call)
      const valid = await slots.run(() => validateLater(records, batchRules, clock, call.room, aside))
      while (partition.moving) await partition.moving // into another log directory
      call.outcomes.push(append(valid, partition, item, call)) // nobody waits for the acknowledgement here
    } catch (thrown) {
      call.outcomes.push(refused(thrown, item, partition, call))
    }
  }

  function refused(thrown: unknown, item: Item, partition: Partition | null, call: Call): Outcome {
    const error = call.context.answerFor(thrown)
    if (error.error === 'NOT_LEADER_OR_FOLLOWER') call.isMisplaced = true
    turnedAway.note(call.context.connectionId, item, error)
    return { answer: failure(item.data.index, error, startOffsetFor(thrown, partition)), done: undefined }
  }

  function partitionFor({ topic, data }: Item, { context }: Call): Partition {
    const name = context.version >= TOPIC_IDS_SINCE ? topics.nameOf(topic.topicId) : topic.name
    if (!context.may('Write', { type: 'Topic', name })) throw new KafkaError('TOPIC_AUTHORIZATION_FAILED')
    const topicId = context.version >= TOPIC_IDS_SINCE ? topic.topicId : undefined
    const partition = topics.partition(name, data.index, topicId, 'UNKNOWN_TOPIC_ID')
    if (topics.isInternal(name))
      throw new KafkaError('INVALID_TOPIC_EXCEPTION', `${name} is internal; only coordinators write it`)
    partition.requireLeader() // before anything of the batch is looked at, as in Kafka
    return partition
  }

  function append(
    { batch, logAppendTimeMs, decompressedBytes }: ValidatedBatch,
    partition: Partition,
    item: Item,
    call: Call,
  ): Outcome {
    const { acks, request, context } = call
    turnedAway.requireNothingBefore(context.connectionId, item, batch, partition.log.producers)
    requireNoEarlyGap(batch, partition)
    call.room -= decompressedBytes
    takeRoom(partition, batch.sizeInBytes)
    const { baseOffset, lastOffset, appendTime, isDuplicate } = partition.appendAsLeader(batch, acks)
    const answer = {
      index: item.data.index,
      errorCode: 0,
      baseOffset,
      logAppendTimeMs: isDuplicate ? appendTime : logAppendTimeMs,
      logStartOffset: partition.startOffset,
    }
    const done = partition.acknowledged(lastOffset + 1, acks, request.timeoutMs)
    if (call.items.length > 1) done?.catch(() => {}) // it may fail while another one is waited for; its turn comes
    return { answer, done }
  }
}

function callOf(request: ProduceRequest, acks: RequiredAcks, context: RequestContext): Call {
  const asked = distinct(request.topicData)
  const items: Item[] = []
  let size = 0
  for (const topic of asked) {
    for (const data of topic.partitionData) {
      items.push({ topic, data })
      size += data.records?.length ?? 0
    }
  }
  return { request, acks, context, asked, items, producers: null, outcomes: [], room: roomFor(size), isMisplaced: false }
}

function preparedCall(request: ProduceRequest, acks: RequiredAcks, context: RequestContext, its: Asked): Call {
  const { topics, items, producers, sizeInBytes } = its
  return { request, acks, context, asked: topics, items, producers, outcomes: [], room: roomFor(sizeInBytes), isMisplaced: false }
}

/** How many bytes may come out of compressed payloads. */
const roomFor = (sizeInBytes: number) => ALWAYS_OPENED + LARGEST_RATIO * sizeInBytes

function recordsOf({ data: { records } }: Item, { request }: Call): Uint8Array {
  if (records === null) throw new KafkaError('INVALID_RECORD', 'the records are null')
  refuseTransactional(records, request.transactionalId)
  return records
}

/** The connection, and every producer with an id: it may have come back on another connection. */
function linesOf({ producers, items, context }: Call): Line[] {
  const lines: Line[] = [context.connectionId]
  if (producers) for (const line of producers) lines.push(line)
  else
    for (const item of items) {
      const line = producerOf(item.data)
      if (line !== null) lines.push(line)
    }
  return lines
}

function responsesOf(
  topics: readonly Topic[],
  answers: readonly PartitionAnswer[],
  slices: Slices,
): readonly TopicAnswer[] | Promise<readonly TopicAnswer[]> {
  let at = 0
  const answer = ({ name, topicId, partitionData }: Topic) => ({
    name,
    topicId,
    partitionResponses: answers.slice(at, (at += partitionData.length)),
  })
  return topics.length > FEW ? slices.map(topics, answer) : topics.map(answer)
}

/** With where each partition is led that is not led here, and how those brokers are reached (KIP-951). */
function withLeaders(responses: readonly TopicAnswer[], hints: LeaderHints, context: RequestContext): Input<ProduceResponse> {
  const leaders = new Set<number>()
  const told = responses.map((topic) => ({
    ...topic,
    partitionResponses: topic.partitionResponses.map((answer) => {
      if (answer.errorCode !== NOT_LEADER) return answer
      const currentLeader = hints.leaderOf(topic.name, topic.topicId, answer.index ?? -1)
      leaders.add(currentLeader.leaderId)
      return { ...answer, currentLeader }
    }),
  }))
  return { responses: told, nodeEndpoints: hints.endpoints(leaders, context) }
}

// Transactions are not served yet (docs/limits.md): such a batch must not enter the log as if it were a plain one.
function refuseTransactional(bytes: Uint8Array, transactionalId: string | null): void {
  if (bytes.length < HEADER_SIZE || !new RecordBatch(bytes).isTransactional) return
  if (transactionalId === null)
    throw new KafkaError('TRANSACTIONAL_ID_AUTHORIZATION_FAILED', 'a transactional batch without a transactional id')
  throw new KafkaError('UNSUPPORTED_VERSION', 'transactions are not supported yet; see docs/limits.md')
}

/** With acks=0 there is no answer; a failure is told by closing the connection, as Kafka does. */
function silence(responses: readonly TopicAnswer[], context: RequestContext): null {
  let wrong: PartitionAnswer | undefined
  for (const { partitionResponses } of responses) wrong ??= partitionResponses.find(({ errorCode }) => errorCode !== 0)
  if (wrong) context.disconnect(`a Produce with acks=0 failed with error ${wrong.errorCode} on partition ${wrong.index}`)
  return null
}

// Kafka tells the log start offset with the errors that it finds while looking at records, and -1 with those before.
function startOffsetFor(thrown: unknown, partition: Partition | null): number {
  if (!partition) return -1
  if (thrown instanceof InvalidBatch) return thrown.insideRecords ? partition.startOffset : -1
  const told: readonly string[] = ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'INVALID_PRODUCER_EPOCH']
  return thrown instanceof KafkaError && told.includes(thrown.error) ? partition.startOffset : -1
}

function failure(index: number, error: KafkaError, logStartOffset: number): Outcome['answer'] {
  const invalid = error instanceof InvalidBatch ? error : null
  return {
    index,
    errorCode: error.code,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset,
    recordErrors: (invalid?.recordErrors ?? []).map(({ batchIndex, message }) => ({
      batchIndex,
      batchIndexErrorMessage: message,
    })),
    errorMessage: invalid?.isTold ? error.message : null,
  }
}
