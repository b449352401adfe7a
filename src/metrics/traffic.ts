// Bytes and records in and out, of all topics and of each, read off the requests and answers of Produce and Fetch.

import type { FetchRequest, FetchResponse } from '../protocol/messages/fetch.ts'
import type { ProduceRequest, ProduceResponse } from '../protocol/messages/produce.ts'
import type { Input } from '../protocol/schema.ts'

/** Places of the counters of one topic. */
export const BYTES_IN = 0
export const BYTES_OUT = 1
export const MESSAGES_IN = 2
export const PRODUCES = 3
export const FETCHES = 4
export const FAILED_PRODUCES = 5
export const FAILED_FETCHES = 6
export const BYTES_REJECTED = 7
const COUNTERS = 8

/** Where a record batch says how many records it holds, and the least that must be there for that. */
const RECORD_COUNT_AT = 57
const BATCH_HEADER = 61
const MESSAGE_TOO_LARGE = 10

/** Hears how each partition of a request ended. */
export type Ended = (errorCode: number) => void

export class Traffic {
  readonly all = new Float64Array(COUNTERS)
  /** Given to followers. */
  replicationBytesOut = 0
  readonly #byTopic = new Map<string, Float64Array>()
  readonly #nameOf: (topicId: string) => string | undefined
  readonly #exists: (topic: string) => boolean

  /** Both are asked of names that clients give, so that only topics that exist take memory here. */
  constructor(nameOf: (topicId: string) => string | undefined, exists: (topic: string) => boolean) {
    this.#nameOf = nameOf
    this.#exists = exists
  }

  get topics(): ReadonlyMap<string, Float64Array> {
    return this.#byTopic
  }

  forget(topic: string): void {
    this.#byTopic.delete(topic)
  }

  #of(name: string, topicId: string): Float64Array | null {
    const topic = name === '' ? (this.#nameOf(topicId) ?? '') : name
    const known = this.#byTopic.get(topic)
    if (known) return known
    if (!this.#exists(topic)) return null
    const counts = new Float64Array(COUNTERS)
    this.#byTopic.set(topic, counts)
    return counts
  }

  /** `answer` is null with acks=0. What the answer does not tell in the order of the request (names that came twice) is not counted. */
  produced({ topicData }: ProduceRequest, answer: Input<ProduceResponse> | null, ended: Ended): void {
    for (let i = 0; i < topicData.length; i++) {
      const { name, topicId, partitionData } = topicData[i]!
      const told = answer?.responses?.[i]?.partitionResponses
      const counts = this.#of(name, topicId)
      for (let j = 0; j < partitionData.length; j++) {
        const { index, records } = partitionData[j]!
        const one = told?.[j]
        if (answer !== null && one?.index !== index) continue
        const errorCode = one?.errorCode ?? 0
        ended(errorCode)
        count(this.all, records, errorCode)
        if (counts) count(counts, records, errorCode)
      }
    }
  }

  /** Whether a follower asked. */
  isFollower(request: FetchRequest): boolean {
    return request.replicaId >= 0 || request.replicaState.replicaId >= 0
  }

  fetched(request: FetchRequest, answer: Input<FetchResponse>, ended: Ended): void {
    const isFollower = this.isFollower(request)
    for (const { topic = '', topicId = '', partitions = [] } of answer.responses ?? []) {
      const counts = this.#of(topic, topicId)
      for (const { errorCode = 0, records } of partitions) {
        ended(errorCode)
        const bytes = sizeOf(records)
        if (isFollower) this.replicationBytesOut += bytes
        else {
          give(this.all, bytes, errorCode)
          if (counts) give(counts, bytes, errorCode)
        }
      }
    }
  }
}

function count(counts: Float64Array, records: Uint8Array | null, errorCode: number): void {
  counts[PRODUCES]!++
  const size = records?.length ?? 0
  if (errorCode === 0) {
    counts[BYTES_IN]! += size
    counts[MESSAGES_IN]! += records === null || size < BATCH_HEADER ? 0 : recordCount(records)
    return
  }
  counts[FAILED_PRODUCES]!++
  if (errorCode === MESSAGE_TOO_LARGE) counts[BYTES_REJECTED]! += size
}

function give(counts: Float64Array, bytes: number, errorCode: number): void {
  counts[FETCHES]!++
  counts[BYTES_OUT]! += bytes
  if (errorCode !== 0) counts[FAILED_FETCHES]!++
}

function recordCount(batch: Uint8Array): number {
  const at = RECORD_COUNT_AT
  return ((batch[at]! << 24) | (batch[at + 1]! << 16) | (batch[at + 2]! << 8) | batch[at + 3]!) >>> 0
}

/** Records are one array of bytes, or several views that follow each other. */
function sizeOf(records: Uint8Array | readonly Uint8Array[] | null | undefined): number {
  if (!records) return 0
  if (records instanceof Uint8Array) return records.length
  let size = 0
  for (const view of records) size += view.length
  return size
}
