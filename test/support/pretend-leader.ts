// A broker of a simulated cluster that leads everything, believes what it is told about producers just as Kafka does, and does to its clients what a test asks
// for: it loses answers, says no, or is slow.

import { ByteReader } from '../../src/base/bytes.ts'
import { FrameWriter } from '../../src/net/frame.ts'
import { serve } from '../../src/net/listener.ts'
import type { Request } from '../../src/net/request.ts'
import { silentLogger } from '../../src/platform/logger.ts'
import type { Machine } from '../../src/platform/sim/world.ts'
import { errorCode } from '../../src/protocol/errors.ts'
import { readRequestHeader, writeResponseHeader } from '../../src/protocol/header.ts'
import { ApiVersionsResponse } from '../../src/protocol/messages/api-versions.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../src/protocol/messages/find-coordinator.ts'
import { InitProducerIdResponse } from '../../src/protocol/messages/init-producer-id.ts'
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/metadata.ts'
import { ProduceRequest, ProduceResponse } from '../../src/protocol/messages/produce.ts'
import { batches, type RecordBatch } from '../../src/protocol/records/batch.ts'
import { codec } from '../../src/protocol/schema.ts'
import { PretendCoordinator } from './pretend-coordinator.ts'
import { channelLimits, connectionLimits } from './pretend-limits.ts'

/** What happens to one batch that came. */
export type Deed =
  | 'append'
  /** It is in the log, and the connection ends before the answer. */
  | 'append and hang up'
  /** The connection ends, and nothing was done. */
  | 'hang up'
  /** It is in the log, and the answer never comes. */
  | 'append and be silent'
  | {
      readonly error: Parameters<typeof errorCode>[0]
      /** It is in the log all the same: as a leader says that steps down before its followers have the batch. */
      readonly isAppended?: true
    }

interface Appended {
  readonly epoch: number
  readonly first: number
  readonly last: number
  readonly offset: number
}

const KEYS = { produce: 0, metadata: 3, findCoordinator: 10, apiVersions: 18, initProducerId: 22 } as const
const served = [
  { apiKey: KEYS.produce, minVersion: 3, maxVersion: 12 },
  { apiKey: KEYS.metadata, minVersion: 1, maxVersion: 13 },
  { apiKey: KEYS.apiVersions, minVersion: 0, maxVersion: 4 },
  { apiKey: KEYS.findCoordinator, minVersion: 0, maxVersion: 6 },
  ...PretendCoordinator.served,
]

export class PretendLeader {
  /** Asked for each batch, in the order of arrival. */
  onBatch: (batch: RecordBatch, partition: number) => Deed = () => 'append'
  /** Values of records, partition by partition, in the order of the log. */
  readonly log: string[][]
  /** Of transactions; null where there are none. */
  readonly coordinator: PretendCoordinator | null
  /** How many Produce requests came. */
  requests = 0
  /** The most of them that were not answered at once. */
  mostAtOnce = 0
  readonly #machine: Machine
  readonly #port: number
  readonly #producers = new Map<string, Appended[]>()
  #unanswered = 0
  #nextId = 1000

  constructor(
    machine: Machine,
    {
      port = 9092,
      partitions = 1,
      coordinator = null,
    }: { port?: number; partitions?: number; coordinator?: PretendCoordinator | null } = {},
  ) {
    this.coordinator = coordinator
    this.#machine = machine
    this.#port = port
    this.log = Array.from({ length: partitions }, () => [])
  }

  open() {
    const { platform } = this.#machine.start()
    return serve({
      ...platform,
      logger: silentLogger,
      listeners: [{ name: 'PLAINTEXT', address: { host: this.#machine.name, port: this.#port } }],
      sink: { mayOverlap: () => true, receive: (request) => this.#receive(request, (ms, run) => platform.clock.after(ms, run)) },
      channelLimits,
      connectionLimits: () => connectionLimits,
      maxRequestBytes: 1e9,
    })
  }

  #receive(request: Request, after: (ms: number, run: () => void) => unknown): void {
    const from = new ByteReader(Buffer.from(request.bytes))
    const header = readRequestHeader(from)
    const { apiVersion: version } = header
    const to = new FrameWriter()
    writeResponseHeader(to, header)
    switch (header.apiKey) {
      case KEYS.apiVersions:
        codec(ApiVersionsResponse, version).write(to, { apiKeys: served, ...this.#features() })
        return request.answer(to.frame())
      case KEYS.metadata:
        codec(MetadataResponse, version).write(to, this.#metadata(codec(MetadataRequest, version).read(from)))
        return request.answer(to.frame())
      case KEYS.findCoordinator: {
        const { coordinatorKeys } = codec(FindCoordinatorRequest, version).read(from)
        const place = { nodeId: 1, host: this.#machine.name, port: this.#port }
        const coordinators = coordinatorKeys.map((key) => ({ key, ...place }))
        codec(FindCoordinatorResponse, version).write(to, { coordinators })
        return request.answer(to.frame())
      }
      default: {
        const isAnswered = this.coordinator?.receive(header.apiKey, version, from, to)
        if (isAnswered !== undefined) return isAnswered ? request.answer(to.frame()) : undefined
      }
    }
    switch (header.apiKey) {
      case KEYS.initProducerId:
        codec(InitProducerIdResponse, version).write(to, { producerId: this.#nextId++, producerEpoch: 0 })
        return request.answer(to.frame())
      default:
        return this.#produce(request, codec(ProduceRequest, version).read(from), version, to, after)
    }
  }

  #features() {
    if (!this.coordinator) return {}
    const level = {
      name: 'transaction.version',
      minVersionLevel: this.coordinator.level,
      maxVersionLevel: this.coordinator.level,
    }
    return { finalizedFeaturesEpoch: 1, finalizedFeatures: [level] }
  }

  #metadata({ topics }: MetadataRequest) {
    const partitions = this.log.map((_, partitionIndex) => ({
      partitionIndex,
      leaderId: 1,
      leaderEpoch: 3,
      replicaNodes: [1],
      isrNodes: [1],
    }))
    return {
      brokers: [{ nodeId: 1, host: this.#machine.name, port: this.#port }],
      clusterId: 'pretended',
      controllerId: 1,
      topics: (topics ?? []).map(({ name }) => ({ name, topicId: 'Zm9vYmFyMTIzNDU2Nzg5MA', partitions })),
    }
  }

  #produce(
    request: Request,
    { topicData }: ProduceRequest,
    version: number,
    to: FrameWriter,
    after: (ms: number, run: () => void) => unknown,
  ): void {
    this.requests++
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#unanswered)
    const done = () => void this.#unanswered--
    let isSilent = false
    const responses = topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index, records }) => {
        const [batch] = [...batches(records!)]
        const deed = this.onBatch(batch!, index)
        if (deed === 'hang up') isSilent = true
        if (isSilent) return { index }
        const refusal = typeof deed === 'object' && { index, errorCode: errorCode(deed.error), baseOffset: -1 }
        if (refusal && !deed.isAppended) return refusal
        const answer = this.#append(batch!, name, index, version)
        if (refusal) return refusal
        if (deed === 'append and hang up') isSilent = true
        if (deed === 'append and be silent') isSilent = true
        if (deed === 'append and be silent') this.#isMute.add(request)
        return answer
      }),
    }))
    if (this.#isMute.delete(request)) return void request.channel.gone.addEventListener('abort', done)
    if (isSilent) {
      done()
      return request.channel.close('on purpose')
    }
    // As a broker that waits for its followers.
    after(1, () => {
      done()
      codec(ProduceResponse, version).write(to, { responses })
      request.answer(to.frame())
    })
  }

  readonly #isMute = new Set<Request>()

  /** As Kafka: the five newest batches of a producer are remembered, and the next one has to follow. */
  #append(batch: RecordBatch, topic: string, index: number, version: number) {
    const log = this.log[index]!
    const key = `${batch.producerId} ${index}`
    const known = this.#producers.get(key) ?? []
    const { producerEpoch: epoch, baseSequence: first, lastSequence: last } = batch
    if (batch.hasProducerId) {
      const same = known.find((each) => each.epoch === epoch && each.first === first && each.last === last)
      if (same) return { index, baseOffset: same.offset }
      const newest = known.at(-1)
      if (newest && epoch < newest.epoch) return { index, errorCode: errorCode('INVALID_PRODUCER_EPOCH'), baseOffset: -1 }
      const expected = newest && newest.epoch === epoch ? newest.last + 1 : newest ? 0 : first
      if (first !== expected) return { index, errorCode: errorCode('OUT_OF_ORDER_SEQUENCE_NUMBER'), baseOffset: -1 }
      const values = [...batch.records()].map(({ value }) => Buffer.from(value!).toString())
      const refusal = batch.isTransactional ? this.coordinator!.produced(topic, index, epoch, version, values) : null
      if (refusal !== null) return { index, errorCode: refusal, baseOffset: -1 }
      this.#producers.set(key, [...known, { epoch, first, last, offset: log.length }].slice(-5))
    }
    const baseOffset = log.length
    for (const { value } of batch.records()) log.push(Buffer.from(value!).toString())
    return { index, baseOffset }
  }

  /** It forgets what it knew of producers and cuts the log: what an unclean election does. */
  lose(partition: number, records: number): void {
    this.log[partition]!.splice(-records)
    for (const key of this.#producers.keys()) {
      if (key.endsWith(` ${partition}`)) {
        const known = this.#producers.get(key)!.filter(({ offset }) => offset < this.log[partition]!.length)
        this.#producers.set(key, known)
      }
    }
  }
}
