// One partition on this broker: whether we lead it, who is in sync, how far it is committed, and who waits for it.

import { assert } from '../base/assert.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import type { Log, LogRead } from '../log/log.ts'
import { copied } from '../log/log-read.ts'
import type { Appended, ReplicatedLog } from '../machine/machine.ts'
import { silentLogger } from '../platform/logger.ts'
import { KafkaError } from '../protocol/errors.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import type { LeaderAppended, RequiredAcks } from './acks.ts'
import { deletableUpTo } from './deletable.ts'
import type { FollowerFetch, Pulse } from './follower-progress.ts'
import { Leadership, type LedEpoch, type LedPartition } from './leadership.ts'
import { asLed } from './led-partition.ts'
import type { ReplicationLinks } from './links.ts'
import type { PartitionOptions } from './partition-options.ts'
import { AppendWatchers, OffsetLine, Watchers } from './purgatory.ts'
import { NOBODY, type PartitionRole, requireEpoch } from './role.ts'
import { Stillness } from './stillness.ts'

export type { LeaderAppended, RequiredAcks } from './acks.ts'
export type { FlushPolicy, PartitionOptions } from './partition-options.ts'
export type { PartitionRole } from './role.ts'

/** A disk that takes longer for a flush is ill; nobody's question should wait for it. */
const SETTLE_MS = 1000

/** Invariant: log.startOffset <= highWatermark <= log.endOffset. */
export class Partition implements ReplicatedLog {
  #log: Log
  readonly #options: PartitionOptions
  readonly #written: OffsetLine
  readonly #committed: OffsetLine
  /** While we follow: up to where our own copy is durable. */
  readonly #kept: OffsetLine
  readonly #watchers = new Watchers()
  /** Followers' fetches. */
  readonly #appendWatchers: AppendWatchers
  readonly #onCommit: ((committedOffset: number) => void)[] = []
  #onRetired: ((why: KafkaError) => void)[] = []
  #role: PartitionRole = NOBODY
  #leads = false
  /** The epoch that we lead in, or led in last. */
  #led: LedEpoch = { epoch: -1, startOffset: 0, since: 0 }
  /** Where we lead and others follow. */
  #leadership: Leadership | null = null
  /** The end is being cut off: nothing can be appended, so nobody leads with it. Resolves when that is over. */
  #cut: Deferred<void> | null = null
  readonly #stillness: Stillness
  #term = 0
  #gone: KafkaError | null = null

  constructor(log: Log, options: PartitionOptions) {
    this.#log = log
    this.#stillness = new Stillness(`${log.topic}-${log.partition}`)
    this.#options = options
    this.#written = new OffsetLine(options.clock, log.writtenOffset)
    this.#committed = new OffsetLine(options.clock, log.highWatermark)
    this.#kept = new OffsetLine(options.clock, this.durableOffset)
    this.#appendWatchers = new AppendWatchers(options.clock)
    this.#attend(log)
  }

  // One that was exchanged for another copy has no say any more.
  #attend(log: Log): void {
    const isOurs = () => this.#log === log
    log.onProgress(() => isOurs() && this.#advance())
    log.onDamage(() => isOurs() && this.#heedDamage())
    log.onBroken((why) => {
      if (isOurs())
        this.retire(new KafkaError('KAFKA_STORAGE_ERROR', `${this.name} is out of use: ${why.message}`, { cause: why }))
    })
  }

  /** Another one when it was put into another log directory. */
  get log(): Log {
    return this.#log
  }

  get topic(): string {
    return this.log.topic
  }

  get index(): number {
    return this.log.partition
  }

  get role(): PartitionRole {
    return this.#role
  }

  get isLeader(): boolean {
    return this.#leads
  }

  /** Retired: deleted here, or out of use with its directory. */
  get isOver(): boolean {
    return this.#gone !== null
  }

  /** Another number whenever the partition stands otherwise: it leads or not, in another leader epoch, or is gone. */
  get term(): number {
    return this.#term
  }

  /** Where we lead and others follow; else null. */
  get leadership(): Leadership | null {
    return this.#leadership
  }

  get localId(): number {
    return this.#options.localId
  }

  /** Empty where the log does not know. */
  get topicId(): string {
    return this.log.topicId ?? ''
  }

  get leaderEpoch(): number {
    return this.#role.leaderEpoch
  }

  get startOffset(): number {
    return this.log.startOffset
  }

  get endOffset(): number {
    return this.log.endOffset
  }

  /** Exclusive: everything below it is on every in-sync replica, as durable as the flush policy wants it. */
  get highWatermark(): number {
    return this.log.highWatermark
  }

  /** Whether a new leader's high watermark has reached what it found: before that it may lie below what an earlier leader committed. */
  get isHighWatermarkKnown(): boolean {
    return this.#leadership === null || this.log.highWatermark >= this.#led.startOffset
  }

  get committedOffset(): number {
    return this.log.highWatermark
  }

  /** What a reader of committed transactions may see: below the first record of an open transaction. */
  get lastStableOffset(): number {
    return Math.min(this.log.highWatermark, this.log.producers.firstUnstableOffset ?? Number.MAX_SAFE_INTEGER)
  }

  /** Takes over what the controller decided. What is older than what we know changes nothing. */
  become(role: PartitionRole): void {
    const { leaderEpoch, partitionEpoch } = this.#role
    if (role.leaderEpoch < leaderEpoch || (role.leaderEpoch === leaderEpoch && role.partitionEpoch < partitionEpoch)) return
    this.#role = role
    this.#assume()
  }

  #assume(): void {
    const role = this.#role
    const leads = this.#gone === null && !this.#cut && role.leaderId === this.#options.localId
    if (this.#leads && !leads) this.#stepDown()
    if (leads && (!this.#leads || role.leaderEpoch !== this.#led.epoch)) this.#beginEpoch()
    if (leads) this.#lead()
    else if (!this.#cut) this.log.forgetUnwrittenEpochs() // what the next leader has there may be older
    this.#advance()
    this.#tellAll()
  }

  #stepDown(): void {
    this.#leads = false
    this.#term++
    this.#leadership?.end()
    this.#leadership = null
    this.#refuseAll(new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.name} is led by ${this.#role.leaderId} now`))
  }

  #beginEpoch(): void {
    const { log } = this
    this.#leads = true
    this.#term++
    this.#leadership?.end()
    this.#leadership = null
    log.forgetUnwrittenEpochs()
    log.assignEpoch(this.#role.leaderEpoch)
    this.#led = { epoch: this.#role.leaderEpoch, startOffset: log.endOffset, since: this.#options.clock.monotonic() }
    this.#committed.reach(log.highWatermark)
  }

  #lead(): void {
    const { flushPolicy, links } = this.#options
    // What a crash left with the operating system counts once it is on the device.
    if (flushPolicy === 'fsync' && this.log.flushedOffset < this.log.endOffset) this.log.requestFlush()
    if (this.#role.replicas.length === 1 || !links) {
      this.#leadership?.end()
      this.#leadership = null
    } else if (this.#leadership) this.#leadership.update(this.#role)
    else this.#leadership = new Leadership(this.#asLed(links), this.#role, this.#led)
    this.#heedDamage()
  }

  #asLed(links: ReplicationLinks): LedPartition {
    const { clock, logger = silentLogger } = this.#options
    return asLed(this, { clock, logger, links, minInSync: () => this.#minInSync, changed: () => this.#advance() })
  }

  /** To be called a few times in `replica.lag.time.max.ms`: looks who is in sync, and whether we should lead at all. */
  review(): void {
    this.#heedDamage()
    this.#leadership?.review()
  }

  // A damaged copy does not lead where another one can: it mends itself as a follower.
  #heedDamage(): void {
    if (this.#leads && this.log.damage) this.#leadership?.resign()
  }

  /** The partition is over here: deleted, or its directory failed. Whoever waits is refused with `why`. */
  retire(why: KafkaError): void {
    this.#gone = why
    this.#leads = false
    this.#term++
    this.#leadership?.end()
    this.#leadership = null
    this.#refuseAll(why)
    this.#kept.fail(why)
    this.#tellAll()
    const followers = this.#onRetired
    this.#onRetired = []
    for (const run of followers) run(why)
  }

  get name(): string {
    return `${this.topic}-${this.index}`
  }

  /** Throws unless this broker leads the partition; with `currentLeaderEpoch` of the client (-1: unknown) both must agree (KIP-320). */
  requireLeader(currentLeaderEpoch = -1): void {
    if (this.#gone) throw this.#gone
    // Who knows another epoch is told that first: it shows who has to wait for news.
    requireEpoch(this.name, this.leaderEpoch, currentLeaderEpoch)
    if (!this.#leads) throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.name} is led by node ${this.#role.leaderId}`)
  }

  /** As `requireLeader`, but a follower will do too: consumers may read up to its high watermark (KIP-392). */
  requireReplica(currentLeaderEpoch: number): void {
    if (this.#gone) throw this.#gone
    requireEpoch(this.name, this.leaderEpoch, currentLeaderEpoch)
    if (!this.#leads && (this.#role.leaderId < 0 || this.#role.leaderId === this.#options.localId))
      throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.name} has no leader to follow now`)
  }

  /** Appends a validated batch as leader, in this turn of the event loop. A duplicate of a known sequence gives its old offsets. */
  appendAsLeader(batch: RecordBatch, acks: RequiredAcks): LeaderAppended {
    this.requireLeader()
    this.#stillness.refuse()
    if (acks === 'all') this.#requireEnoughInSync()
    const known = this.log.producers.check(batch)
    if (known !== 'new') return { ...known.duplicateOf, isDuplicate: true }
    const { baseOffset, lastOffset, appendTime } = this.#write(batch)
    return { baseOffset, lastOffset, appendTime, isDuplicate: false }
  }

  /** Appends what a coordinator of ours built. */
  append(bytes: Uint8Array): Appended {
    this.requireLeader()
    this.#stillness.refuse()
    this.#requireEnoughInSync()
    return this.#write(new RecordBatch(bytes))
  }

  #write(batch: RecordBatch): Appended {
    const appended = this.log.append(batch, this.leaderEpoch)
    if (this.#options.flushPolicy === 'fsync') this.log.requestFlush()
    this.#appendWatchers.tellSoon()
    return appended
  }

  get #minInSync(): number {
    return Math.min(this.log.config['min.insync.replicas'], this.#role.replicas.length)
  }

  #requireEnoughInSync(): void {
    const isr = this.#leadership?.isr ?? this.#role.isr
    const wanted = this.#minInSync
    if (isr.length >= wanted) return
    throw new KafkaError(
      'NOT_ENOUGH_REPLICAS',
      `${this.name} has ${isr.length} in-sync replicas; min.insync.replicas is ${wanted}`,
    )
  }

  /**
   * Resolves when everything below `offset` is as safe as `acks` asks; undefined where that is so already. Who wants no answer waits for the
   * operating system all the same: otherwise nothing would hold a producer back while the disk is slow. The timeout is for replication
   * alone, as in Kafka: a batch that only has to be written is there, and refusing it would make a duplicate. A leader of which the controller
   * did not hear for a session may be one of the past, which slept: what it alone has is no answer to anybody, so it waits for the others.
   */
  acknowledged(offset: number, acks: RequiredAcks, timeoutMs: number): Promise<void> | undefined {
    const isCertain = this.#leadership === null || this.#options.links?.isHeard() !== false
    return acks === 'all' || (acks === 'leader' && !isCertain)
      ? this.#committed.until(offset, timeoutMs)
      : this.#written.until(offset, Number.POSITIVE_INFINITY)
  }

  /**
   * Resolves when what was appended so far is committed, as far as only our own disk is in the way: a producer with acks=1 that asks for the
   * end right after its answer then finds its records below it. With other replicas in sync it does not wait, as in Kafka.
   */
  async settled(): Promise<void> {
    if (!this.isLeader || (this.#leadership?.isr ?? this.#role.isr).length > 1) return
    await this.#committed.until(this.log.endOffset, SETTLE_MS)?.catch(() => {}) // who asks is answered with what is committed by then
  }

  /** Whole batches from the one that holds `from`, copied: a machine keeps no buffers of the disk. Waits while the end is being cut off. */
  async read(from: number, maxBytes: number): Promise<readonly Uint8Array[]> {
    await this.#cut?.promise
    return [await this.#stillness.after(() => copied(this.log.read(from, maxBytes, this.log.endOffset, true)))]
  }

  /** Batches that a client may see: below the high watermark, or below the last stable offset for `readCommitted`. */
  readFor(from: number, maxBytes: number, readCommitted: boolean, minOneBatch: boolean): Promise<LogRead> {
    const limit = readCommitted ? this.lastStableOffset : this.highWatermark
    return this.#stillness.after(() => this.log.read(from, maxBytes, limit, minOneBatch))
  }

  /** Calls `run` whenever a reader could see something new, until the returned function is called. */
  watch(run: () => void): () => void {
    return this.#watchers.add(run)
  }

  onCommit(run: (committedOffset: number) => void): void {
    this.#onCommit.push(run)
  }

  onRetired(run: (why: KafkaError) => void): void {
    if (this.#gone) run(this.#gone)
    else this.#onRetired.push(run)
  }

  /**
   * Moves the log start: records below `offset` (-1: the high watermark) are gone for readers. Gives the smallest log start offset among the replicas
   * whose brokers are there, to be had once it is that; else REQUEST_TIMED_OUT after `timeoutMs`, and the records go all the same.
   */
  async deleteBefore(offset: number, timeoutMs = 0): Promise<{ readonly lowWatermark: Promise<number> | number }> {
    await this.moving
    this.requireLeader()
    const target = deletableUpTo(this, offset)
    if (target > this.log.startOffset) await this.log.deleteBefore(target)
    this.#tellAll() // followers, too: their logs shall start there
    return { lowWatermark: this.#leadership?.startedAt(target, timeoutMs) ?? this.log.startOffset }
  }

  // ---- followers of ours

  /** Batches for a follower: up to the end of the log. */
  readForFollower(from: number, maxBytes: number, minOneBatch: boolean): Promise<LogRead> {
    return this.#stillness.after(() => this.log.read(from, maxBytes, this.log.endOffset, minOneBatch))
  }

  /** A follower tells by a fetch how far it is. Throws where it is no replica, or was another life of that broker. */
  fetchedBy(brokerId: number, fetch: FollowerFetch): void {
    this.requireLeader()
    if (!this.#leadership)
      throw new KafkaError('UNKNOWN_LEADER_EPOCH', `${this.name} has no other replica as far as is known here`)
    this.#leadership.fetchedBy(brokerId, fetch)
  }

  /** Its follower has all there is; until the returned function is called, `pulse` says when it last asked. */
  restsOn(brokerId: number, pulse: Pulse): (() => void) | undefined {
    return this.#leadership?.restsOn(brokerId, pulse)
  }

  /** Calls `run` soon after records were appended, once for all of a turn, until the returned function is called. */
  watchAppends(run: () => void): () => void {
    return this.#appendWatchers.add(run)
  }

  // ---- a leader of ours

  /** Appends what the leader of `leaderEpoch` gave, flushed soon where the policy wants it. The epoch must be the one that we follow in. */
  appendAsFollower(bytes: Uint8Array, leaderEpoch: number): Appended {
    this.#requireFollowing(leaderEpoch)
    this.#stillness.refuse()
    const appended = this.log.appendAsFollower(bytes, leaderEpoch)
    if (this.#options.flushPolicy === 'fsync') this.log.requestFlush()
    return appended
  }

  #requireFollowing(leaderEpoch: number): void {
    if (this.#gone) throw this.#gone
    const { localId } = this.#options
    if (this.#role.leaderId !== localId && this.leaderEpoch === leaderEpoch) return
    throw new KafkaError('FENCED_LEADER_EPOCH', `${this.name} does not follow in leader epoch ${leaderEpoch} any more`)
  }

  /** Throws KAFKA_STORAGE_ERROR where the disk has too little room for so many bytes of the leader's. */
  takeRoom(bytes: number): void {
    this.#options.links?.takeRoom?.(this, bytes)
  }

  /** The leader's word, as of a fetch that showed our logs to agree. Never goes back. */
  followHighWatermark(offset: number): void {
    const reached = Math.min(offset, this.log.endOffset)
    if (reached <= this.log.highWatermark) return
    this.log.highWatermark = reached
    this.#watchers.tell()
  }

  /** Resolves when all we took from the leader is as durable as the flush policy wants it; undefined where it is. Rejects when the log is over. */
  kept(): Promise<void> | undefined {
    return this.#kept.until(this.log.endOffset, Number.POSITIVE_INFINITY)
  }

  /** Runs `cut`, which changes the end of the log; until it is over this replica does not lead, whatever the controller says. */
  async cutting(leaderEpoch: number, cut: (log: Log) => Promise<void>): Promise<void> {
    this.#requireFollowing(leaderEpoch)
    this.#stillness.refuse()
    const over = deferred<void>()
    this.#cut = over
    try {
      await cut(this.log)
    } finally {
      this.#cut = null
      this.#assume()
      over.resolve()
    }
  }

  // ---- from one log directory to another

  /** While the log is being put into another directory nothing is appended, and nothing cut; resolves when that is over. */
  get moving(): Promise<void> | null {
    return this.#stillness.over
  }

  /** False while its end is being cut off. */
  get mayMove(): boolean {
    return this.#gone === null && !this.#cut && !this.moving
  }

  /**
   * Goes on with the log that `exchange` gives, which has all that this one has, as durable. Where `exchange` rejects, everything stays as it is.
   */
  async exchange(exchange: (log: Log) => Promise<Log>): Promise<void> {
    assert(this.mayMove, `${this.name} cannot be moved now`)
    const before = this.#log
    this.#stillness.begin()
    try {
      const log = await exchange(before)
      if (log !== before) this.#goOnWith(log, before)
    } finally {
      this.#stillness.end()
      this.#assume()
    }
  }

  #goOnWith(log: Log, before: Log): void {
    assert(log.endOffset === before.endOffset, `${this.name} ends at ${log.endOffset} and not at ${before.endOffset} any more`)
    log.highWatermark = Math.max(log.highWatermark, before.highWatermark)
    if (this.#leads && log.latestEpoch < this.#led.epoch) log.assignEpoch(this.#led.epoch)
    this.#log = log
    this.#term++
    this.#attend(log)
  }

  // ---- the high watermark

  /** Up to where this copy is as durable as the flush policy wants it. */
  get durableOffset(): number {
    return this.#options.flushPolicy === 'fsync' ? this.log.flushedOffset : this.log.writtenOffset
  }

  // The high watermark is the smallest durable end among the in-sync replicas; this broker's own is all there is with one replica.
  #advance(): void {
    this.#written.reach(this.log.writtenOffset)
    if (!this.#leads) return this.#kept.reach(this.durableOffset)
    const safe = this.#leadership ? this.#leadership.safeOffset : this.durableOffset
    if (safe === null || safe <= this.log.highWatermark) return
    this.log.highWatermark = safe
    this.#committed.reach(safe)
    for (const run of this.#onCommit) run(safe)
    this.#watchers.tell()
  }

  #tellAll(): void {
    this.#watchers.tell()
    this.#appendWatchers.tell()
  }

  #refuseAll(why: KafkaError): void {
    this.#written.fail(why)
    this.#committed.fail(why)
  }
}
