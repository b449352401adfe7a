// Incremental fetch sessions (KIP-227): a client names its partitions once and then only what changed; answers leave out what did not.

import { assert } from '../base/assert.ts'
import { type Link, LinkedList } from '../base/linked-list.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { Slices } from '../platform/slices.ts'
import type { ErrorName } from '../protocol/errors.ts'
import type { FetchRequest } from '../protocol/messages/fetch.ts'
import type { Partition } from '../replication/partition.ts'
import { replicaIdOf } from './fetch-readers.ts'

/** From this version on topics are named by id (KIP-516). */
export const TOPIC_IDS_SINCE = 13
/** A session that was not used for so long may make room for another (Kafka's own figure, ms). */
const EVICTABLE_AFTER_MS = 120_000

/** What names more partitions is taken in slices. */
const FEW = 1000
/** Of all sessions together: some hundred bytes each, for as long as a client likes. */
const MOST_PARTITIONS = 1_000_000

/** What was seen of a partition when it was last looked at. */
export interface Seen {
  readonly partition: Partition
  /** How it stood: leading or not, in which epoch. */
  readonly term: number
  /** What has to move before there can be more for this reader: the high watermark, for a follower the end. */
  readonly horizon: number
  readonly startOffset: number
  /** The log's size when it ended at the horizon; else less than any, since it is not known where in it the horizon lay. */
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
  /** Of a follower's log; -1 of a consumer. */
  logStartOffset = -1
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
  /** When the last request came: of a follower's partitions that rest, it says that the follower still has all there is. */
  readonly pulse = { at: Number.NEGATIVE_INFINITY }
  #isolationLevel: number | null = null
  #replicaId = -1
  #isOver = false

  constructor(sessionId: number, usesTopicIds: boolean) {
    this.sessionId = sessionId
    this.usesTopicIds = usesTopicIds
  }

  /** The node id of the follower whose session this is; -1 for a consumer. */
  get replicaId(): number {
    return this.#replicaId
  }

  /** The client has all there is: the partition is not looked at until it changes. Called in the turn in which it was seen. */
  rest(asked: FetchedPartition): void {
    if (this.#isOver || !asked.seen || !this.#takeOut(asked)) return
    asked.unwatch?.()
    const { partition } = asked.seen
    if (this.#replicaId < 0) asked.unwatch = partition.watch(() => this.#wake(asked))
    else asked.unwatch = this.#watchForReplica(asked, partition)
  }

  // New records wake a follower. That more is committed is only looked at, and told, with its next answer: it need not hurry, and would ask twice as often.
  #watchForReplica(asked: FetchedPartition, partition: Partition): () => void {
    const over = partition.restsOn(this.#replicaId, this.pulse)
    const stops = [partition.watchAppends(() => this.#wake(asked)), partition.watch(() => this.#makeActive(asked))]
    return () => {
      over?.() // a follower that asks for the partition no more, as its disk failed, has no pulse there
      for (const stop of stops) stop()
    }
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
  #updateAll(request: FetchRequest): void {
    const { isolationLevel, maxBytes } = request
    const replicaId = replicaIdOf(request)
    const isOther = this.#isolationLevel !== null && (this.#isolationLevel !== isolationLevel || this.#replicaId !== replicaId)
    if (maxBytes < 0 || isOther) for (const asked of this.partitions.values()) this.#activate(asked)
    this.#isolationLevel = isolationLevel
    this.#replicaId = replicaId
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
    asked.logStartOffset = wanted.logStartOffset
    // A follower that asks anew may have had no use for what it was told: it had to cut its log first, or was in another epoch.
    if (this.#replicaId >= 0) asked.toldHighWatermark = -1
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
  let count = topics.length + forgottenTopicsData.length + partitionsIn(topics)
  for (const { partitions } of forgottenTopicsData) count += partitions.length
  return count > FEW
}

function partitionsIn(topics: FetchRequest['topics']): number {
  let count = 0
  for (const { partitions } of topics) count += partitions.length
  return count
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
  /** How many of its partitions are in the count of all. */
  counted: number
}

export class FetchSessions {
  readonly #sessions = new Map<number, Session>()
  readonly #slots: number
  readonly #clock: Clock
  readonly #random: Random
  readonly #mostPartitions: number
  #partitions = 0

  /**
   * @param slots `max.incremental.fetch.session.cache.slots`
   * @param mostPartitions of all sessions together; who comes with more goes without a session
   */
  constructor(slots: number, clock: Clock, random: Random, mostPartitions = MOST_PARTITIONS) {
    this.#slots = slots
    this.#mostPartitions = mostPartitions
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
    if (!this.#hasPlaces(request)) {
      this.#end(request.sessionId)
      return 'FETCH_SESSION_ID_NOT_FOUND' // the client names all it wants then, without a session if need be
    }
    session.epoch = nextEpoch(session.epoch)
    session.usedAt = context.pulse.at = this.#clock.monotonic()
    return this.#updated(session, { context, incremental: true }, request, slices)
  }

  #full(request: FetchRequest, usesTopicIds: boolean, slices: Slices): Fetching | Promise<Fetching> {
    this.#end(request.sessionId)
    const mayStay = request.sessionEpoch === 0 && this.#hasPlaces(request) && this.#hasRoom(replicaIdOf(request) >= 0)
    const id = mayStay ? this.#newId() : 0
    const context = new FetchContext(id, usesTopicIds)
    context.pulse.at = this.#clock.monotonic()
    const session = id === 0 ? null : { context, epoch: 1, usedAt: context.pulse.at, counted: 0 }
    if (session) this.#sessions.set(id, session)
    return this.#updated(session, { context, incremental: false }, request, slices)
  }

  #updated(session: Session | null, fetching: Fetching, request: FetchRequest, slices: Slices): Fetching | Promise<Fetching> {
    const updating = fetching.context.update(request, slices)
    if (updating) return updating.then(() => this.#counted(session, fetching))
    return this.#counted(session, fetching)
  }

  #counted(session: Session | null, fetching: Fetching): Fetching {
    if (!session || this.#sessions.get(session.context.sessionId) !== session) return fetching // it may be over by now
    const { size } = session.context.partitions
    this.#partitions += size - session.counted
    session.counted = size
    return fetching
  }

  #hasPlaces({ topics }: FetchRequest): boolean {
    return this.#partitions + partitionsIn(topics) <= this.#mostPartitions
  }

  #end(id: number): void {
    const session = this.#sessions.get(id)
    if (!session) return
    session.context.end()
    this.#partitions -= session.counted
    this.#sessions.delete(id)
  }

  // A follower that has to tell all its partitions each time is a burden for everybody: it takes the place of a consumer that was silent longest.
  #hasRoom(isForReplica: boolean): boolean {
    if (this.#sessions.size < this.#slots) return true
    const oldest = this.#oldest(() => true)
    const loser =
      oldest && this.#isSilent(oldest) ? oldest : isForReplica ? this.#oldest(({ context }) => context.replicaId < 0) : null
    if (!loser) return false
    this.#end(loser.context.sessionId)
    return true
  }

  #oldest(mayGo: (session: Session) => boolean): Session | null {
    let oldest: Session | null = null
    for (const session of this.#sessions.values())
      if (mayGo(session) && (!oldest || session.usedAt < oldest.usedAt)) oldest = session
    return oldest
  }

  #isSilent({ usedAt }: Session): boolean {
    return this.#clock.monotonic() - usedAt >= EVICTABLE_AFTER_MS
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
