// What leading a partition with several replicas takes, for one leader epoch: how far each follower is, who is in sync, and the high watermark
// that follows from both. Only the controller changes the list of in-sync replicas; a leader proposes, one question at a time.

import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/logger.ts'
import { KafkaError } from '../protocol/errors.ts'
import { type FollowerFetch, FollowerProgress, type Pulse } from './follower-progress.ts'
import type { IsrChanged, ReplicationLinks } from './links.ts'
import { OffsetLine } from './purgatory.ts'
import type { PartitionRole } from './role.ts'

/** The partition, as far as its leadership asks. */
export interface LedPartition {
  readonly name: string
  readonly topic: string
  readonly topicId: string
  readonly index: number
  readonly localId: number
  readonly clock: Clock
  readonly logger: Logger
  readonly links: ReplicationLinks
  readonly endOffset: number
  /** Up to where our own copy is as durable as the flush policy wants it. */
  readonly durableOffset: number
  readonly highWatermark: number
  readonly startOffset: number
  /** min.insync.replicas, as far as there are replicas. */
  readonly minInSync: number
  /** Who is in sync, or how far, has changed: the high watermark may move. */
  changed(): void
  /** A follower was given what lies from `offset` on, and asks for it again: it may be damaged here. */
  doubt(offset: number): void
}

/** After an answer that says nothing of the partition (the controller is gone, or busy) the same question is put again. */
const ASK_AGAIN_MS = 200

interface Question {
  readonly newIsr: readonly number[]
}

/** What the controller's refusals mean for the question. */
const NOT_APPLIED: ReadonlySet<string> = new Set(['OPERATION_NOT_ATTEMPTED', 'INELIGIBLE_REPLICA', 'INVALID_REQUEST'])
const METADATA_WILL_TELL: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'FENCED_LEADER_EPOCH',
  'INVALID_UPDATE_VERSION',
  'NEW_LEADER_ELECTED',
])

/** A leader epoch of this broker's. */
export interface LedEpoch {
  readonly epoch: number
  /** Where the log ended when it began. */
  readonly startOffset: number
  /** When it began, by the monotonic clock. */
  readonly since: number
}

export class Leadership {
  readonly #partition: LedPartition
  readonly leaderEpoch: number
  readonly #since: number
  /** Where our log ended when the epoch began: who is in sync has everything before it, or it could miss what an earlier leader committed. */
  readonly #epochStart: number
  readonly #followers = new Map<number, FollowerProgress>()
  #partitionEpoch = -1
  #isr: readonly number[] = []
  /** As if a change that was asked for were made, and as if not: who is in either list holds the high watermark back. */
  #maximalIsr: ReadonlySet<number> = new Set()
  /**
   * Who left by an answer of the controller, while the metadata here are older than it. They hold the high watermark back, too: the controller may have known a
   * larger min.insync.replicas than we do, and have made them eligible to lead (KIP-966), so that nothing may be committed without them.
   */
  #leaving: readonly number[] = []
  #pending: Question | null = null
  #isOver = false
  /** The controller does not let go of us although our copy is damaged. */
  #mustLead = false
  /** Who waits for records to be gone everywhere; null while nobody ever did. */
  #started: OffsetLine | null = null

  constructor(partition: LedPartition, role: PartitionRole, { startOffset, since }: LedEpoch) {
    this.#partition = partition
    this.leaderEpoch = role.leaderEpoch
    this.#epochStart = startOffset
    this.#since = since
    this.update(role)
  }

  /** How long we lead in this epoch. */
  get ageMs(): number {
    return this.#partition.clock.monotonic() - this.#since
  }

  get partitionEpoch(): number {
    return this.#partitionEpoch
  }

  /** As the controller last said. */
  get isr(): readonly number[] {
    return this.#isr
  }

  get followers(): Iterable<FollowerProgress> {
    return this.#followers.values()
  }

  follower(brokerId: number): FollowerProgress | undefined {
    return this.#followers.get(brokerId)
  }

  /** The leadership is over: answers that still come concern nobody. */
  end(): void {
    this.#isOver = true
    this.#started?.fail(new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.#partition.name} is led by somebody else now`))
  }

  /** Takes over what the metadata says of this leader epoch. An older partition epoch than the one we know changes nothing. */
  update({ replicas, isr, partitionEpoch }: PartitionRole): void {
    if (partitionEpoch < this.#partitionEpoch) return
    const { localId, clock } = this.#partition
    const now = clock.monotonic()
    for (const id of this.#followers.keys()) if (!replicas.includes(id)) this.#followers.delete(id)
    for (const id of replicas) {
      if (id === localId || this.#followers.has(id)) continue
      this.#followers.set(id, new FollowerProgress(id, isr.includes(id) ? now : Number.NEGATIVE_INFINITY))
    }
    // What we asked for in an earlier partition epoch is in this one, or never will be.
    if (partitionEpoch > this.#partitionEpoch) this.#settled(isr, partitionEpoch)
    this.#leaving = []
  }

  #settled(isr: readonly number[], partitionEpoch: number): void {
    this.#pending = null
    // A broker whose disk failed may be there all the time, and never fetch again.
    for (const id of this.#isr) if (!isr.includes(id)) this.#followers.get(id)?.left(this.#partition.clock.monotonic())
    this.#isr = isr
    this.#maximalIsr = new Set(isr)
    this.#partitionEpoch = partitionEpoch
  }

  // ---- followers

  /**
   * A follower fetched. Throws UNKNOWN_LEADER_EPOCH where we do not know it for a replica (yet: its metadata may be ahead of ours), and
   * NOT_LEADER_OR_FOLLOWER for an earlier life of it.
   */
  fetchedBy(brokerId: number, fetch: FollowerFetch): void {
    const { name, highWatermark } = this.#partition
    const follower = this.#followers.get(brokerId)
    if (!follower)
      throw new KafkaError('UNKNOWN_LEADER_EPOCH', `node ${brokerId} is no replica of ${name} as far as is known here`)
    if (!follower.fetched(fetch, highWatermark)) {
      const { brokerEpoch } = follower
      throw new KafkaError(
        'NOT_LEADER_OR_FOLLOWER',
        `node ${brokerId} fetched with broker epoch ${fetch.brokerEpoch}, and with ${brokerEpoch} before`,
      )
    }
    if (follower.asksAgain) this.#partition.doubt(fetch.offset)
    if (this.#maximalIsr.has(brokerId)) {
      if (follower.hasLostCommitted(fetch.at)) this.#shrink([follower])
    } else this.#expand([follower])
    this.#started?.reach(this.lowWatermark)
    this.#partition.changed()
  }

  /** A follower's last fetch is answered with records. */
  gave(brokerId: number): void {
    this.#followers.get(brokerId)?.gave()
  }

  /** What lies before it is gone on every replica whose broker is there. */
  get lowWatermark(): number {
    const { startOffset, links } = this.#partition
    const living = [...this.#followers.values()].filter(({ brokerId }) => links.brokers.activeEpochOf(brokerId) !== null)
    return living.reduce((least, follower) => Math.min(least, follower.startOffset), startOffset)
  }

  /** The low watermark, once it is at `offset`; REQUEST_TIMED_OUT after `timeoutMs`. */
  startedAt(offset: number, timeoutMs: number): Promise<number> {
    this.#started ??= new OffsetLine(this.#partition.clock, 0)
    this.#started.reach(this.lowWatermark)
    const waiting = this.#started.until(offset, timeoutMs) ?? Promise.resolve()
    return waiting.then(() => this.lowWatermark)
  }

  restsOn(brokerId: number, pulse: Pulse): (() => void) | undefined {
    return this.#followers.get(brokerId)?.restsOn(pulse)
  }

  isInSync(brokerId: number): boolean {
    return this.#isr.includes(brokerId)
  }

  /** How far everything is safe; null where it stays as it is. Never more than every replica that is, or is about to be, in sync has. */
  get safeOffset(): number | null {
    const { durableOffset, endOffset, minInSync, clock, links } = this.#partition
    // Who leaves while too few are in sync stays eligible to lead (KIP-966), which is true only if nothing is committed without it.
    if (this.#isr.length < minInSync) return null
    let safe = durableOffset
    for (const follower of this.#followers.values()) {
      if (follower.endOffset >= safe) continue
      if (this.#counts(follower.brokerId) || this.#isAboutToJoin(follower, endOffset, clock.monotonic(), links))
        safe = follower.endOffset
    }
    return safe
  }

  #counts(brokerId: number): boolean {
    return this.#maximalIsr.has(brokerId) || this.#leaving.includes(brokerId)
  }

  // It would run after a high watermark that runs away from it, and never join.
  #isAboutToJoin(follower: FollowerProgress, endOffset: number, now: number, { brokers, config }: ReplicationLinks): boolean {
    return (
      follower.endOffset >= 0 &&
      follower.isCaughtUp(endOffset, now, config()['replica.lag.time.max.ms']) &&
      follower.mayJoin(brokers)
    )
  }

  // ---- who is in sync

  /** Looks who fell behind for longer than `replica.lag.time.max.ms`, and who may join after all. To be called a few times in that time. */
  review(): void {
    const { clock, endOffset, links } = this.#partition
    this.#started?.reach(this.lowWatermark) // one that it waited for may be gone
    const now = clock.monotonic()
    const maxLagMs = links.config()['replica.lag.time.max.ms']
    const late = [...this.#followers.values()].filter(
      (follower) => this.#isr.includes(follower.brokerId) && !follower.isCaughtUp(endOffset, now, maxLagMs),
    )
    if (late.length > 0) return this.#shrink(late)
    // One that is late may have what is committed only because nothing is committed without it.
    this.#expand([...this.#followers.values()].filter((follower) => follower.isCaughtUp(endOffset, now, maxLagMs)))
  }

  #expand(followers: readonly FollowerProgress[]): void {
    if (this.#pending || this.#isOver) return
    const { highWatermark, links } = this.#partition
    const least = Math.max(highWatermark, this.#epochStart)
    const joining = followers.filter(
      (follower) => !this.#isr.includes(follower.brokerId) && follower.endOffset >= least && follower.mayJoin(links.brokers),
    )
    if (joining.length > 0) this.#propose([...this.#isr, ...joining.map(({ brokerId }) => brokerId)].sort((a, b) => a - b))
  }

  #shrink(leaving: readonly FollowerProgress[]): void {
    if (this.#pending || this.#isOver) return
    const ids = new Set(leaving.map(({ brokerId }) => brokerId))
    this.#propose(this.#isr.filter((id) => !ids.has(id)))
  }

  /** Our copy is damaged: another one of those in sync shall lead. Nothing where we are the only one, or must lead all the same. */
  resign(): void {
    const { localId } = this.#partition
    const others = this.#isr.filter((id) => id !== localId)
    if (others.length === 0 || this.#pending || this.#isOver || this.#mustLead) return
    this.#propose(others)
  }

  #propose(newIsr: readonly number[]): void {
    const question = { newIsr }
    this.#pending = question
    this.#maximalIsr = new Set([...this.#isr, ...newIsr])
    this.#ask(question)
  }

  #ask(question: Question): void {
    const { topic, topicId, index, links } = this.#partition
    const change = {
      topic,
      topicId,
      partition: index,
      leaderEpoch: this.leaderEpoch,
      partitionEpoch: this.#partitionEpoch,
      newIsr: question.newIsr.map((brokerId) => ({ brokerId, brokerEpoch: this.#brokerEpochOf(brokerId) })),
      leaderRecoveryState: 0,
    }
    links.isrKeeper.alter(change).then(
      (changed) => this.#answered(question, changed),
      (thrown: unknown) => this.#refused(question, KafkaError.of(thrown)),
    )
  }

  #brokerEpochOf(brokerId: number): number {
    const { localId, links } = this.#partition
    return brokerId === localId ? links.brokerEpoch() : (this.#followers.get(brokerId)?.brokerEpoch ?? -1)
  }

  #answered(question: Question, { leaderEpoch, isr, partitionEpoch }: IsrChanged): void {
    if (this.#isOver || this.#pending !== question) return
    // Somebody else leads, or the answer is older than what we know by now: the metadata tells the rest.
    if (leaderEpoch !== this.leaderEpoch || partitionEpoch < this.#partitionEpoch) return
    this.#leaving = [...this.#leaving, ...this.#isr].filter((id) => !isr.includes(id))
    this.#settled(isr, partitionEpoch)
    this.#partition.changed()
  }

  #refused(question: Question, why: KafkaError): void {
    if (this.#isOver || this.#pending !== question) return
    const { name, logger, clock, localId } = this.#partition
    const facts = { partition: name, newIsr: question.newIsr, error: why }
    if (NOT_APPLIED.has(why.error)) {
      logger.warn('the controller refused a change of the in-sync replicas', facts)
      if (!question.newIsr.includes(localId)) this.#mustLead = true
      this.#settled(this.#isr, this.#partitionEpoch)
      return this.#partition.changed()
    }
    // It may have been applied: until the metadata says, the larger list counts.
    if (METADATA_WILL_TELL.has(why.error)) return logger.info('a change of the in-sync replicas came too late', facts)
    logger.warn('a change of the in-sync replicas could not be asked for and is asked for again', facts)
    clock.after(ASK_AGAIN_MS, () => {
      if (!this.#isOver && this.#pending === question) this.#ask(question)
    })
  }
}
