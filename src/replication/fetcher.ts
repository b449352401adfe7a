// Fetches what one leader has for the partitions that follow it here: one request at a time, in one session, and never a word of having what is not
// yet as durable as the flush policy wants it.

import { type Deferred, deferred } from '../base/deferred.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { Slices } from '../platform/slices.ts'
import { errorName, KafkaError } from '../protocol/errors.ts'
import type { FetchResponse } from '../protocol/messages/fetch.ts'
import { FetchSession, keyOf } from './fetch-session.ts'
import type { Follower, LeaderOffsets } from './follower.ts'
import type { LeaderClient, ReplicationLinks } from './links.ts'
import type { ReplicationQuota } from './replication-quota.ts'

export interface FetcherOptions {
  readonly localId: number
  readonly leaderId: number
  readonly clientId: string
  readonly links: ReplicationLinks
  readonly clock: Clock
  readonly logger: Logger
  readonly quota: ReplicationQuota
}

/** Partitions that come together in the metadata come together in a request. */
const GATHER_MS = 2
/** How long a throttled partition waits before it looks again. */
const THROTTLED_MS = 250
/** How often all are looked at, and not only those with news: quotas, configurations and the starts of logs change without a word to us. */
const LOOK_AT_ALL_MS = 500
const LATEST = -1
const EARLIEST = -2

export class Fetcher {
  readonly #options: FetcherOptions
  readonly #slices: Slices
  readonly #followers = new Map<string, Follower>()
  readonly #session = new FetchSession()
  #client: LeaderClient
  /** Those to look at before the next request. */
  #restless: Follower[] = []
  #lookedAtAll = Number.NEGATIVE_INFINITY
  #isUnderWay = false
  #isInterrupted = false
  #isStopped = false
  #isUnreachable = false
  #gathering: Timer | null = null
  #alarm: Timer | null = null
  #wake: Deferred<void> | null = null

  constructor(options: FetcherOptions) {
    this.#options = options
    this.#slices = Slices.of(options.clock)
    this.#client = options.links.connect(options.leaderId, options.clientId)
    void this.#run()
  }

  get isIdle(): boolean {
    return this.#followers.size === 0
  }

  add(follower: Follower): void {
    this.#followers.set(follower.key, follower)
    this.lookAgain(follower)
    this.#gather(GATHER_MS)
  }

  /** It is looked at before the next request. */
  lookAgain(follower: Follower): void {
    if (follower.isRestless) return
    follower.isRestless = true
    this.#restless.push(follower)
  }

  remove(follower: Follower): void {
    const { key } = follower
    if (this.#followers.get(key) !== follower) return
    this.#followers.delete(key)
    this.#session.leave(key)
  }

  stop(): void {
    this.#isStopped = true
    this.#gathering?.cancel()
    this.#alarm?.cancel()
    this.#client.close()
    this.#stir()
  }

  // A leader may hold a request for half a second; who comes meanwhile shall not wait for that. What the leader told with an answer that nobody took is
  // not told again in that session: another one takes its place, on a new connection.
  #gather(ms: number): void {
    if (this.#isStopped) return
    this.#gathering ??= this.#options.clock.after(ms, () => {
      this.#gathering = null
      this.#stir()
      if (!this.#isUnderWay || !this.#isSomebodyLeftOut()) return
      this.#isInterrupted = true
      this.#client.close()
    })
  }

  #isSomebodyLeftOut(): boolean {
    const { clock, quota } = this.#options
    const now = clock.monotonic()
    return this.#restless.some((follower) => {
      const isLeftOut = follower.mayAsk(now) && this.#session.asked(follower.key)?.currentLeaderEpoch !== follower.leaderEpoch
      // One that is throttled is in no hurry: it comes along with the next request.
      return isLeftOut && !quota.concerns(follower.partition, follower.isInSync)
    })
  }

  #stir(): void {
    this.#wake?.resolve()
    this.#wake = null
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      try {
        this.#look()
        if (this.#session.isEmpty) await this.#somethingToDo()
        else await this.#round()
      } catch (thrown) {
        if (this.#isStopped) return
        this.#session.lost()
        this.#tellUnreachable(thrown)
        await this.#pause(this.#backoffMs)
      }
    }
  }

  async #somethingToDo(): Promise<void> {
    this.#wake ??= deferred<void>()
    await this.#wake.promise
  }

  // With thousands of partitions that have nothing new, a look at each of them would be most of what a request costs.
  #look(): void {
    const { clock, links } = this.#options
    const now = clock.monotonic()
    const isAll = !this.#session.isOpen || now - this.#lookedAtAll >= LOOK_AT_ALL_MS
    const looked = this.#restless
    for (const follower of looked) follower.isRestless = false
    this.#restless = []
    if (isAll) this.#lookedAtAll = now
    const maxBytes = links.config()['replica.fetch.max.bytes']
    for (const follower of isAll ? this.#followers.values() : looked) this.#lookAt(follower, now, maxBytes)
    this.#setAlarm(now)
  }

  #lookAt(follower: Follower, now: number, maxBytes: number): void {
    const { key } = follower
    if (this.#followers.get(key) !== follower) return // gone meanwhile
    if (this.#options.quota.mustWait(follower.partition, follower.isInSync))
      follower.restsUntil = Math.max(follower.restsUntil, now + THROTTLED_MS)
    this.#awaitDisk(follower) // also of what came in an earlier epoch, or an earlier life
    if (follower.mayAsk(now)) return this.#session.ask(key, follower.position(maxBytes))
    this.#session.leave(key)
    if (!follower.isWaiting && !follower.isOver) this.lookAgain(follower)
  }

  /** For the first of those who rest: all who are restless now. */
  #setAlarm(now: number): void {
    this.#alarm?.cancel()
    this.#alarm = null
    if (this.#restless.length === 0) return
    const next = this.#restless.reduce((first, { restsUntil }) => Math.min(first, restsUntil), Number.POSITIVE_INFINITY)
    this.#alarm = this.#options.clock.after(Math.max(1, next - now), () => this.#gather(0))
  }

  async #round(): Promise<void> {
    const answer = await this.#ask()
    if (answer && !this.#isStopped) await this.#take(answer)
  }

  /** Null where the request was given up, or its session was not known: another one follows at once. */
  async #ask(): Promise<FetchResponse | null> {
    const { localId, leaderId, clientId, links } = this.#options
    const config = links.config()
    this.#isUnderWay = true
    try {
      const answer = await this.#client.fetch({
        maxWaitMs: config['replica.fetch.wait.max.ms'],
        minBytes: config['replica.fetch.min.bytes'],
        maxBytes: config['replica.fetch.response.max.bytes'],
        isolationLevel: 0,
        rackId: '',
        replicaState: { replicaId: localId, replicaEpoch: links.brokerEpoch() },
        ...this.#session.next(),
      })
      return this.#isAnswered(answer) ? answer : null
    } catch (thrown) {
      if (!this.#isInterrupted || this.#isStopped) throw thrown
      this.#session.lost()
      return null
    } finally {
      if (this.#isInterrupted && !this.#isStopped) this.#client = links.connect(leaderId, clientId)
      this.#isUnderWay = false
      this.#isInterrupted = false
    }
  }

  #isAnswered({ errorCode, sessionId }: FetchResponse): boolean {
    if (errorCode === 0) {
      this.#session.answered(sessionId)
      this.#isUnreachable = false
      return true
    }
    const error = errorName(errorCode)
    const isOfSession = error === 'FETCH_SESSION_ID_NOT_FOUND' || error === 'INVALID_FETCH_SESSION_EPOCH'
    if (!isOfSession || !this.#session.isOpen) throw new KafkaError(error, 'the leader refused a whole fetch')
    if (error === 'FETCH_SESSION_ID_NOT_FOUND') this.#session.forgotten()
    else this.#session.lost()
    return false
  }

  async #take({ responses }: FetchResponse): Promise<void> {
    const { quota } = this.#options
    const waiting: (Promise<void> | undefined)[] = []
    for (const { topicId, partitions } of responses) {
      for (const data of partitions) {
        const key = keyOf({ topicId, index: data.partitionIndex })
        const follower = this.#followers.get(key)
        const position = this.#session.asked(key)
        if (!follower || !position || this.#isStopped) continue
        const isInSync = follower.isInSync
        const taken = await follower.take(data, position, this.#backoffMs, () => this.#leaderOffsets(follower))
        quota.count(follower.partition, data.records?.length ?? 0, isInSync)
        this.lookAgain(follower)
        if (taken === 'over') this.remove(follower)
        else {
          const { busy } = follower.partition // which holds up no other
          const ready = this.#awaitDisk(follower)
          if (!busy) waiting.push(ready)
        }
        await this.#slices.rest()
      }
    }
    if (waiting.some((promise) => promise !== undefined))
      await this.#atMost(Promise.all(waiting), this.#options.links.config()['replica.fetch.wait.max.ms'])
  }

  // By asking for what follows a record a follower says that it has it. And what is still being cut for a leader of an earlier epoch, or put into
  // another log directory, takes nothing. Undefined where there is nothing to wait for.
  #awaitDisk(follower: Follower): Promise<void> | undefined {
    if (follower.isWaiting) return undefined
    const { partition } = follower
    const ready = partition.busy ?? partition.kept()
    if (!ready) return undefined
    follower.isWaiting = true
    const settled = () => {
      follower.isWaiting = false
      this.lookAgain(follower)
      this.#gather(0) // it came too late for this round, if anybody still waits
    }
    return ready.then(settled, settled) // one that is over is taken away by who ended it
  }

  /** Where the leader's log begins and ends; asked only when our end lies outside of it. */
  async #leaderOffsets({ partition, leaderEpoch }: Follower): Promise<LeaderOffsets> {
    const endOffset = await this.#leaderOffset(partition.topic, partition.index, leaderEpoch, LATEST)
    return { endOffset, startOffset: await this.#leaderOffset(partition.topic, partition.index, leaderEpoch, EARLIEST) }
  }

  async #leaderOffset(topic: string, index: number, currentLeaderEpoch: number, timestamp: number): Promise<number> {
    const partitions = [{ partitionIndex: index, currentLeaderEpoch, timestamp }]
    const { topics } = await this.#client.listOffsets({
      replicaId: this.#options.localId,
      isolationLevel: 0,
      topics: [{ name: topic, partitions }],
    })
    const answer = topics[0]?.partitions[0]
    if (!answer)
      throw new KafkaError('UNKNOWN_SERVER_ERROR', `the leader of ${topic}-${index} does not say where its log begins and ends`)
    if (answer.errorCode !== 0)
      throw new KafkaError(errorName(answer.errorCode), `the leader of ${topic}-${index} did not tell its offsets`)
    return answer.offset
  }

  get #backoffMs(): number {
    return this.#options.links.config()['replica.fetch.backoff.ms']
  }

  #tellUnreachable(thrown: unknown): void {
    const { logger, leaderId } = this.#options
    const facts = { leader: leaderId, partitions: this.#followers.size, error: thrown }
    if (this.#isUnreachable) logger.debug('a leader cannot be fetched from', facts)
    else logger.warn('a leader cannot be fetched from; this is tried again and again', facts)
    this.#isUnreachable = true
  }

  /** A disk that is slow must not keep those on another one from going on. */
  #atMost(work: Promise<unknown>, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(ms, resolve)
      void work.then(() => {
        timer.cancel()
        resolve()
      })
    })
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#options.clock.after(ms, resolve))
  }
}
