// Sends what waits: batches that are full or have waited long enough, to the leaders of their partitions, several requests at once and each partition's
// batches in their order. It wakes up when something has changed, and when time has passed that somebody waits for.

import type { Timer } from '../../platform/clock.ts'
import type { Cluster } from '../cluster/cluster.ts'
import type { Metadata } from '../cluster/metadata.ts'
import { TransactionAbortedError } from '../errors/index.ts'
import type { Accumulator } from './accumulator.ts'
import type { ProducerBatch } from './batch.ts'
import type { Compressor } from './compressor.ts'
import { same } from './identity.ts'
import type { Lane } from './lane.ts'
import type { BatchMemory } from './memory.ts'
import type { Outcomes } from './outcomes.ts'
import { PRODUCE, ProduceCall, type ProduceSettings } from './produce-call.ts'
import type { ProducerIds } from './producer-ids.ts'
import type { Transactions } from './transactions.ts'

export interface SenderSettings {
  readonly acks: -1 | 0 | 1
  readonly lingerMs: number
  /** A batch does not wait while nothing at all is on its way: somebody may be waiting for it alone. */
  readonly isEager: boolean
  readonly maxRequestSize: number
  readonly requestTimeoutMs: number
  readonly deliveryTimeoutMs: number
  readonly maxInFlight: number
}

export interface SenderOptions {
  readonly cluster: Cluster
  readonly accumulator: Accumulator
  readonly memory: BatchMemory
  readonly compressor: Compressor
  readonly outcomes: Outcomes
  readonly settings: SenderSettings
  /** Null where nothing is numbered. */
  readonly ids: ProducerIds | null
  readonly transactions: Transactions | null
}

interface Seat {
  inFlight: number
  /** A request to it is being made ready; none may overtake it. */
  isPreparing: boolean
}

export class Sender {
  readonly #options: SenderOptions
  readonly #seats = new Map<number, Seat>()
  #inFlight = 0
  #isAwake = false
  #timer: Timer | null = null
  #timerAt = Number.POSITIVE_INFINITY
  #isOver = false
  /** Takes back that it hears of metadata: its cluster may outlive it. */
  readonly #unheard: () => void
  /** While somebody waits for all of it, nothing lingers. */
  #flushing = 0

  constructor(options: SenderOptions) {
    this.#options = options
    this.#unheard = options.cluster.onMetadata((metadata) => {
      this.#forget(metadata)
      this.wake()
    })
  }

  /** Something may be sent now: looked at in a turn of its own, after all that is ready in this one. */
  wake(): void {
    if (this.#isAwake || this.#isOver) return
    this.#isAwake = true
    this.#options.cluster.platform.clock.soon(() => this.#run())
  }

  /** Whether a new batch should be looked at now, and not when it has lingered. */
  get #isIdle(): boolean {
    return this.#options.settings.isEager && this.#inFlight === 0
  }

  /** Resolves when everything that is here now is done, well or not. Nothing lingers meanwhile. */
  async flush(): Promise<void> {
    this.#flushing++
    this.wake()
    try {
      await Promise.all([...this.#options.accumulator.incomplete].map(({ finished }) => finished))
    } finally {
      this.#flushing--
    }
  }

  /** Sends nothing any more; what is not done has failed. */
  stop(why: Error): void {
    this.#isOver = true
    this.#unheard()
    this.#timer?.cancel()
    for (const batch of this.#options.accumulator.incomplete) batch.fail(() => why)
  }

  #run(): void {
    this.#isAwake = false
    if (this.#isOver) return
    this.#giveUp()
    const now = this.#options.cluster.platform.clock.monotonic()
    const nextAt = Math.min(this.#options.outcomes.expire(now), this.#sendAll(now))
    // Why there are no numbers is told to who waits for them now; who comes later asks anew.
    this.#options.ids?.takeTrouble()
    this.#sleepUntil(nextAt, now)
  }

  /**
   * Lets go of topics that nobody has used for so long that their metadata are forgotten. Numbers that were given there must not be given again, so that
   * all goes on under another epoch; where only the coordinator gives those, partitions of the present one stay.
   */
  #forget({ topics }: Metadata): void {
    const { accumulator, ids, transactions } = this.#options
    const identity = ids?.identity ?? null
    const isOfNow = ({ sequences }: Lane) => identity !== null && same(sequences.identity, identity)
    const forgotten = accumulator.forget((lane) => !topics.has(lane.topic) && !(transactions && isOfNow(lane)))
    if (forgotten.some(isOfNow)) ids!.bump(identity)
  }

  /** Of a transaction that cannot be committed any more. */
  #giveUp(): void {
    const { transactions, outcomes } = this.#options
    if (!transactions?.hasFailed) return
    const { trouble, isFatal } = transactions
    if (isFatal) outcomes.failAll(trouble!)
    else outcomes.failAbsent(new TransactionAbortedError(trouble ? { cause: trouble } : {}))
  }

  #sleepUntil(at: number, now: number): void {
    // A timer that rings before looks again: most of what it was set for is done by then, and the next record would set it again.
    const looksAgain = this.#timerAt < at && at !== Number.POSITIVE_INFINITY
    if (at === this.#timerAt || looksAgain) return
    this.#timer?.cancel()
    this.#timer = null
    this.#timerAt = at
    if (at === Number.POSITIVE_INFINITY) return
    this.#timer = this.#options.cluster.platform.clock.after(Math.max(0, at - now), () => {
      this.#timer = null
      this.#timerAt = Number.POSITIVE_INFINITY
      this.wake()
    })
  }

  /** Sends what may be sent; gives when to look again, if nothing happens before. */
  #sendAll(now: number): number {
    const { accumulator, settings } = this.#options
    accumulator.endLinger(this.#mayLinger ? settings.lingerMs : 0, now)
    const { lingeringSince } = accumulator
    let nextAt = lingeringSince === null ? Number.POSITIVE_INFINITY : lingeringSince + settings.lingerMs
    for (;;) {
      const drained = new Map<number, { batches: ProducerBatch[]; sizeInBytes: number }>()
      for (const lane of [...accumulator.ready]) {
        const readyAt = this.#readyAt(lane, now)
        if (readyAt > now) {
          nextAt = Math.min(nextAt, readyAt)
          continue
        }
        const leaderId = this.#leaderOf(lane)
        if (leaderId === null) continue
        const openAt = this.#openAt(leaderId, now)
        if (openAt > now) {
          nextAt = Math.min(nextAt, openAt)
          continue
        }
        if (!this.#mayDrain(lane)) continue
        const request = drained.get(leaderId) ?? { batches: [], sizeInBytes: 0 }
        const { sizeInBytes } = lane.queue[0]!
        if (request.batches.length > 0 && request.sizeInBytes + sizeInBytes > settings.maxRequestSize) continue
        request.batches.push(this.#drain(lane))
        request.sizeInBytes += sizeInBytes
        drained.set(leaderId, request)
      }
      if (drained.size === 0) return nextAt
      for (const [leaderId, { batches }] of drained) this.#prepare(leaderId, batches)
    }
  }

  /** Whether a batch that has room waits for more records. */
  get #mayLinger(): boolean {
    const { memory, transactions } = this.#options
    return this.#flushing === 0 && !memory.isScarce && !transactions?.isEnding && !this.#isIdle
  }

  /** When the first batch of the lane may leave, as far as it alone is concerned. */
  #readyAt({ queue }: Lane, now: number): number {
    const first = queue[0]!
    if (first.retryAt > now) return first.retryAt
    const isDue = first.isClosed || queue.length > 1 || !this.#mayLinger
    return isDue ? now : first.createdAt + this.#options.settings.lingerMs
  }

  #leaderOf({ topic, partition }: Lane): number | null {
    const { cluster } = this.#options
    const leaderId = cluster.partition(topic, partition)?.leaderId ?? null
    if (leaderId !== null) return leaderId
    cluster.peekTopic(topic) // where it was forgotten meanwhile, it is asked for again
    cluster.invalidate()
    return null
  }

  /** When a request may go to this broker; never, until an answer comes from it, where it has enough of them. */
  #openAt(leaderId: number, now: number): number {
    const seat = this.#seat(leaderId)
    if (seat.isPreparing || seat.inFlight >= this.#options.settings.maxInFlight) return Number.POSITIVE_INFINITY
    return now + this.#options.cluster.node(leaderId).pauseMs
  }

  /** Whether the lane's first batch can be numbered, or needs no number. */
  #mayDrain(lane: Lane): boolean {
    const { ids, transactions, settings, outcomes } = this.#options
    const first = lane.queue[0]!
    // Without numbers, only one at a time keeps its order when it has to be sent again.
    if (!ids) return settings.maxInFlight > 1 || lane.onWire === 0
    if (transactions && !transactions.maySend(lane)) return false
    const { sequences } = lane
    if (!transactions) {
      if (sequences.needsRestart || sequences.resolved() === false) {
        ids.bump(sequences.identity)
        if (ids.identity) sequences.restart(ids.identity)
      }
    } else if (same(sequences.identity, ids.identity) && sequences.resolved() === false) outcomes.lostTrack(lane)
    const { identity } = ids
    if (identity) return sequences.mayDrain(first, identity)
    const trouble = ids.takeTrouble()
    if (trouble) outcomes.failUnnumbered(trouble)
    else if (!transactions) ids.ask()
    return false
  }

  #drain(lane: Lane): ProducerBatch {
    const { accumulator, ids, transactions } = this.#options
    const batch = lane.queue[0]!
    accumulator.remove(lane, batch)
    if (lane.queue.length > 0) accumulator.makeReady(lane) // the others have their turn first
    batch.isClosed = true
    batch.attempts++
    batch.isTransactional = transactions !== null
    batch.isOnWire = true
    lane.onWire++
    if (ids) lane.sequences.drained(batch, ids.identity!)
    transactions?.sending()
    return batch
  }

  #seat(leaderId: number): Seat {
    let seat = this.#seats.get(leaderId)
    if (!seat) this.#seats.set(leaderId, (seat = { inFlight: 0, isPreparing: false }))
    return seat
  }

  #prepare(leaderId: number, batches: readonly ProducerBatch[]): void {
    const seat = this.#seat(leaderId)
    seat.inFlight++
    this.#inFlight++
    const compressing = this.#options.compressor.compress(batches)
    if (!compressing) return void this.#send(leaderId, seat, batches)
    seat.isPreparing = true
    compressing
      .finally(() => {
        seat.isPreparing = false
      })
      .then(
        () => this.#send(leaderId, seat, batches),
        (thrown) => this.#over(seat, () => this.#options.outcomes.lost(batches, thrown)),
      )
  }

  async #send(leaderId: number, seat: Seat, batches: readonly ProducerBatch[]): Promise<void> {
    const { cluster, outcomes, settings } = this.#options
    const call = new ProduceCall(batches, cluster.metadata, this.#produceSettings())
    const { requestTimeoutMs: timeoutMs, acks } = settings
    const options = { timeoutMs, maxVersion: call.maxVersion, isUnanswered: acks === 0 }
    try {
      const answer = await cluster.node(leaderId).send(PRODUCE, (version) => call.body(version), options)
      this.#over(seat, () => (acks === 0 ? outcomes.unanswered(batches) : outcomes.answered(call, answer)))
    } catch (thrown) {
      this.#over(seat, () => outcomes.lost(batches, thrown))
    }
  }

  #produceSettings(): ProduceSettings {
    const { settings, transactions } = this.#options
    return {
      acks: settings.acks,
      timeoutMs: settings.requestTimeoutMs,
      transactionalId: transactions?.transactionalId ?? null,
      isExplicitlyAdded: transactions?.addsExplicitly ?? false,
    }
  }

  #over(seat: Seat, settle: () => void): void {
    seat.inFlight--
    this.#inFlight--
    settle()
    this.wake()
  }
}
