// Produce (API 0): validate each batch, append it in this turn of the event loop, answer when it is as safe as the client asked.

import type { Clock } from '../../platform/clock.ts'
import { api } from '../../protocol/api.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { ProduceRequest, ProduceResponse } from '../../protocol/messages/produce.ts'
import { HEADER_SIZE, RecordBatch } from '../../protocol/records/batch.ts'
import { InvalidBatch, validateBatch } from '../../protocol/records/validate.ts'
import type { Input, Item } from '../../protocol/schema.ts'
import type { Partition, RequiredAcks } from '../../replication/partition.ts'
import type { BatchRulebook } from '../batch-rules.ts'
import type { Handler, RequestContext } from '../handler.ts'
import type { Topics } from '../topics.ts'

type PartitionAnswer = Item<Item<Input<ProduceResponse>['responses']>['partitionResponses']>
interface TopicAnswer {
  readonly name: string
  readonly topicId: string
  readonly partitionResponses: readonly PartitionAnswer[]
}
type PartitionData = ProduceRequest['topicData'][number]['partitionData'][number]

const TOPIC_IDS_SINCE = 13
const ACKS: ReadonlyMap<number, RequiredAcks> = new Map([
  [0, 'none'],
  [1, 'leader'],
  [-1, 'all'],
])

export interface ProduceRooms {
  readonly topics: Topics
  readonly rules: BatchRulebook
  readonly clock: Clock
  /** Takes room for a batch on the partition's disk, or throws. */
  readonly takeRoom: (partition: Partition, bytes: number) => void
}

export function produce({ topics, rules, clock, takeRoom }: ProduceRooms): Handler<ProduceRequest, ProduceResponse> {
  return {
    api: api('Produce'),

    async handle(request, context) {
      const acks = ACKS.get(request.acks)
      if (!acks) throw new KafkaError('INVALID_REQUIRED_ACKS', `acks is ${request.acks}; 0, 1 and -1 (all) are allowed`)
      const appending = distinct(request).map((topic) => ({
        name: topic.name,
        topicId: topic.topicId,
        partitionResponses: topic.partitionData.map((data) => appendOne(topic, data, acks, request, context)),
      }))
      const responses: TopicAnswer[] = []
      for (const topic of appending) {
        const partitionResponses: PartitionAnswer[] = []
        for (const answer of topic.partitionResponses) partitionResponses.push(answer instanceof Promise ? await answer : answer)
        responses.push({ ...topic, partitionResponses })
      }
      return acks === 'none' ? silence(responses, context) : { responses }
    },

    refuse: (request, error) => ({
      responses: request.topicData.map(({ name, topicId, partitionData }) => ({
        name,
        topicId,
        partitionResponses: partitionData.map(({ index }) => failure(index, error, -1)),
      })),
    }),
  }

  // Everything up to the append happens without a pause, so no other append comes between check and write.
  function appendOne(
    topic: { name: string; topicId: string },
    data: PartitionData,
    acks: RequiredAcks,
    request: ProduceRequest,
    context: RequestContext,
  ): PartitionAnswer | Promise<PartitionAnswer> {
    let partition: Partition | null = null
    try {
      const name = context.version >= TOPIC_IDS_SINCE ? topics.nameOf(topic.topicId) : topic.name
      if (!context.may('Write', { type: 'Topic', name })) throw new KafkaError('TOPIC_AUTHORIZATION_FAILED')
      partition = topics.partition(name, data.index)
      if (topics.isInternal(name))
        throw new KafkaError('INVALID_TOPIC_EXCEPTION', `${name} is internal; only coordinators write it`)
      const bytes = data.records
      if (bytes === null) throw new KafkaError('INVALID_RECORD', 'the records are null')
      refuseTransactional(bytes, request.transactionalId)
      const { batch, logAppendTimeMs } = validateBatch(bytes, rules.of(partition.log.config, context.version), clock.now())
      takeRoom(partition, batch.sizeInBytes)
      const { baseOffset, lastOffset, appendTime, isDuplicate } = partition.appendAsLeader(batch, acks)
      const answer = {
        index: data.index,
        errorCode: 0,
        baseOffset,
        logAppendTimeMs: isDuplicate ? appendTime : logAppendTimeMs,
        logStartOffset: partition.startOffset,
      }
      const waiting = partition.acknowledged(lastOffset + 1, acks, request.timeoutMs)
      return waiting
        ? waiting.then(
            () => answer,
            (thrown) => failure(data.index, KafkaError.of(thrown), -1),
          )
        : answer
    } catch (thrown) {
      return failure(data.index, KafkaError.of(thrown), startOffsetFor(thrown, partition))
    }
  }
}

/** Names and partitions that come twice count once, the last time (as Kafka keeps them in a map). */
function distinct({ topicData }: ProduceRequest): ProduceRequest['topicData'] {
  if (topicData.length === 1 && topicData[0]!.partitionData.length === 1) return topicData
  const byTopic = new Map<string, { topic: ProduceRequest['topicData'][number]; partitions: Map<number, PartitionData> }>()
  for (const topic of topicData) {
    const key = topic.name || topic.topicId
    let entry = byTopic.get(key)
    if (!entry) byTopic.set(key, (entry = { topic, partitions: new Map() }))
    for (const data of topic.partitionData) entry.partitions.set(data.index, data)
  }
  return [...byTopic.values()]
    .filter(({ partitions }) => partitions.size > 0)
    .map(({ topic, partitions }) => ({ ...topic, partitionData: [...partitions.values()] }))
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
  const wrong = responses.flatMap((topic) => topic.partitionResponses).find(({ errorCode }) => errorCode !== 0)
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

function failure(index: number, error: KafkaError, logStartOffset: number): PartitionAnswer {
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
