// The smallest Kafka client that tests need: one connection, any API in any version, and short words for what tests do most.

import { ByteReader, ByteWriter } from '../../src/base/bytes.ts'
import { type Caller, dial } from '../../src/net/dial.ts'
import { nodeClock } from '../../src/platform/node/clock.ts'
import { nodeNetwork } from '../../src/platform/node/network.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { errorName } from '../../src/protocol/errors.ts'
import { readResponseHeader, writeRequestHeader } from '../../src/protocol/header.ts'
import { CreateTopicsRequest, CreateTopicsResponse } from '../../src/protocol/messages/create-topics.ts'
import { DeleteTopicsRequest, DeleteTopicsResponse } from '../../src/protocol/messages/delete-topics.ts'
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/fetch.ts'
import {
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse,
} from '../../src/protocol/messages/incremental-alter-configs.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../src/protocol/messages/list-offsets.ts'
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/produce.ts'
import { batches } from '../../src/protocol/records/batch.ts'
import { type BatchFields, buildBatch } from '../../src/protocol/records/builder.ts'
import { codec, type Input, type Message } from '../../src/protocol/schema.ts'

const CALL_TIMEOUT_MS = 20_000
const ALTER_SET = 0
export const RESOURCE = { topic: 2, broker: 4 } as const
export const EARLIEST = -2
export const LATEST = -1

/** A record as tests look at it. */
export interface SeenRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

export type NewText = string | { readonly key?: string | null; readonly value: string | null; readonly timestamp?: number }

/** The first of the bootstrap servers. */
export function addressOf(bootstrapServers: string): { host: string; port: number } {
  const first = bootstrapServers.split(',')[0]!
  const colon = first.lastIndexOf(':')
  return { host: first.slice(0, colon), port: Number(first.slice(colon + 1)) }
}

/** A batch of texts; a bare text is a value without a key. */
export function batchOf(texts: readonly NewText[], fields: BatchFields = {}): Buffer {
  const now = Date.now()
  const records = texts.map((text) => {
    const { key = null, value, timestamp = now } = typeof text === 'string' ? { value: text } : text
    return { key: bytesOf(key), value: bytesOf(value), timestamp, headers: [] }
  })
  return buildBatch({ ...fields, records })
}

/** What tests ask, of one broker or of several. */
export interface KafkaCalls {
  readonly server: string
  call<Req, Res>(request: Message<Req>, response: Message<Res>, version: number, body: Input<Req>): Promise<Res>
  send(topic: string, partition: number, records: Uint8Array, options?: { acks?: number }): Promise<ProducedPartition>
  fetch(topic: string, partition: number, fetchOffset: number, options?: FetchOptions): Promise<FetchedPartition>
  /** ListOffsets, whatever it says. */
  askOffset(topic: string, timestamp: number, partition?: number): Promise<ListedOffset>
  offset(topic: string, timestamp: number, partition?: number): Promise<number>
  alterConfigs(type: keyof typeof RESOURCE, name: string, values: Record<string, string>): Promise<{ errorCode: number }>
  /** The leader epoch that the next request for this partition is meant for; -1 where nobody looks. */
  leaderEpochOf(topic: string, partition: number): Promise<number>
  /** A way to one server. */
  at(server: string): Promise<KafkaCalls>
  /** A way to the leader of a partition. */
  leader(topic: string, partition: number): Promise<KafkaCalls>
  close(): void
}

export interface FetchOptions {
  readonly maxWaitMs?: number
  readonly minBytes?: number
  readonly maxBytes?: number
  readonly partitionMaxBytes?: number
  readonly isolationLevel?: number
  readonly currentLeaderEpoch?: number
}

export type ProducedPartition = ProduceResponse['responses'][number]['partitionResponses'][number]
export type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]
export type ListedOffset = ListOffsetsResponse['topics'][number]['partitions'][number]

export class KafkaClient implements KafkaCalls {
  readonly #caller: Caller
  readonly #timeoutMs: number
  #correlationId = 0

  private constructor(caller: Caller, timeoutMs: number) {
    this.#caller = caller
    this.#timeoutMs = timeoutMs
  }

  /** `where` and the longest wait for an answer are other ones in simulation. */
  static async connect(
    bootstrapServers: string,
    where: Pick<Platform, 'network' | 'clock'> = { network: nodeNetwork(), clock: nodeClock() },
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<KafkaClient> {
    const options = { connectTimeoutMs: timeoutMs }
    return new KafkaClient(await dial(where.network, where.clock, addressOf(bootstrapServers), options), timeoutMs)
  }

  get isOpen(): boolean {
    return this.#caller.isOpen
  }

  /** host:port of the other end. */
  get server(): string {
    const { host, port } = this.#caller.remote
    return `${host}:${port}`
  }

  /** One connection leads to one broker. */
  async at(_server: string): Promise<this> {
    return this
  }

  async leader(_topic: string, _partition: number): Promise<this> {
    return this
  }

  async leaderEpochOf(_topic: string, _partition: number): Promise<number> {
    return -1
  }

  get closed(): Promise<void> {
    return this.#caller.closed
  }

  close(): void {
    this.#caller.close()
  }

  /** Sends a request and reads its answer. Rejects when the connection is lost. */
  async call<Req, Res>(request: Message<Req>, response: Message<Res>, version: number, body: Input<Req>): Promise<Res> {
    const correlationId = this.#correlationId++
    const { bytes } = await this.#caller.call(
      correlationId,
      this.#written(request, version, correlationId, body),
      this.#timeoutMs,
    )
    const from = new ByteReader(bytes)
    readResponseHeader(from, request.apiKey!, version)
    return codec(response, version).read(from)
  }

  /** Sends a request that gets no answer. */
  tell<Req>(request: Message<Req>, version: number, body: Input<Req>): Promise<void> {
    return this.#caller.tell(this.#written(request, version, this.#correlationId++, body))
  }

  #written<Req>(request: Message<Req>, version: number, correlationId: number, body: Input<Req>): readonly Uint8Array[] {
    const to = new ByteWriter()
    writeRequestHeader(to, { apiKey: request.apiKey!, apiVersion: version, correlationId, clientId: 'test' })
    codec(request, version).write(to, body)
    return to.chunks()
  }

  /** Makes a topic with one replica; gives its id. */
  async createTopic(name: string, { partitions = 1, configs = {} as Record<string, string> } = {}): Promise<string> {
    const topic = {
      name,
      numPartitions: partitions,
      replicationFactor: 1,
      assignments: [],
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }
    const { topics } = await this.call(CreateTopicsRequest, CreateTopicsResponse, 7, { topics: [topic], validateOnly: false })
    requireNone(topics[0]!, `creating ${name}`)
    return topics[0]!.topicId
  }

  async deleteTopic(name: string): Promise<void> {
    const body = { topics: [{ name }], timeoutMs: 5000 }
    const { responses } = await this.call(DeleteTopicsRequest, DeleteTopicsResponse, 6, body)
    requireNone(responses[0]!, `deleting ${name}`)
  }

  /** Sends one batch to one partition; gives its answer, whatever that says. */
  async send(
    topic: string,
    partition: number,
    records: Uint8Array,
    { acks = -1, version = 12 } = {},
  ): Promise<ProducedPartition> {
    const body = produceBody(topic, partition, records, acks)
    const { responses } = await this.call(ProduceRequest, ProduceResponse, version, body)
    return responses[0]!.partitionResponses[0]!
  }

  /** Sends texts with acks=all as one batch, which must succeed; gives the first offset. */
  async produce(
    topic: string,
    texts: readonly NewText[],
    { partition = 0, ...fields }: { partition?: number } & BatchFields = {},
  ) {
    const answer = await this.send(topic, partition, batchOf(texts, fields))
    requireNone(answer, `producing to ${topic}-${partition}`)
    return answer.baseOffset
  }

  /** One fetch of one partition without a session; gives the partition's answer. */
  async fetch(
    topic: string,
    partition: number,
    fetchOffset: number,
    {
      maxWaitMs = 0,
      minBytes = 1,
      maxBytes = 1 << 20,
      partitionMaxBytes = 1 << 20,
      isolationLevel = 0,
      currentLeaderEpoch = -1,
    }: FetchOptions = {},
  ): Promise<FetchedPartition> {
    const partitions = [{ partition, currentLeaderEpoch, fetchOffset, partitionMaxBytes }]
    const body = { maxWaitMs, minBytes, maxBytes, isolationLevel, topics: [{ topic, partitions }], forgottenTopicsData: [] }
    const { responses } = await this.call(FetchRequest, FetchResponse, 12, body)
    return responses[0]!.partitions[0]!
  }

  /** Everything from `from` (default: the start of the log) up to the high watermark. */
  async readAll(topic: string, { partition = 0, from }: { partition?: number; from?: number } = {}): Promise<SeenRecord[]> {
    const found: SeenRecord[] = []
    for (let next = from ?? (await this.offset(topic, EARLIEST, partition)); ; ) {
      const answer = await this.fetch(topic, partition, next)
      requireNone(answer, `fetching ${topic}-${partition} at ${next}`)
      const seen = recordsIn(answer.records)
      found.push(...seen.filter(({ offset }) => offset >= next))
      const after = nextOffsetIn(answer.records)
      if (after === null || after >= answer.highWatermark) return found
      next = after
    }
  }

  /** ListOffsets of one partition: what it says to `timestamp`, or to EARLIEST or LATEST. */
  async offset(topic: string, timestamp: number, partition = 0): Promise<number> {
    return (await this.listOffset(topic, timestamp, partition)).offset
  }

  async listOffset(topic: string, timestamp: number, partition = 0): Promise<ListedOffset> {
    const answer = await this.askOffset(topic, timestamp, partition)
    requireNone(answer, `the offset of ${topic}-${partition} at ${timestamp}`)
    return answer
  }

  async askOffset(topic: string, timestamp: number, partition = 0, currentLeaderEpoch = -1): Promise<ListedOffset> {
    const topics = [{ name: topic, partitions: [{ partitionIndex: partition, currentLeaderEpoch, timestamp }] }]
    const body = { replicaId: -1, isolationLevel: 0, topics, timeoutMs: 5000 }
    return (await this.call(ListOffsetsRequest, ListOffsetsResponse, 10, body)).topics[0]!.partitions[0]!
  }

  /** Sets configurations of a topic, or of a broker ('' names the default of all brokers); gives the answer. */
  async alterConfigs(type: keyof typeof RESOURCE, name: string, values: Record<string, string>) {
    const configs = Object.entries(values).map(([key, value]) => ({ name: key, configOperation: ALTER_SET, value }))
    const resources = [{ resourceType: RESOURCE[type], resourceName: name, configs }]
    const body = { resources, validateOnly: false }
    return (await this.call(IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse, 1, body)).responses[0]!
  }
}

export function produceBody(topic: string, partition: number, records: Uint8Array, acks = -1): Input<ProduceRequest> {
  const partitionData = [{ index: partition, records }]
  return { transactionalId: null, acks, timeoutMs: 10_000, topicData: [{ name: topic, partitionData }] }
}

/** The records of all whole batches. */
export function recordsIn(bytes: Uint8Array | null): SeenRecord[] {
  const found: SeenRecord[] = []
  for (const batch of batches(bytes ?? new Uint8Array(0))) {
    for (const { offset, key, value, timestamp } of batch.records()) {
      found.push({ offset, key: textOf(key), value: textOf(value), timestamp })
    }
  }
  return found
}

export function valuesOf(records: readonly SeenRecord[]): (string | null)[] {
  return records.map(({ value }) => value)
}

function nextOffsetIn(bytes: Uint8Array | null): number | null {
  let next: number | null = null
  for (const batch of batches(bytes ?? new Uint8Array(0))) next = batch.nextOffset
  return next
}

function requireNone({ errorCode }: { errorCode: number }, what: string): void {
  if (errorCode !== 0) throw new Error(`${what} failed with ${errorName(errorCode)}`)
}

function bytesOf(text: string | null): Uint8Array | null {
  return text === null ? null : Buffer.from(text)
}

function textOf(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString()
}
