// Incremental fetch sessions (KIP-227): a client names its partitions once and then only what changed; answers leave out what did not.

import { assert } from '../base/assert.ts'
import { type Link, LinkedList } from '../base/linked-list.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { Slices } from '../platform/slices.ts'
import type { ErrorName } from '../protocol/errors.ts'
import type { FetchRequest } from '../protocol/messages/fetch.ts'
import type { Partition } from '../replication/partition.ts'

/** From this version on topics are named by id (KIP-516). */
export const TOPIC_IDS_SINCE = 13
/** A session that was not used for so long may make room for another (Kafka's own figure, ms). */
const EVICTABLE_AFTER_MS = 120_000

/** What names more partitions is taken in slices. */
const FEW = 1000

/** What was seen of a partition when it was last looked at. */
export interface Seen {
  readonly partition: Partition
  readonly highWatermark: number
  readonly startOffset: number
  /** The log's size when it ended at the high watermark; else less than any, since it is not known where in it the watermark lay. */
  readonly logSize: number
}

/**
 * One partition as the client last asked for it, and what it was last told. A class, because one is made per partition of a request without
 * a session: V8 gives an object that is spread and then added to ten times the memory.
 */
export class FetchedPartition {
  readonly topic: string
  readonly topicId: string
  readonly index: number
  fetchOffset = 0
  maxBytes = 0
  currentLeaderEpoch = -1
  lastFetchedEpoch = -1
  /** What the client was told last; -1: nothing yet. */
  toldHighWatermark = -1
  toldStartOffset = -1
  /** Null where it is not known, or not led here. */
  seen: Seen | null = null
  /** While the client has all there is: ends the watch for more. */
  unwatch: (() => void) | null = null
  /** Its place among those to look at; null while it rests. */
  turn: Link<FetchedPartition> | null = null

  constructor(topic: string, topicId: string, index: number) {
    this.topic = topic
    this.topicId = topicId
    this.index = index
  }
}

/**
 * The partitions of a session, or of one request without any. Most of them have nothing new most of the time, so only those that may have
 * something are looked at; the others rest until their partition says that it changed. That keeps a session of ten thousand cheap.
 */
export class FetchContext {
  /** 0: no session. */
  readonly sessionId: number
  readonly usesTopicIds: boolean
  readonly partitions = new Map<string, FetchedPartition>()
  /** Those to look at, in the order of their turns. */
  readonly active = new LinkedList<FetchedPartition>()
  /** Told of each partition that is to be looked at again. */
  readonly followers = new LinkedList<(asked: FetchedPartition) => void>()
  #isolationLevel: number | null = null
  #isOver = false

  constructor(sessionId: number, usesTopicIds: boolean) {
    this.sessionId = sessionId
    this.usesTopicIds = usesTopicIds
  }

  /** The client has all there is: the partition is not looked at until it changes. Called in the turn in which it was seen. */
  rest(asked: FetchedPartition): void {
    if (this.#isOver || asked.unwatch || !asked.seen || !this.#takeOut(asked)) return
    asked.unwatch = asked.seen.partition.watch(() => this.#wake(asked))
  }

  // A watch ends with the first news, so that a session nobody uses any more costs nothing.
  #wake(asked: FetchedPartition): void {
    this.#activate(asked)
    this.followers.visit((tell) => tell(asked))
  }

  #takeOut(asked: FetchedPartition): boolean {
    const wasIn = asked.turn !== null
    asked.turn?.remove()
    asked.turn = null
    return wasIn
  }

  /** Data of this partition was sent: the others come first next time, so that one busy partition does not starve them. */
  moveBack(asked: FetchedPartition): void {
    if (this.#takeOut(asked)) this.#makeActive(asked)
  }

  /**
   * What the request changes; for a long one, resolves when it has. A partition asked for again keeps its place and what it was told;
   * everything else is as the request says.
   */
  update(request: FetchRequest, slices: Slices): Promise<void> | undefined {
    if (namesMany(request)) return this.#updateInSlices(request, slices)
    for (const topic of request.topics) for (const wanted of topic.partitions) this.#ask(topic, wanted)
    for (const topic of request.forgottenTopicsData) for (const index of topic.partitions) this.#forget(topic, index)
    this.#updateAll(request)
  }

  async #updateInSlices(request: FetchRequest, slices: Slices): Promise<void> {
    let seen = 0
    for (const topic of request.topics) {
      while (slices.isOverAt(seen++)) await slices.turn()
      for (const wanted of topic.partitions) {
        this.#ask(topic, wanted)
        while (slices.isOverAt(seen++)) await slices.turn()
      }
    }
    for (const topic of request.forgottenTopicsData) {
      while (slices.isOverAt(seen++)) await slices.turn()
      for (const index of topic.partitions) {
        this.#forget(topic, index)
        while (slices.isOverAt(seen++)) await slices.turn()
      }
    }
    this.#updateAll(request)
  }

  /** What concerns every partition. */
  #updateAll({ isolationLevel, maxBytes, replicaId, replicaState }: FetchRequest): void {
    const isOdd = maxBytes < 0 || replicaId >= 0 || replicaState.replicaId >= 0
    if (isOdd || (this.#isolationLevel !== null && this.#isolationLevel !== isolationLevel))
      for (const asked of this.partitions.values()) this.#activate(asked)
    this.#isolationLevel = isolationLevel
  }

  #keyOf({ topic, topicId }: NamedTopic, index: number): string {
    return `${this.usesTopicIds ? topicId : topic}:${index}`
  }

  #ask(topic: NamedTopic, wanted: WantedPartition): void {
    const key = this.#keyOf(topic, wanted.partition)
    let asked = this.partitions.get(key)
    if (!asked) {
      asked = new FetchedPartition(topic.topic, topic.topicId, wanted.partition)
      this.partitions.set(key, asked)
    }
    asked.fetchOffset = wanted.fetchOffset
    asked.maxBytes = wanted.partitionMaxBytes
    asked.currentLeaderEpoch = wanted.currentLeaderEpoch
    asked.lastFetchedEpoch = wanted.lastFetchedEpoch
    this.#activate(asked)
  }

  #activate(asked: FetchedPartition): void {
    asked.unwatch?.()
    asked.unwatch = null
    this.#makeActive(asked)
  }

  #makeActive(asked: FetchedPartition): void {
    asked.turn ??= this.active.add(asked)
  }

  #forget(topic: NamedTopic, index: number): void {
    const key = this.#keyOf(topic, index)
    const asked = this.partitions.get(key)
    if (!asked) return
    asked.unwatch?.()
    this.#takeOut(asked)
    this.partitions.delete(key)
  }

  /** Nobody will ask again. */
  end(): void {
    this.#isOver = true
    for (const asked of this.partitions.values()) {
      asked.unwatch?.()
      asked.unwatch = null
    }
  }
}

type WantedPartition = FetchRequest['topics'][number]['partitions'][number]
type NamedTopic = Pick<FetchRequest['topics'][number], 'topic' | 'topicId'>

function namesMany({ topics, forgottenTopicsData }: FetchRequest): boolean {
  let count = topics.length + forgottenTopicsData.length
  for (const { partitions } of topics) count += partitions.length
  for (const { partitions } of forgottenTopicsData) count += partitions.length
  return count > FEW
}

/** What one fetch asks for, out of its session or not. */
export interface Fetching {
  readonly context: FetchContext
  /** Whether an unchanged partition may be left out of the answer. */
  readonly incremental: boolean
}

interface Session {
  readonly context: FetchContext
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
  begin(request: FetchRequest, version: number, slices: Slices): Fetching | ErrorName | Promise<Fetching> {
    const usesTopicIds = version >= TOPIC_IDS_SINCE
    if (request.sessionEpoch === 0 || request.sessionEpoch === -1) return this.#full(request, usesTopicIds, slices)
    const session = this.#sessions.get(request.sessionId)
    if (!session) return 'FETCH_SESSION_ID_NOT_FOUND'
    const { context } = session
    if (context.usesTopicIds !== usesTopicIds) return 'FETCH_SESSION_TOPIC_ID_ERROR'
    if (session.epoch !== request.sessionEpoch) return 'INVALID_FETCH_SESSION_EPOCH'
    session.epoch = nextEpoch(session.epoch)
    session.usedAt = this.#clock.monotonic()
    return this.#updated({ context, incremental: true }, request, slices)
  }

  #full(request: FetchRequest, usesTopicIds: boolean, slices: Slices): Fetching | Promise<Fetching> {
    this.#end(request.sessionId)
    const id = request.sessionEpoch === 0 && this.#hasRoom() ? this.#newId() : 0
    const context = new FetchContext(id, usesTopicIds)
    if (id !== 0) this.#sessions.set(id, { context, epoch: 1, usedAt: this.#clock.monotonic() })
    return this.#updated({ context, incremental: false }, request, slices)
  }

  #updated(fetching: Fetching, request: FetchRequest, slices: Slices): Fetching | Promise<Fetching> {
    const updating = fetching.context.update(request, slices)
    return updating ? updating.then(() => fetching) : fetching
  }

  #end(id: number): void {
    this.#sessions.get(id)?.context.end()
    this.#sessions.delete(id)
  }

  #hasRoom(): boolean {
    if (this.#sessions.size < this.#slots) return true
    let oldest: Session | null = null
    for (const session of this.#sessions.values()) if (!oldest || session.usedAt < oldest.usedAt) oldest = session
    if (!oldest || this.#clock.monotonic() - oldest.usedAt < EVICTABLE_AFTER_MS) return false
    this.#end(oldest.context.sessionId)
    return true
  }

  #newId(): number {
    for (let attempt = 0; attempt < 100; attempt++) {
      const id = 1 + Math.floor(this.#random.next() * 0x7fff_fffe)
      if (!this.#sessions.has(id)) return id
    }
    assert(false, 'a hundred random session ids were all taken')
  }
}

function nextEpoch(epoch: number): number {
  return epoch === 0x7fff_ffff ? 1 : epoch + 1
}
