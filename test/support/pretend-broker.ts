// The one broker of a simulated cluster, as a consumer sees it: it leads everything and coordinates a group of one member, and a test may answer any request
// itself: late, otherwise, or not at all.

import { ByteReader } from '../../src/base/bytes.ts'
import { FrameWriter } from '../../src/net/frame.ts'
import { serve } from '../../src/net/listener.ts'
import type { Request } from '../../src/net/request.ts'
import type { Clock } from '../../src/platform/clock.ts'
import { silentLogger } from '../../src/platform/logger.ts'
import type { Machine } from '../../src/platform/sim/world.ts'
import { type ErrorName, errorCode } from '../../src/protocol/errors.ts'
import { readRequestHeader, writeResponseHeader } from '../../src/protocol/header.ts'
import { ApiVersionsRequest, ApiVersionsResponse } from '../../src/protocol/messages/api-versions.ts'
import {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../src/protocol/messages/consumer-group-heartbeat.ts'
import { FetchRequest, FetchResponse } from '../../src/protocol/messages/fetch.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../src/protocol/messages/find-coordinator.ts'
import { HeartbeatRequest, HeartbeatResponse } from '../../src/protocol/messages/heartbeat.ts'
import { JoinGroupRequest, JoinGroupResponse } from '../../src/protocol/messages/join-group.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from '../../src/protocol/messages/leave-group.ts'
import { ListOffsetsRequest, ListOffsetsResponse } from '../../src/protocol/messages/list-offsets.ts'
import { MetadataRequest, MetadataResponse } from '../../src/protocol/messages/metadata.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../src/protocol/messages/offset-commit.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../src/protocol/messages/offset-fetch.ts'
import { OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse } from '../../src/protocol/messages/offset-for-leader-epoch.ts'
import { SyncGroupRequest, SyncGroupResponse } from '../../src/protocol/messages/sync-group.ts'
import { buildBatch } from '../../src/protocol/records/builder.ts'
import { codec, type Infer, type Input } from '../../src/protocol/schema.ts'
import { channelLimits, connectionLimits } from './pretend-limits.ts'

const apis = {
  fetch: { key: 1, max: 16, min: 4, request: FetchRequest, response: FetchResponse },
  listOffsets: { key: 2, max: 8, min: 1, request: ListOffsetsRequest, response: ListOffsetsResponse },
  metadata: { key: 3, max: 12, min: 1, request: MetadataRequest, response: MetadataResponse },
  commit: { key: 8, max: 9, min: 2, request: OffsetCommitRequest, response: OffsetCommitResponse },
  committed: { key: 9, max: 9, min: 8, request: OffsetFetchRequest, response: OffsetFetchResponse },
  coordinator: { key: 10, max: 4, min: 4, request: FindCoordinatorRequest, response: FindCoordinatorResponse },
  join: { key: 11, max: 9, min: 9, request: JoinGroupRequest, response: JoinGroupResponse },
  heartbeat: { key: 12, max: 4, min: 4, request: HeartbeatRequest, response: HeartbeatResponse },
  leave: { key: 13, max: 5, min: 5, request: LeaveGroupRequest, response: LeaveGroupResponse },
  sync: { key: 14, max: 5, min: 5, request: SyncGroupRequest, response: SyncGroupResponse },
  versions: { key: 18, max: 4, min: 0, request: ApiVersionsRequest, response: ApiVersionsResponse },
  epochs: { key: 23, max: 4, min: 2, request: OffsetForLeaderEpochRequest, response: OffsetForLeaderEpochResponse },
  beat: { key: 68, max: 1, min: 0, request: ConsumerGroupHeartbeatRequest, response: ConsumerGroupHeartbeatResponse },
} as const

type Apis = typeof apis
export type Api = keyof Apis
export type Body<A extends Api> = Infer<Apis[A]['request']>
export type Answer<A extends Api> = Input<Infer<Apis[A]['response']>>
/** What a test answers; `as usual` is what would have been answered without it, `hang up` ends the connection. */
type Answering<A extends Api> = (
  body: Body<A>,
  asUsual: () => Answer<A> | Promise<Answer<A>>,
) => Answer<A> | 'hang up' | 'silence' | Promise<Answer<A> | 'hang up' | 'silence'>

interface Batch {
  readonly from: number
  readonly next: number
  readonly bytes: Uint8Array
}

interface Log {
  batches: Batch[]
  leaderEpoch: number
}

const TOPIC_ID = (n: number) => `${String(n).padStart(2, '0')}lGb2FyMTIzNDU2Nzg5MA`.slice(0, 22)
export const MEMBER = 'the-member'

export class PretendBroker {
  /** Every request that came, in order. */
  readonly asked: { readonly [A in Api]: { readonly api: A; readonly body: Body<A>; readonly at: number } }[Api][] = []
  /** In place of the usual answers. */
  readonly on: { [A in Api]?: Answering<A> } = {}
  readonly topics = new Map<string, { readonly id: string; readonly partitions: Log[] }>()
  /** By name of the partition. */
  readonly committed = new Map<string, number>()
  generation = 0
  readonly #machine: Machine
  #clock: Clock | null = null
  #made = 0

  constructor(machine: Machine) {
    this.#machine = machine
  }

  get address(): string {
    return `${this.#machine.name}:9092`
  }

  open() {
    const { platform } = this.#machine.start()
    this.#clock = platform.clock
    return serve({
      ...platform,
      logger: silentLogger,
      listeners: [{ name: 'PLAINTEXT', address: { host: this.#machine.name, port: 9092 } }],
      sink: { mayOverlap: () => true, receive: (request) => void this.#receive(request) },
      channelLimits,
      connectionLimits: () => connectionLimits,
      maxRequestBytes: 1e9,
    })
  }

  /** A topic; one of that name goes, as when it is deleted and made again. */
  make(topic: string, partitions = 1): void {
    const logs = Array.from({ length: partitions }, () => ({ batches: [], leaderEpoch: 0 }))
    this.topics.set(topic, { id: TOPIC_ID(++this.#made), partitions: logs })
  }

  /** One batch of these texts. */
  append(topic: string, partition: number, values: readonly string[]): void {
    const log = this.topics.get(topic)!.partitions[partition]!
    const from = log.batches.at(-1)?.next ?? 0
    const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestamp: 1 }))
    const bytes = buildBatch({ baseOffset: from, partitionLeaderEpoch: log.leaderEpoch, records })
    log.batches.push({ from, next: from + values.length, bytes })
  }

  /** Requests of one kind that came. */
  of<A extends Api>(api: A): Body<A>[] {
    return this.asked.filter((each) => each.api === api).map(({ body }) => body as Body<A>)
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resume) => void this.#clock!.after(ms, resume))
  }

  async #receive(request: Request): Promise<void> {
    const from = new ByteReader(Buffer.from(request.bytes))
    const header = readRequestHeader(from)
    const [api, { request: asked, response }] = Object.entries(apis).find(([, { key }]) => key === header.apiKey)! as [
      Api,
      Apis[Api],
    ]
    const body = codec<unknown>(asked as never, header.apiVersion).read(from) as never
    if (api !== 'versions') this.asked.push({ api, body, at: this.#clock!.monotonic() } as never)
    const asUsual = () => this.#usual(api, body) as never
    const answer = await (this.on[api] ? this.on[api](body, asUsual) : asUsual())
    if (answer === 'silence' || request.channel.gone.aborted) return
    if (answer === 'hang up') return request.channel.close('on purpose')
    const to = new FrameWriter()
    writeResponseHeader(to, header)
    codec<unknown>(response as never, header.apiVersion).write(to, answer)
    request.answer(to.frame())
  }

  #usual(api: Api, body: never): unknown {
    const usual: { [A in Api]: (body: Body<A>) => Answer<A> | Promise<Answer<A>> } = {
      versions: () => ({
        apiKeys: Object.values(apis).map(({ key, min, max }) => ({ apiKey: key, minVersion: min, maxVersion: max })),
      }),
      metadata: (asked) => this.#metadata(asked),
      coordinator: ({ coordinatorKeys }) => {
        const [host, port] = [this.#machine.name, 9092]
        return { coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host, port })) }
      },
      listOffsets: (asked) => this.#ends(asked),
      fetch: (asked) => this.#fetch(asked),
      epochs: ({ topics }) => this.#epochEnds(topics),
      join: ({ protocols }) => {
        const [{ name, metadata }] = protocols as [Body<'join'>['protocols'][number]]
        const members = [{ memberId: MEMBER, metadata }]
        return { generationId: ++this.generation, protocolName: name, leader: MEMBER, memberId: MEMBER, members }
      },
      sync: ({ assignments }) => ({ assignment: assignments[0]!.assignment }),
      heartbeat: () => ({}),
      leave: ({ members }) => ({ members: members.map(({ memberId }) => ({ memberId })) }),
      commit: (asked) => this.#commit(asked),
      committed: (asked) => this.#committed(asked),
      beat: ({ memberId }) => ({ memberId, memberEpoch: 1, heartbeatIntervalMs: 100 }),
    }
    return (usual[api] as (body: never) => unknown)(body)
  }

  #metadata({ topics }: Body<'metadata'>): Answer<'metadata'> {
    const names = topics?.map(({ name }) => name!) ?? [...this.topics.keys()]
    return {
      brokers: [{ nodeId: 1, host: this.#machine.name, port: 9092 }],
      clusterId: 'pretended',
      controllerId: 1,
      topics: names.map((name) => {
        const topic = this.topics.get(name)
        if (!topic) return { name, errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION') }
        const partitions = topic.partitions.map(({ leaderEpoch }, partitionIndex) => {
          return { partitionIndex, leaderId: 1, leaderEpoch, replicaNodes: [1], isrNodes: [1] }
        })
        return { name, topicId: topic.id, partitions }
      }),
    }
  }

  #ends({ topics }: Body<'listOffsets'>): Answer<'listOffsets'> {
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => {
          const log = this.topics.get(name)?.partitions[partitionIndex]
          if (!log) return { partitionIndex, errorCode: errorCode('UNKNOWN_TOPIC_OR_PARTITION') }
          return { partitionIndex, offset: timestamp === -2 ? 0 : (log.batches.at(-1)?.next ?? 0), leaderEpoch: log.leaderEpoch }
        }),
      })),
    }
  }

  #epochEnds(topics: Body<'epochs'>['topics']): Answer<'epochs'> {
    return {
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, leaderEpoch }) => {
          return { partition, leaderEpoch, endOffset: this.topics.get(topic)!.partitions[partition]!.batches.at(-1)?.next ?? 0 }
        }),
      })),
    }
  }

  /** What there is, or after its pause what there is then. */
  async #fetch(asked: Body<'fetch'>): Promise<Answer<'fetch'>> {
    const answer = this.#fetched(asked)
    if (answer.responses!.length > 0 || asked.maxWaitMs === 0) return answer
    await this.sleep(asked.maxWaitMs)
    return this.#fetched(asked)
  }

  #fetched({ topics, maxBytes }: Body<'fetch'>): Answer<'fetch'> {
    let left = maxBytes
    const responses = topics.map(({ topic, topicId, partitions }) => {
      const known = [...this.topics].find(([name, { id }]) => name === topic || id === topicId)?.[1]
      const found = partitions.flatMap((asked) => {
        const batches = known?.partitions[asked.partition]?.batches
        const found = batches
          ? fetchedFrom(batches, asked, left)
          : { errorCode: errorCode('UNKNOWN_TOPIC_ID'), highWatermark: -1 }
        left -= found?.records?.length ?? 0
        return found ? [{ partitionIndex: asked.partition, ...found }] : []
      })
      return { topic, topicId, partitions: found }
    })
    return { responses: responses.filter(({ partitions }) => partitions.length > 0) }
  }

  #commit({ memberId, generationIdOrMemberEpoch, topics }: Body<'commit'>): Answer<'commit'> {
    const isMember = memberId !== '' && this.generation > 0
    const code = isMember && generationIdOrMemberEpoch !== this.generation ? errorCode('ILLEGAL_GENERATION') : 0
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, committedOffset }) => {
          if (code === 0) this.committed.set(`${name}-${partitionIndex}`, Number(committedOffset))
          return { partitionIndex, errorCode: code }
        }),
      })),
    }
  }

  #committed({ groups }: Body<'committed'>): Answer<'committed'> {
    return {
      groups: groups.map(({ groupId, topics }) => ({
        groupId,
        topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => {
            return { partitionIndex, committedOffset: BigInt(this.committed.get(`${name}-${partitionIndex}`) ?? -1) }
          }),
        })),
      })),
    }
  }
}

interface Fetched {
  readonly highWatermark: number
  readonly lastStableOffset?: number
  readonly errorCode?: number
  readonly records?: Uint8Array
}

/** Null where there is nothing new. One batch at least. */
function fetchedFrom(
  batches: readonly Batch[],
  { fetchOffset, partitionMaxBytes }: Body<'fetch'>['topics'][number]['partitions'][number],
  left: number,
): Fetched | null {
  const highWatermark = batches.at(-1)?.next ?? 0
  if (fetchOffset > highWatermark) return { errorCode: errorCode('OFFSET_OUT_OF_RANGE'), highWatermark: -1 }
  if (left <= 0 || fetchOffset === highWatermark) return null
  const chosen: Uint8Array[] = []
  let room = Math.min(partitionMaxBytes, left)
  for (const { next, bytes } of batches) {
    if (next <= fetchOffset) continue
    if (chosen.length > 0 && bytes.length > room) break
    chosen.push(bytes)
    room -= bytes.length
  }
  return { highWatermark, lastStableOffset: highWatermark, records: Buffer.concat(chosen) }
}

/** The same error for all partitions of a commit. */
export function refusedCommit({ topics }: Body<'commit'>, error: ErrorName): Answer<'commit'> {
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: errorCode(error) })),
    })),
  }
}
