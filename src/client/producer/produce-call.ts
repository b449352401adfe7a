// One Produce request of several batches, and what its answer says of each.

import { ZERO_UUID } from '../../base/uuid.ts'
import type { Exchange } from '../../net/peer.ts'
import { ProduceRequest, ProduceResponse } from '../../protocol/messages/produce.ts'
import type { Input } from '../../protocol/schema.ts'
import type { BrokerInfo, LeaderHint, Metadata } from '../cluster/metadata.ts'
import type { ProducerBatch } from './batch.ts'

export const PRODUCE: Exchange<ProduceRequest, ProduceResponse> = { request: ProduceRequest, response: ProduceResponse }

/** From then on topics are named by their ids. */
const FIRST_WITH_TOPIC_IDS = 13
/** The last one that does not add partitions to a transaction by itself (KIP-890). */
const LAST_BEFORE_IMPLICIT_ADD = 11

export interface ProduceSettings {
  readonly acks: -1 | 0 | 1
  readonly timeoutMs: number
  readonly transactionalId: string | null
  /** Partitions were added to the transaction by requests of their own. */
  readonly isExplicitlyAdded: boolean
}

/** What a broker says of one batch. */
export interface BatchAnswer {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly baseOffset: number
  readonly logAppendTimeMs: number
  /** Records that are to blame, by their place in the batch. */
  readonly recordErrors: ReadonlyMap<number, string | null>
  readonly leader: LeaderHint | null
}

export class ProduceCall {
  readonly batches: readonly ProducerBatch[]
  readonly #settings: ProduceSettings
  readonly #topicIds = new Map<string, string>()

  constructor(batches: readonly ProducerBatch[], metadata: Metadata, settings: ProduceSettings) {
    this.batches = batches
    this.#settings = settings
    for (const { topic } of batches) this.#topicIds.set(topic, metadata.topics.get(topic)?.id ?? ZERO_UUID)
  }

  /** The newest version that can say it. */
  get maxVersion(): number {
    if (this.#settings.transactionalId !== null && this.#settings.isExplicitlyAdded) return LAST_BEFORE_IMPLICIT_ADD
    const areKnown = [...this.#topicIds.values()].every((id) => id !== ZERO_UUID)
    return areKnown ? Number.POSITIVE_INFINITY : FIRST_WITH_TOPIC_IDS - 1
  }

  body(version: number): Input<ProduceRequest> {
    const { acks, timeoutMs, transactionalId } = this.#settings
    const topics = new Map<string, { index: number; records: Uint8Array }[]>()
    for (const batch of this.batches) {
      const partitionData = topics.get(batch.topic) ?? []
      partitionData.push({ index: batch.partition, records: batch.bytes() })
      topics.set(batch.topic, partitionData)
    }
    const topicData = [...topics].map(([name, partitionData]) =>
      version < FIRST_WITH_TOPIC_IDS ? { name, partitionData } : { topicId: this.#topicIds.get(name)!, partitionData },
    )
    return { transactionalId, acks, timeoutMs, topicData }
  }

  /** What the answer says of each batch; undefined for one that it does not mention. */
  answers({ responses }: ProduceResponse): (batch: ProducerBatch) => BatchAnswer | undefined {
    const names = new Map([...this.#topicIds].map(([name, id]) => [id, name]))
    const byTopic = new Map<string | undefined, Map<number, BatchAnswer>>()
    for (const { name, topicId, partitionResponses } of responses) {
      const topic = name === '' ? names.get(topicId) : name
      const byPartition = byTopic.get(topic) ?? new Map<number, BatchAnswer>()
      byTopic.set(topic, byPartition)
      for (const answer of partitionResponses) byPartition.set(answer.index, batchAnswer(answer))
    }
    return ({ topic, partition }) => byTopic.get(topic)?.get(partition)
  }
}

/** Brokers that the answer tells of, for who is sent elsewhere (KIP-951). */
export function endpointsOf({ nodeEndpoints }: ProduceResponse): BrokerInfo[] {
  return nodeEndpoints.map(({ nodeId, host, port, rack }) => ({ id: nodeId, host, port, rack }))
}

type PartitionResponse = ProduceResponse['responses'][number]['partitionResponses'][number]

const NOBODY: BatchAnswer['recordErrors'] = new Map()

function byPlaceInBatch(recordErrors: PartitionResponse['recordErrors']): BatchAnswer['recordErrors'] {
  return new Map(recordErrors.map(({ batchIndex, batchIndexErrorMessage }) => [batchIndex, batchIndexErrorMessage]))
}

function batchAnswer(answer: PartitionResponse): BatchAnswer {
  const { errorCode, errorMessage, baseOffset, logAppendTimeMs, recordErrors, currentLeader } = answer
  return {
    errorCode,
    errorMessage,
    baseOffset,
    logAppendTimeMs,
    recordErrors: recordErrors.length === 0 ? NOBODY : byPlaceInBatch(recordErrors),
    leader: currentLeader.leaderId < 0 ? null : currentLeader,
  }
}
