// Keeps records coming: one Fetch on its way to each broker that leads (or is the closest replica of) something that this consumer reads, for all
// partitions there that have room. What waits for the program is bounded in bytes, for each broker and in all.

import type { PooledBytes } from '../../base/buffer-pool.ts'
import type { ConsumerSettings } from '../../config/client/consumer.ts'
import type { Exchange } from '../../net/peer.ts'
import type { Timer } from '../../platform/clock.ts'
import { codecNumber, ready } from '../../protocol/compression/index.ts'
import { FetchRequest, FetchResponse } from '../../protocol/messages/fetch.ts'
import type { Cluster } from '../cluster/cluster.ts'
import { ClientError, clientError } from '../errors/index.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { Assignment } from './assignment.ts'
import { FetchAnswers, type Fetched, surveysOf } from './fetch-answers.ts'
import { type FetchedPart, FetchSession } from './fetch-session.ts'
import type { ConsumerWatch } from './watch.ts'

const FETCH: Exchange<FetchRequest, FetchResponse> = { request: FetchRequest, response: FetchResponse }
const LAST_WITH_NAMES = 12
/** How long a broker waits for more while a partition of its own is only kept from it by what waits for the program: it may have room soon. */
const IMPATIENT_MS = 8
/** A handler that takes longer is not waited for by the partitions that want its room; and how often room is made for them. */
const SLOW_MS = 500
/** So many answers fill what may wait of a broker: their memory is free again one after the other, and used again while the CPU still has it at hand. */
const ANSWERS_A_SHARE = 8
/** What an answer has besides its records, generously: with them it takes no more than its part of the share. */
const AROUND_RECORDS = 64 * 1024
/** How long a broker is waited for that is told of the end. */
const GOODBYE_MS = 1000
const ZSTD = codecNumber('zstd')
const ISOLATION = { read_uncommitted: 0, read_committed: 1 } as const
const NOBODY: ReadonlySet<AssignedPartition> = new Set()

export interface FetcherOptions {
  readonly cluster: Cluster
  readonly config: ConsumerSettings
  readonly assignment: Assignment
  /** Partitions that a handler has been at work on for so long. */
  readonly atWorkFor: (ms: number) => ReadonlySet<AssignedPartition>
  /** Something may be handed out. */
  readonly onRecords: () => void
  /** The position of a partition has to be found. */
  readonly onSearch: () => void
  /** The records at its position are gone. */
  readonly onOutOfRange: (partition: AssignedPartition) => void
  /** It has a newer leader than the one that its position was compared with. */
  readonly onNewLeader: (partition: AssignedPartition, leaderEpoch: number) => void
  /** For the program: it cannot go on by itself. */
  readonly onError: (error: ClientError) => void
  readonly watch?: ConsumerWatch | undefined
}

/** A broker as it is fetched from. */
interface Source {
  readonly session: FetchSession
  isAsked: boolean
  /** Of answers that are not read to their end, and of their batches that are open. */
  bufferedBytes: number
  /** How long it was asked to wait last while a partition had no room. */
  waitMs: number
}

export class Fetcher {
  readonly #options: FetcherOptions
  readonly #sources = new Map<number, Source>()
  readonly #answers: FetchAnswers
  #isKicked = false
  /** Codecs that have to be loaded first are. */
  #hasCodecs = false
  #isOver = false
  /** When room was taken from slow handlers last. */
  #madeRoomAt = Number.NEGATIVE_INFINITY
  #retry: { readonly timer: Timer; readonly at: number } | null = null

  constructor(options: FetcherOptions) {
    this.#options = options
    this.#answers = new FetchAnswers(options)
  }

  /** Bytes of answers that wait for the program. */
  get bufferedBytes(): number {
    return [...this.#sources.values()].reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0)
  }

  /** Looks soon for what can be asked: something has changed. */
  kick(): void {
    if (this.#isKicked || this.#isOver) return
    this.#isKicked = true
    queueMicrotask(() => {
      this.#isKicked = false
      if (!this.#isOver) this.#askAll()
    })
  }

  /** Asks for nothing any more, and tells brokers so, as far as they hear it at once. */
  async close(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    this.#retry?.timer.cancel()
    await Promise.all([...this.#sources].map(([id, source]) => this.#endSession(id, source)))
  }

  /** A broker keeps as many sessions as it may: others want the place. */
  async #endSession(id: number, { session, isAsked }: Source): Promise<void> {
    const { cluster, config } = this.#options
    const fields = session.end()
    if (!fields) return
    // The connection of a Fetch that waits at the broker waits with it.
    const node = cluster.node(id, isAsked ? 'coordinator' : 'data')
    try {
      await node.send(
        FETCH,
        { ...fields, maxWaitMs: 0, minBytes: 0, maxBytes: 0, rackId: config.clientRack },
        { timeoutMs: GOODBYE_MS },
      )
    } catch (thrown) {
      if (!(thrown instanceof ClientError)) throw thrown
      cluster.platform.logger.debug('a broker was not told that a fetch session ends', { why: thrown.message })
    }
  }

  #askAll(): void {
    const { assignment, config } = this.#options
    const byNode = new Map<number, AssignedPartition[]>()
    for (const each of assignment.all) {
      const id = this.#sourceOf(each)
      if (id === null) continue
      const own = byNode.get(id)
      if (own) own.push(each)
      else byNode.set(id, [each])
    }
    const share = Math.max(1, Math.floor(config.prefetchMaxBytes / Math.max(1, byNode.size)))
    for (const [id, partitions] of byNode) {
      let source = this.#sources.get(id)
      if (!source) this.#sources.set(id, (source = { session: new FetchSession(), isAsked: false, bufferedBytes: 0, waitMs: 0 }))
      if (!source.isAsked) void this.#ask(id, source, partitions, share)
    }
  }

  /** Which broker to ask; null where that is not known, or there is nothing to ask for. */
  #sourceOf(each: AssignedPartition): number | null {
    const { cluster } = this.#options
    if (!each.hasPosition || each.isPaused || each.isHeld) return null
    const now = cluster.platform.clock.monotonic()
    if (each.notBefore > now) {
      this.#lookAgainAt(each.notBefore, now)
      return null
    }
    const topic = cluster.peekTopic(each.topic)
    const known = topic?.partitions[each.partition]
    if (!topic || !known || known.leaderId === null) {
      cluster.invalidate()
      return null
    }
    if (topic.id !== null && topic.id !== each.topicId) {
      if (each.topicId !== null) return this.#renew(each, topic.id)
      each.topicId = topic.id
    }
    if (known.leaderEpoch > each.checkedEpoch) {
      // A new leader may have less than the one before (KIP-320).
      this.#options.onNewLeader(each, known.leaderEpoch)
      if (each.checkedEpoch < known.leaderEpoch) return null
    }
    if (each.readReplica && each.readReplica.until < now) each.readReplica = null
    return each.readReplica?.id ?? known.leaderId
  }

  /** It is a partition of another topic of the same name. */
  #renew(each: AssignedPartition, topicId: string): null {
    each.renew(topicId)
    this.#options.onSearch()
    return null
  }

  #lookAgainAt(at: number, now: number): void {
    if (this.#retry && this.#retry.at <= at) return
    this.#retry?.timer.cancel()
    const timer = this.#options.cluster.platform.clock.after(Math.max(1, at - now), () => {
      this.#retry = null
      this.kick()
    })
    this.#retry = { timer, at }
  }

  async #ask(id: number, source: Source, partitions: readonly AssignedPartition[], share: number): Promise<void> {
    const { cluster, config, watch } = this.#options
    const room = share - source.bufferedBytes
    if (room <= 0) return this.#makeRoom(partitions)
    const limit = Math.max(1, config.maxPartitionFetchBytes)
    const hungry = partitions
      .filter(({ bufferedBytes }) => bufferedBytes < limit)
      .sort((a, b) => a.bufferedBytes - b.bufferedBytes)
    if (hungry.length === 0) return
    const isShort = hungry.length < partitions.length
    source.waitMs = isShort ? Math.min(config.fetchMaxWaitMs, Math.max(IMPATIENT_MS, source.waitMs)) : config.fetchMaxWaitMs
    const asked = new Map(hungry.map((each) => [each.name, { partition: each, turn: each.turn }]))
    const parts = hungry.map((each) => this.#partOf(each, limit))
    const most = Math.max(limit, Math.floor(share / ANSWERS_A_SHARE) - AROUND_RECORDS)
    source.isAsked = true
    const { clock } = cluster.platform
    const askedAt = clock.monotonic()
    watch?.fetchStarted?.(id)
    const held: { frame: PooledBytes | null } = { frame: null }
    try {
      const answer = await cluster.node(id).send(FETCH, (version) => this.#bodyOf(source, parts, version, room, most), {
        timeoutMs: config.requestTimeoutMs + source.waitMs,
        signal: cluster.lifetime.signal,
        hold: (frame) => {
          held.frame = frame
        },
        ...(parts.some(({ topicId }) => topicId === null) ? { maxVersion: LAST_WITH_NAMES } : {}),
      })
      const surveys = surveysOf(answer)
      // Zstandard may have to be loaded: not by everybody who reads, but before the first batch in it is opened.
      if (!this.#hasCodecs && [...surveys.values()].some(({ codecs }) => codecs.has(ZSTD))) {
        await ready()
        this.#hasCodecs = true
      }
      if (this.#isOver) return
      watch?.fetched?.(id, surveys.size, clock.monotonic() - askedAt)
      const trouble = source.session.answered(answer)
      if (trouble === null) this.#take(id, source, asked, { answer, surveys, frame: take(held) }, isShort)
      else this.#pause(hungry)
    } catch (thrown) {
      if (this.#isOver) return
      this.#failed(thrown, source, hungry)
    } finally {
      held.frame?.release()
      source.isAsked = false
      this.kick()
    }
  }

  #take(
    id: number,
    source: Source,
    asked: ReadonlyMap<string, { readonly partition: AssignedPartition; readonly turn: number }>,
    fetched: Fetched,
    isShort: boolean,
  ): void {
    let taken = 0
    this.#answers.take(id, source.session, asked, fetched, {
      take: (bytes) => {
        source.bufferedBytes += bytes
        taken += bytes
      },
      free: (bytes) => {
        source.bufferedBytes -= bytes
        source.waitMs = 0 // the program reads on: there may be room for others soon
        if (!source.isAsked) this.kick()
      },
    })
    if (taken > 0) {
      source.waitMs = 0
      this.#options.onRecords()
    } else if (isShort) source.waitMs *= 2
  }

  #partOf(each: AssignedPartition, maxBytes: number): FetchedPart {
    const topic = this.#options.cluster.peekTopic(each.topic)!
    return {
      topic: each.topic,
      topicId: topic.id,
      partition: each.partition,
      fetchOffset: each.fetchOffset,
      currentLeaderEpoch: topic.partitions[each.partition]!.leaderEpoch,
      maxBytes,
    }
  }

  #bodyOf({ session, waitMs }: Source, parts: readonly FetchedPart[], version: number, room: number, most: number) {
    const { config } = this.#options
    return {
      ...session.ask(parts, version),
      maxWaitMs: waitMs,
      minBytes: config.fetchMinBytes,
      maxBytes: Math.min(config.fetchMaxBytes, room, most),
      isolationLevel: ISOLATION[config.isolationLevel],
      rackId: config.clientRack,
    }
  }

  /**
   * What paused partitions keep is forgotten, because others wait for its room; and what those keep whose handlers take long, where others of this broker have
   * nothing: a little of theirs keeps whole answers in memory.
   */
  #makeRoom(partitions: readonly AssignedPartition[]): void {
    const { assignment, cluster, atWorkFor } = this.#options
    for (const each of assignment.all) if (each.isPaused && each.bufferedBytes > 0) each.clear()
    if (!partitions.some((each) => each.bufferedBytes === 0)) return
    const now = cluster.platform.clock.monotonic()
    const slow = now < this.#madeRoomAt + SLOW_MS ? NOBODY : atWorkFor(SLOW_MS)
    const isWanted = partitions.some((each) => each.bufferedBytes === 0 && !slow.has(each))
    const keeping = isWanted ? partitions.filter((each) => each.bufferedBytes > 0 && slow.has(each)) : []
    if (keeping.length === 0) return this.#lookAgainAt(now + SLOW_MS, now)
    this.#madeRoomAt = now
    for (const each of keeping) each.clear()
  }

  #failed(thrown: unknown, source: Source, partitions: readonly AssignedPartition[]): void {
    const { cluster, onError } = this.#options
    source.session.restart()
    const error = clientError(thrown, 'Fetch') as ClientError
    this.#pause(partitions)
    if (error.retriable === true) cluster.heed(error)
    else onError(error)
  }

  #pause(partitions: readonly AssignedPartition[]): void {
    const { cluster } = this.#options
    const now = cluster.platform.clock.monotonic()
    for (const each of partitions) {
      each.readReplica = null
      each.notBefore = now + cluster.retries.pauseMs(each.failures++)
    }
  }
}

/** What is held, which somebody else releases from now on. */
function take(held: { frame: PooledBytes | null }): PooledBytes | null {
  const { frame } = held
  held.frame = null
  return frame
}
