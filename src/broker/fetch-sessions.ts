// Incremental fetch sessions (KIP-227): a client names its partitions once and then only what changed; answers leave out what did not.

import { assert } from '../base/assert.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { ErrorName } from '../protocol/errors.ts'
import type { FetchRequest } from '../protocol/messages/fetch.ts'

/** From this version on topics are named by id (KIP-516). */
export const TOPIC_IDS_SINCE = 13
/** A session that was not used for so long may make room for another (Kafka's own figure, ms). */
const EVICTABLE_AFTER_MS = 120_000

/** One partition as the client last asked for it, and what it was last told. */
export interface FetchedPartition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  fetchOffset: number
  maxBytes: number
  currentLeaderEpoch: number
  lastFetchedEpoch: number
  /** What the client was told last; -1: nothing yet. */
  toldHighWatermark: number
  toldStartOffset: number
}

/** What one fetch asks for, out of its session or not. */
export interface FetchContext {
  /** 0: no session. */
  readonly sessionId: number
  readonly partitions: ReadonlyMap<string, FetchedPartition>
  /** Whether an unchanged partition may be left out of the answer. */
  readonly incremental: boolean
}

interface Session {
  readonly id: number
  readonly usesTopicIds: boolean
  readonly partitions: Map<string, FetchedPartition>
  /** What the next request must carry. */
  epoch: number
  usedAt: number
}

export class FetchSessions {
  readonly #sessions = new Map<number, Session>()
  readonly #slots: number
  readonly #clock: Clock
  readonly #random: Random

  /** @param slots `max.incremental.fetch.session.cache.slots` */
  constructor(slots: number, clock: Clock, random: Random) {
    this.#slots = slots
    this.#clock = clock
    this.#random = random
  }

  get size(): number {
    return this.#sessions.size
  }

  /** What the request asks for, or the error that its session gives. Epoch 0 opens a session, -1 closes one or goes without. */
  begin(request: FetchRequest, version: number): FetchContext | ErrorName {
    const usesTopicIds = version >= TOPIC_IDS_SINCE
    if (request.sessionEpoch === 0 || request.sessionEpoch === -1) return this.#full(request, usesTopicIds)
    const session = this.#sessions.get(request.sessionId)
    if (!session) return 'FETCH_SESSION_ID_NOT_FOUND'
    if (session.usesTopicIds !== usesTopicIds) return 'FETCH_SESSION_TOPIC_ID_ERROR'
    if (session.epoch !== request.sessionEpoch) return 'INVALID_FETCH_SESSION_EPOCH'
    session.epoch = nextEpoch(session.epoch)
    session.usedAt = this.#clock.monotonic()
    update(session, request)
    return { sessionId: session.id, partitions: session.partitions, incremental: true }
  }

  #full(request: FetchRequest, usesTopicIds: boolean): FetchContext {
    this.#sessions.delete(request.sessionId)
    const partitions = new Map<string, FetchedPartition>()
    ask(partitions, request, usesTopicIds)
    const id = request.sessionEpoch === 0 && this.#hasRoom() ? this.#newId() : 0
    if (id !== 0) this.#sessions.set(id, { id, usesTopicIds, partitions, epoch: 1, usedAt: this.#clock.monotonic() })
    return { sessionId: id, partitions, incremental: false }
  }

  #hasRoom(): boolean {
    if (this.#sessions.size < this.#slots) return true
    let oldest: Session | null = null
    for (const session of this.#sessions.values()) if (!oldest || session.usedAt < oldest.usedAt) oldest = session
    if (!oldest || this.#clock.monotonic() - oldest.usedAt < EVICTABLE_AFTER_MS) return false
    return this.#sessions.delete(oldest.id)
  }

  #newId(): number {
    for (let attempt = 0; attempt < 100; attempt++) {
      const id = 1 + Math.floor(this.#random.next() * 0x7fff_fffe)
      if (!this.#sessions.has(id)) return id
    }
    assert(false, 'a hundred random session ids were all taken')
  }

  /** Data of this partition was sent: the others come first next time, so that one busy partition does not starve them. */
  moveBack(context: FetchContext, key: string): void {
    const session = this.#sessions.get(context.sessionId)
    const partition = session?.partitions.get(key)
    if (!session || !partition) return
    session.partitions.delete(key)
    session.partitions.set(key, partition)
  }
}

function nextEpoch(epoch: number): number {
  return epoch === 0x7fff_ffff ? 1 : epoch + 1
}

function update(session: Session, request: FetchRequest): void {
  ask(session.partitions, request, session.usesTopicIds)
  for (const { topic, topicId, partitions } of request.forgottenTopicsData) {
    for (const index of partitions) session.partitions.delete(session.usesTopicIds ? `${topicId}:${index}` : `${topic}:${index}`)
  }
}

// A partition asked for again keeps its place and what it was told; everything else is as the request says now.
function ask(partitions: Map<string, FetchedPartition>, request: FetchRequest, usesTopicIds: boolean): void {
  for (const topic of request.topics) {
    for (const wanted of topic.partitions) {
      const key = usesTopicIds ? `${topic.topicId}:${wanted.partition}` : `${topic.topic}:${wanted.partition}`
      const known = partitions.get(key)
      const asked = known ?? {
        topic: topic.topic,
        topicId: topic.topicId,
        index: wanted.partition,
        fetchOffset: 0,
        maxBytes: 0,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        toldHighWatermark: -1,
        toldStartOffset: -1,
      }
      asked.fetchOffset = wanted.fetchOffset
      asked.maxBytes = wanted.partitionMaxBytes
      asked.currentLeaderEpoch = wanted.currentLeaderEpoch
      asked.lastFetchedEpoch = wanted.lastFetchedEpoch
      if (!known) partitions.set(key, asked)
    }
  }
}
