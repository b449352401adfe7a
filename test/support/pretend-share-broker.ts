// A broker of a simulated cluster that leads a topic and serves one share group: sessions, locks, delivery counts and acknowledgements as Kafka has them, and
// what a test asks for: it says no, hangs up, or forgets.

import { ByteReader } from '../../src/base/bytes.ts'
import { FrameWriter } from '../../src/net/frame.ts'
import { serve } from '../../src/net/listener.ts'
import type { Request } from '../../src/net/request.ts'
import { silentLogger } from '../../src/platform/logger.ts'
import type { SimProcess } from '../../src/platform/sim/process.ts'
import type { Machine } from '../../src/platform/sim/world.ts'
import { type ErrorName, errorCode } from '../../src/protocol/errors.ts'
import { readRequestHeader, writeResponseHeader } from '../../src/protocol/header.ts'
import { ApiVersionsResponse } from '../../src/protocol/messages/api-versions.ts'
import { FindCoordinatorResponse } from '../../src/protocol/messages/find-coordinator.ts'
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/metadata.ts'
import { ShareAcknowledgeRequest, ShareAcknowledgeResponse } from '../../src/protocol/messages/share-acknowledge.ts'
import { ShareFetchRequest, ShareFetchResponse } from '../../src/protocol/messages/share-fetch.ts'
import { ShareGroupHeartbeatRequest, ShareGroupHeartbeatResponse } from '../../src/protocol/messages/share-group-heartbeat.ts'
import { buildBatch } from '../../src/protocol/records/builder.ts'
import { codec, type Input, type Message } from '../../src/protocol/schema.ts'

const KEYS = { metadata: 3, findCoordinator: 10, apiVersions: 18, heartbeat: 76, fetch: 78, acknowledge: 79 } as const
export const TOPIC_ID = 'Zm9vYmFyMTIzNDU2Nzg5MA'
const LOCK_MS = 30_000
/** How long a question waits for records. */
const WAIT_MS = 500

const none = {
  maxConnections: 99,
  maxConnectionsPerIp: 99,
  perIpOverrides: new Map(),
  maxCreationRate: 1e6,
  listeners: new Map(),
}
const limits = {
  maxFrameBytes: 1e8,
  maxPendingRequests: 50,
  maxPendingBytes: 1e8,
  maxUnsentBytes: 1e8,
  maxIdleMs: -1,
  maxStallMs: -1,
}

export interface ShareRecordState {
  readonly value: string
  state: 'available' | 'acquired' | 'accepted' | 'rejected' | 'gap'
  count: number
  member: string
  until: number
}

type Batches = ShareAcknowledgeRequest['topics'][number]['partitions'][number]['acknowledgementBatches']
type Deed = 'hang up' | 'be silent' | { readonly error: Exclude<ErrorName, 'NONE'> } | null

export class PretendShareBroker {
  /** By partition and offset. */
  readonly log: ShareRecordState[][]
  /** What came, in order, by its name: to see who asked for what. */
  readonly asked: string[] = []
  /** The version that is served of the share APIs. */
  shareVersion = 2
  /** Asked for each request of the share group, before anything is done. */
  onRequest: (name: 'heartbeat' | 'fetch' | 'acknowledge', epoch: number) => Deed = () => null
  /** Asked for each partition that records are acknowledged of. */
  onAcknowledge: (partition: number, batches: Batches) => Exclude<ErrorName, 'NONE'> | null = () => null
  /** What members get with their next heartbeats; null: what they have. */
  assignment: readonly number[] | null = null
  /** Epochs of members. */
  readonly members = new Map<string, number>()
  readonly #sessions = new Map<string, { epoch: number; partitions: Set<number> }>()
  readonly #machine: Machine
  #process: SimProcess | null = null

  constructor(machine: Machine, { partitions = 1 } = {}) {
    this.#machine = machine
    this.log = Array.from({ length: partitions }, () => [])
  }

  open() {
    this.#process = this.#machine.start()
    return serve({
      ...this.#process.platform,
      logger: silentLogger,
      listeners: [{ name: 'PLAINTEXT', address: { host: this.#machine.name, port: 9092 } }],
      sink: { mayOverlap: () => false, receive: (request) => this.#receive(request) },
      channelLimits: limits,
      connectionLimits: () => none,
      maxRequestBytes: 1e9,
    })
  }

  produce(values: readonly string[], partition = 0): void {
    for (const value of values) this.log[partition]!.push({ value, state: 'available', count: 0, member: '', until: 0 })
  }

  states(partition = 0): string {
    return this.log[partition]!.map(({ state, count }) => `${state} ${count}`).join(', ')
  }

  /** The sessions are gone, and all locks with them. */
  forgetSessions(): void {
    for (const member of [...this.#sessions.keys()]) this.#endSession(member)
  }

  #receive(request: Request): void {
    const from = new ByteReader(Buffer.from(request.bytes))
    const header = readRequestHeader(from)
    const { apiVersion: version } = header
    const to = new FrameWriter()
    writeResponseHeader(to, header)
    const say = <T>(message: Message<T>, body: Input<T>) => {
      codec(message, version).write(to, body)
      request.answer(to.frame())
    }
    const read = <T>(message: Message<T>): T => codec(message, version).read(from)
    switch (header.apiKey) {
      case KEYS.apiVersions:
        return say(ApiVersionsResponse, { apiKeys: this.#served() })
      case KEYS.metadata:
        return say(MetadataResponse, this.#metadata(read(MetadataRequest)))
      case KEYS.findCoordinator: {
        const found = { nodeId: 1, host: this.#machine.name, port: 9092 }
        return say(FindCoordinatorResponse, { coordinators: [{ key: '', ...found }] })
      }
      case KEYS.heartbeat: {
        const body = read(ShareGroupHeartbeatRequest)
        this.asked.push(`heartbeat ${body.memberEpoch}`)
        const deed = this.onRequest('heartbeat', body.memberEpoch)
        return this.#unless(deed, request, (refused) => say(ShareGroupHeartbeatResponse, { ...this.#beat(body, refused) }))
      }
      case KEYS.fetch: {
        const body = read(ShareFetchRequest)
        this.asked.push(`fetch ${body.shareSessionEpoch}${acknowledged(body)}`)
        const deed = this.onRequest('fetch', body.shareSessionEpoch)
        return this.#unless(deed, request, (refused) => this.#fetch(body, refused, (answer) => say(ShareFetchResponse, answer)))
      }
      default: {
        const body = read(ShareAcknowledgeRequest)
        this.asked.push(`acknowledge ${body.shareSessionEpoch}${acknowledged(body)}`)
        const deed = this.onRequest('acknowledge', body.shareSessionEpoch)
        return this.#unless(deed, request, (refused) => say(ShareAcknowledgeResponse, this.#acknowledge(body, refused)))
      }
    }
  }

  #unless(deed: Deed, request: Request, answer: (refused: number) => void): void {
    if (deed === 'be silent') return
    if (deed === 'hang up') {
      this.forgetSessions()
      return request.channel.close('on purpose')
    }
    answer(deed === null ? 0 : errorCode(deed.error))
  }

  #served() {
    const { shareVersion } = this
    const share = [KEYS.fetch, KEYS.acknowledge].map((apiKey) => ({ apiKey, minVersion: 1, maxVersion: shareVersion }))
    return [
      { apiKey: KEYS.metadata, minVersion: 1, maxVersion: 13 },
      { apiKey: KEYS.apiVersions, minVersion: 0, maxVersion: 4 },
      { apiKey: KEYS.findCoordinator, minVersion: 4, maxVersion: 6 },
      ...(shareVersion === 0 ? [] : [{ apiKey: KEYS.heartbeat, minVersion: 1, maxVersion: 1 }, ...share]),
    ]
  }

  #metadata({ topics }: MetadataRequest): Input<MetadataResponse> {
    const partitions = this.log.map((_, partitionIndex) => {
      return { partitionIndex, leaderId: 1, leaderEpoch: 3, replicaNodes: [1], isrNodes: [1] }
    })
    return {
      brokers: [{ nodeId: 1, host: this.#machine.name, port: 9092 }],
      clusterId: 'pretended',
      controllerId: 1,
      topics: (topics ?? []).map(({ name }) => ({ name, topicId: TOPIC_ID, partitions })),
    }
  }

  #beat({ memberId, memberEpoch }: ShareGroupHeartbeatRequest, refused: number): Input<ShareGroupHeartbeatResponse> {
    const answer = { memberId, memberEpoch, heartbeatIntervalMs: 5000, assignment: null }
    if (refused) return { ...answer, errorCode: refused }
    const known = this.members.get(memberId)
    if (memberEpoch === -1) {
      this.members.delete(memberId)
      return answer
    }
    if (memberEpoch === 0) {
      this.members.set(memberId, (known ?? 0) + 1)
      const partitions = this.log.map((_, index) => index)
      const assignment = { topicPartitions: [{ topicId: TOPIC_ID, partitions }] }
      return { ...answer, memberEpoch: this.members.get(memberId)!, assignment }
    }
    if (known === undefined) return { ...answer, errorCode: errorCode('UNKNOWN_MEMBER_ID') }
    const moved = this.assignment && { topicPartitions: [{ topicId: TOPIC_ID, partitions: this.assignment }] }
    return known === memberEpoch ? { ...answer, assignment: moved } : { ...answer, errorCode: errorCode('FENCED_MEMBER_EPOCH') }
  }

  #fetch(body: ShareFetchRequest, refused: number, answer: (answer: Input<ShareFetchResponse>) => void): void {
    const { memberId, shareSessionEpoch: epoch, topics, forgottenTopicsData, maxRecords } = body
    const id = memberId!
    const wrong = refused || this.#wrongEpoch(id, epoch, topics.length > 0 && topics.some(hasBatches))
    if (wrong) return answer({ ...nothing, errorCode: wrong })
    if (epoch === 0) {
      this.#endSession(id)
      this.#sessions.set(id, { epoch: 0, partitions: new Set() })
    }
    const session = this.#sessions.get(id)!
    session.epoch++
    const told = new Map<number, number>()
    for (const { partitions } of topics) {
      for (const { partitionIndex, acknowledgementBatches } of partitions) {
        session.partitions.add(partitionIndex)
        if (acknowledgementBatches.length > 0) told.set(partitionIndex, this.#settle(id, partitionIndex, acknowledgementBatches))
      }
    }
    for (const { partitions } of forgottenTopicsData) for (const index of partitions) session.partitions.delete(index)
    const { clock } = this.#process!.platform
    const since = clock.monotonic()
    const look = () => {
      const given = [...session.partitions].flatMap((index) => this.#acquire(id, index, maxRecords) ?? [])
      if (given.length === 0 && told.size === 0 && clock.monotonic() < since + WAIT_MS) return void clock.after(20, look)
      const partitions = given.map((each) => ({ ...each, acknowledgeErrorCode: told.get(each.partitionIndex) ?? 0 }))
      for (const [partitionIndex, acknowledgeErrorCode] of told) {
        if (partitions.some((each) => each.partitionIndex === partitionIndex)) continue
        partitions.push({ partitionIndex, acknowledgeErrorCode, records: Buffer.alloc(0), acquiredRecords: [] })
      }
      const responses = partitions.length === 0 ? [] : [{ topicId: TOPIC_ID, partitions }]
      answer({ ...nothing, acquisitionLockTimeoutMs: LOCK_MS, responses })
    }
    look()
  }

  #acknowledge(body: ShareAcknowledgeRequest, refused: number): Input<ShareAcknowledgeResponse> {
    const { memberId, shareSessionEpoch: epoch, topics } = body
    const id = memberId!
    const wrong = refused || (epoch === 0 ? errorCode('INVALID_SHARE_SESSION_EPOCH') : this.#wrongEpoch(id, epoch, false))
    if (wrong) return { ...nothing, errorCode: wrong }
    this.#sessions.get(id)!.epoch++
    const partitions = topics.flatMap((topic) =>
      topic.partitions.map(({ partitionIndex, acknowledgementBatches }) => ({
        partitionIndex,
        errorCode: this.#settle(id, partitionIndex, acknowledgementBatches),
      })),
    )
    if (epoch === -1) this.#endSession(id)
    const responses = partitions.length === 0 ? [] : [{ topicId: TOPIC_ID, partitions }]
    return { ...nothing, acquisitionLockTimeoutMs: LOCK_MS, responses }
  }

  #wrongEpoch(member: string, epoch: number, hasAcknowledgements: boolean): number {
    if (epoch === 0) return hasAcknowledgements ? errorCode('INVALID_REQUEST') : 0
    const session = this.#sessions.get(member)
    if (!session) return errorCode('SHARE_SESSION_NOT_FOUND')
    return epoch === -1 || epoch === session.epoch ? 0 : errorCode('INVALID_SHARE_SESSION_EPOCH')
  }

  #endSession(member: string): void {
    this.#sessions.delete(member)
    for (const each of this.log.flat()) {
      if (each.state === 'acquired' && each.member === member) each.state = 'available'
    }
  }

  /** The first records that nobody has. */
  #acquire(member: string, partitionIndex: number, most: number) {
    const now = this.#process!.platform.clock.monotonic()
    const log = this.log[partitionIndex]!
    const acquired: { firstOffset: number; lastOffset: number; deliveryCount: number }[] = []
    for (const [offset, each] of log.entries()) {
      const isFree = each.state === 'available' || (each.state === 'acquired' && each.until <= now)
      if (!isFree || acquired.length >= most) continue
      Object.assign(each, { state: 'acquired', count: each.count + 1, member, until: now + LOCK_MS })
      acquired.push({ firstOffset: offset, lastOffset: offset, deliveryCount: each.count })
    }
    if (acquired.length === 0) return null
    // Whole batches, as Kafka gives them: also what others have.
    const records = Buffer.concat(
      [...log.entries()]
        .filter(([, { value }]) => value !== 'compacted')
        .map(([baseOffset, { value }]) =>
          buildBatch({ baseOffset, records: [{ key: null, value: Buffer.from(value), timestamp: 1000 + baseOffset }] }),
        ),
    )
    return { partitionIndex, records, acquiredRecords: acquired }
  }

  #settle(member: string, partitionIndex: number, batches: Batches): number {
    const refused = this.onAcknowledge(partitionIndex, batches)
    if (refused) return errorCode(refused)
    const now = this.#process!.platform.clock.monotonic()
    let code = 0
    for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
      for (let offset = firstOffset; offset <= lastOffset; offset++) {
        const each = this.log[partitionIndex]![offset]!
        const type = acknowledgeTypes[acknowledgeTypes.length === 1 ? 0 : offset - firstOffset]!
        if (each.state !== 'acquired' || each.member !== member || each.until <= now) code = errorCode('INVALID_RECORD_STATE')
        else if (type === 4) each.until = now + LOCK_MS
        else each.state = (['gap', 'accepted', 'available', 'rejected'] as const)[type]!
      }
    }
    return code
  }
}

const nothing = { acquisitionLockTimeoutMs: 0, responses: [], nodeEndpoints: [] }

const hasBatches = ({ partitions }: ShareFetchRequest['topics'][number]) =>
  partitions.some(({ acknowledgementBatches }) => acknowledgementBatches.length > 0)

/** " 0:0-2=1" for what a request says of offsets 0 to 2 of partition 0. */
function acknowledged({ topics }: Pick<ShareAcknowledgeRequest, 'topics'>): string {
  return topics
    .flatMap(({ partitions }) => partitions)
    .flatMap(({ partitionIndex, acknowledgementBatches }) =>
      acknowledgementBatches.map(
        ({ firstOffset, lastOffset, acknowledgeTypes }) =>
          ` ${partitionIndex}:${firstOffset}-${lastOffset}=${acknowledgeTypes.join('')}`,
      ),
    )
    .join('')
}
