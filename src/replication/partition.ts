// One partition on this broker: whether we lead it, who is in sync, how far it is committed, and who waits for it.

import type { Log, LogRead } from '../log/log.ts'
import { copied } from '../log/log-read.ts'
import type { Appended, ReplicatedLog } from '../machine/machine.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { Acknowledgements } from './acknowledgements.ts'
import type { LeaderAppended, RequiredAcks } from './acks.ts'
import { deletableUpTo } from './deletable.ts'
import type { FollowerFetch, Pulse } from './follower-progress.ts'
import { Followership } from './followership.ts'
import { appendAsLeader, appendOwn } from './leader-appends.ts'
import type { Leadership } from './leadership.ts'
import { exchangeLog } from './log-exchange.ts'
import type { PartitionOptions } from './partition-options.ts'
import { PartitionState } from './partition-state.ts'
import type { PartitionRole } from './role.ts'
import { Tenure } from './tenure.ts'

export type { LeaderAppended, RequiredAcks } from './acks.ts'
export type { FlushPolicy, PartitionOptions } from './partition-options.ts'
export type { PartitionRole } from './role.ts'

/** Invariant: log.startOffset <= highWatermark <= log.endOffset. */
export class Partition implements ReplicatedLog {
  readonly #state: PartitionState
  readonly #acknowledgements: Acknowledgements
  readonly #tenure: Tenure
  readonly #followership: Followership

  constructor(log: Log, options: PartitionOptions) {
    this.#state = new PartitionState(log, options)
    this.#acknowledgements = new Acknowledgements(this.#state)
    this.#tenure = new Tenure(this.#state, this.#acknowledgements)
    this.#followership = new Followership(this.#state, this.#tenure)
  }

  /** Another one when it was put into another log directory. */
  get log(): Log {
    return this.#state.log
  }

  get topic(): string {
    return this.log.topic
  }

  get index(): number {
    return this.log.partition
  }

  get name(): string {
    return this.#state.name
  }

  get role(): PartitionRole {
    return this.#state.role
  }

  get isLeader(): boolean {
    return this.#state.leads
  }

  /** Retired: deleted here, or out of use with its directory. */
  get isOver(): boolean {
    return this.#state.gone !== null
  }

  /** Another number whenever the partition stands otherwise: it leads or not, in another leader epoch, or is gone. */
  get term(): number {
    return this.#state.term
  }

  /** Where we lead and others follow; else null. */
  get leadership(): Leadership | null {
    return this.#state.leadership
  }

  get localId(): number {
    return this.#state.localId
  }

  /** Empty where the log does not know. */
  get topicId(): string {
    return this.#state.topicId
  }

  get leaderEpoch(): number {
    return this.#state.role.leaderEpoch
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
    const { leadership, log, led } = this.#state
    return leadership === null || log.highWatermark >= led.startOffset
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
    this.#tenure.become(role)
  }

  /** To be called a few times in `replica.lag.time.max.ms`: looks who is in sync, and whether we should lead at all. */
  review(): void {
    this.#tenure.review()
  }

  /** The partition is over here: deleted, or its directory failed. Whoever waits is refused with `why`. */
  retire(why: KafkaError): void {
    this.#tenure.retire(why)
  }

  /** Throws unless this broker leads the partition; with `currentLeaderEpoch` of the client (-1: unknown) both must agree (KIP-320). */
  requireLeader(currentLeaderEpoch = -1): void {
    this.#state.requireLeader(currentLeaderEpoch)
  }

  /** As `requireLeader`, but a follower will do too: consumers may read up to its high watermark (KIP-392). */
  requireReplica(currentLeaderEpoch: number): void {
    this.#state.requireReplica(currentLeaderEpoch)
  }

  /** Appends a validated batch as leader, in this turn of the event loop. A duplicate of a known sequence gives its old offsets. */
  appendAsLeader(batch: RecordBatch, acks: RequiredAcks): LeaderAppended {
    return appendAsLeader(this.#state, batch, acks)
  }

  /** Appends what a coordinator of ours built. */
  append(bytes: Uint8Array): Appended {
    return appendOwn(this.#state, bytes)
  }

  /**
   * Resolves when everything below `offset` is as safe as `acks` asks; undefined where that is so already. Who wants no answer waits for the
   * operating system all the same: otherwise nothing would hold a producer back while the disk is slow. The timeout is for replication
   * alone, as in Kafka: a batch that only has to be written is there, and refusing it would make a duplicate. A leader of which the controller
   * did not hear for a session may be one of the past, which slept: what it alone has is no answer to anybody, so it waits for the others.
   */
  acknowledged(offset: number, acks: RequiredAcks, timeoutMs: number): Promise<void> | undefined {
    return this.#acknowledgements.acknowledged(offset, acks, timeoutMs)
  }

  /**
   * Resolves when what was appended so far is committed, as far as only our own disk is in the way: a producer with acks=1 that asks for the
   * end right after its answer then finds its records below it. With other replicas in sync it does not wait, as in Kafka.
   */
  settled(): Promise<void> {
    return this.#acknowledgements.settled()
  }

  /** Whole batches from the one that holds `from`, copied: a machine keeps no buffers of the disk. Waits while the end is being cut off. */
  async read(from: number, maxBytes: number): Promise<readonly Uint8Array[]> {
    await this.#state.cut?.promise
    return [await this.#state.stillness.after(() => copied(this.log.read(from, maxBytes, this.log.endOffset, true)))]
  }

  /** Batches that a client may see: below the high watermark, or below the last stable offset for `readCommitted`. */
  readFor(from: number, maxBytes: number, readCommitted: boolean, minOneBatch: boolean): Promise<LogRead> {
    const limit = readCommitted ? this.lastStableOffset : this.highWatermark
    return this.#state.stillness.after(() => this.log.read(from, maxBytes, limit, minOneBatch))
  }

  /** Calls `run` whenever a reader could see something new, until the returned function is called. */
  watch(run: () => void): () => void {
    return this.#state.watchers.add(run)
  }

  onCommit(run: (committedOffset: number) => void): void {
    this.#tenure.onCommit(run)
  }

  onRetired(run: (why: KafkaError) => void): void {
    this.#tenure.onRetired(run)
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
    this.#state.tellAll() // followers, too: their logs shall start there
    return { lowWatermark: this.leadership?.startedAt(target, timeoutMs) ?? this.log.startOffset }
  }

  // ---- followers of ours

  /** Batches for a follower: up to the end of the log. */
  readForFollower(from: number, maxBytes: number, minOneBatch: boolean): Promise<LogRead> {
    return this.#state.stillness.after(() => this.log.read(from, maxBytes, this.log.endOffset, minOneBatch))
  }

  /** A follower tells by a fetch how far it is. Throws where it is no replica, or was another life of that broker. */
  fetchedBy(brokerId: number, fetch: FollowerFetch): void {
    this.requireLeader()
    if (!this.leadership)
      throw new KafkaError('UNKNOWN_LEADER_EPOCH', `${this.name} has no other replica as far as is known here`)
    this.leadership.fetchedBy(brokerId, fetch)
  }

  /** Its follower has all there is; until the returned function is called, `pulse` says when it last asked. */
  restsOn(brokerId: number, pulse: Pulse): (() => void) | undefined {
    return this.leadership?.restsOn(brokerId, pulse)
  }

  /** Calls `run` soon after records were appended, once for all of a turn, until the returned function is called. */
  watchAppends(run: () => void): () => void {
    return this.#state.appendWatchers.add(run)
  }

  // ---- a leader of ours

  /** Appends what the leader of `leaderEpoch` gave, flushed soon where the policy wants it. The epoch must be the one that we follow in. */
  appendAsFollower(bytes: Uint8Array, leaderEpoch: number): Appended {
    return this.#followership.append(bytes, leaderEpoch)
  }

  /** Throws KAFKA_STORAGE_ERROR where the disk has too little room for so many bytes of the leader's. */
  takeRoom(bytes: number): void {
    this.#state.options.links?.takeRoom?.(this, bytes)
  }

  /** The leader's word, as of a fetch that showed our logs to agree. Never goes back. */
  followHighWatermark(offset: number): void {
    this.#followership.followHighWatermark(offset)
  }

  /** Resolves when all we took from the leader is as durable as the flush policy wants it; undefined where it is. Rejects when the log is over. */
  kept(): Promise<void> | undefined {
    return this.#acknowledgements.kept()
  }

  /** Runs `cut`, which changes the end of the log; until it is over this replica does not lead, whatever the controller says. */
  cutting(leaderEpoch: number, cut: (log: Log) => Promise<void>): Promise<void> {
    return this.#followership.cutting(leaderEpoch, cut)
  }

  // ---- from one log directory to another

  /** While the log is being put into another directory nothing is appended, and nothing cut; resolves when that is over. */
  get moving(): Promise<void> | null {
    return this.#state.stillness.over
  }

  /** The same while its end is being cut off, too: what a leader gives could not be taken. */
  get busy(): Promise<void> | null {
    return this.#state.cut?.promise ?? this.moving
  }

  /**
   * Goes on with the log that `exchange` gives, which has all that this one has, as durable. Where `exchange` rejects, everything stays as it is.
   */
  exchange(exchange: (log: Log) => Promise<Log>): Promise<void> {
    return exchangeLog(this.#state, this.#tenure, exchange)
  }
}
