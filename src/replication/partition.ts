// One partition on this broker: whether we lead it, who is in sync, how far it is committed, and who waits for it.

import type { Log, LogRead } from '../log/log.ts'
import type { Appended, ReplicatedLog } from '../machine/machine.ts'
import type { Clock } from '../platform/clock.ts'
import { KafkaError } from '../protocol/errors.ts'
import { RecordBatch } from '../protocol/records/batch.ts'
import { OffsetLine, Watchers } from './purgatory.ts'

/** What the controller decided for a partition. */
export interface PartitionRole {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

/** When an acknowledged batch counts as kept: on the device (`fsync`, our default) or with the operating system (`os`, Apache's rule). */
export type FlushPolicy = 'fsync' | 'os'

export interface PartitionOptions {
  readonly localId: number
  readonly clock: Clock
  readonly flushPolicy: FlushPolicy
}

export interface LeaderAppended extends Appended {
  /** It was there already: the producer sent it again. */
  readonly isDuplicate: boolean
}

export type RequiredAcks = 'none' | 'leader' | 'all'

/** A disk that takes longer for a flush is ill; nobody's question should wait for it. */
const SETTLE_MS = 1000

const NOBODY: PartitionRole = { leaderId: -1, leaderEpoch: -1, partitionEpoch: -1, replicas: [], isr: [] }

/** Invariant: log.startOffset <= highWatermark <= log.endOffset. */
export class Partition implements ReplicatedLog {
  readonly log: Log
  readonly #options: PartitionOptions
  readonly #written: OffsetLine
  readonly #committed: OffsetLine
  readonly #watchers = new Watchers()
  readonly #onCommit: ((committedOffset: number) => void)[] = []
  #onRetired: ((why: KafkaError) => void)[] = []
  #role: PartitionRole = NOBODY
  #gone: KafkaError | null = null

  constructor(log: Log, options: PartitionOptions) {
    this.log = log
    this.#options = options
    this.#written = new OffsetLine(options.clock, log.writtenOffset)
    this.#committed = new OffsetLine(options.clock, log.highWatermark)
    log.onProgress(() => this.#advance())
    log.onBroken((why) =>
      this.retire(new KafkaError('KAFKA_STORAGE_ERROR', `${this.name} is out of use: ${why.message}`, { cause: why })),
    )
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
    return this.#gone === null && this.#role.leaderId === this.#options.localId
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

  get committedOffset(): number {
    return this.log.highWatermark
  }

  /** What a reader of committed transactions may see: below the first record of an open transaction. */
  get lastStableOffset(): number {
    return Math.min(this.log.highWatermark, this.log.producers.firstUnstableOffset ?? Number.MAX_SAFE_INTEGER)
  }

  /** Takes over what the controller decided. */
  become(role: PartitionRole): void {
    const wasLeader = this.isLeader
    this.#role = role
    if (wasLeader && !this.isLeader)
      this.#refuseAll(new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.name} is led by ${role.leaderId} now`))
    if (this.isLeader) {
      this.log.assignEpoch(role.leaderEpoch)
      // What a crash left with the operating system counts once it is on the device.
      if (this.#options.flushPolicy === 'fsync' && this.log.flushedOffset < this.log.endOffset) this.log.requestFlush()
    }
    this.#advance()
    this.#watchers.tell()
  }

  /** The partition is over here: deleted, or its directory failed. Whoever waits is refused with `why`. */
  retire(why: KafkaError): void {
    this.#gone = why
    this.#refuseAll(why)
    this.#watchers.tell()
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
    if (!this.isLeader) throw new KafkaError('NOT_LEADER_OR_FOLLOWER', `${this.name} is led by node ${this.#role.leaderId}`)
    if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.leaderEpoch) return
    const known = `the client knows epoch ${currentLeaderEpoch} of ${this.name}, we ${this.leaderEpoch}`
    throw new KafkaError(currentLeaderEpoch < this.leaderEpoch ? 'FENCED_LEADER_EPOCH' : 'UNKNOWN_LEADER_EPOCH', known)
  }

  /** Appends a validated batch as leader, in this turn of the event loop. A duplicate of a known sequence gives its old offsets. */
  appendAsLeader(batch: RecordBatch, acks: RequiredAcks): LeaderAppended {
    this.requireLeader()
    if (acks === 'all') this.#requireEnoughInSync()
    const known = this.log.producers.check(batch)
    if (known !== 'new') return { ...known.duplicateOf, isDuplicate: true }
    const { baseOffset, lastOffset, appendTime } = this.log.append(batch, this.leaderEpoch)
    if (this.#options.flushPolicy === 'fsync') this.log.requestFlush()
    return { baseOffset, lastOffset, appendTime, isDuplicate: false }
  }

  /** Appends what a coordinator of ours built. */
  append(bytes: Uint8Array): Appended {
    this.requireLeader()
    this.#requireEnoughInSync()
    const appended = this.log.append(new RecordBatch(bytes), this.leaderEpoch)
    if (this.#options.flushPolicy === 'fsync') this.log.requestFlush()
    return appended
  }

  #requireEnoughInSync(): void {
    const { isr, replicas } = this.#role
    const wanted = Math.min(this.log.config['min.insync.replicas'], replicas.length)
    if (isr.length >= wanted) return
    throw new KafkaError(
      'NOT_ENOUGH_REPLICAS',
      `${this.name} has ${isr.length} in-sync replicas; min.insync.replicas is ${wanted}`,
    )
  }

  /**
   * Resolves when everything below `offset` is as safe as `acks` asks; undefined where that is so already. Who wants no answer waits for the
   * operating system all the same: otherwise nothing would hold a producer back while the disk is slow. The timeout is for replication
   * alone, as in Kafka: a batch that only has to be written is there, and refusing it would make a duplicate.
   */
  acknowledged(offset: number, acks: RequiredAcks, timeoutMs: number): Promise<void> | undefined {
    return acks === 'all' ? this.#committed.until(offset, timeoutMs) : this.#written.until(offset, Number.POSITIVE_INFINITY)
  }

  /**
   * Resolves when what was appended so far is committed, as far as only our own disk is in the way: a producer with acks=1 that asks for the
   * end right after its answer then finds its records below it. With other replicas in sync it does not wait, as in Kafka.
   */
  async settled(): Promise<void> {
    if (!this.isLeader || this.#role.isr.length > 1) return
    await this.#committed.until(this.log.endOffset, SETTLE_MS)?.catch(() => {}) // who asks is answered with what is committed by then
  }

  /** Whole batches from the one that holds `from`, copied: a machine that replays keeps no buffers of the disk. */
  read(from: number, maxBytes: number): Promise<readonly Uint8Array[]> {
    return copyOf(this.log.read(from, maxBytes, this.log.endOffset, true))
  }

  /** Batches that a client may see: below the high watermark, or below the last stable offset for `readCommitted`. */
  readFor(from: number, maxBytes: number, readCommitted: boolean, minOneBatch: boolean): Promise<LogRead> {
    return this.log.read(from, maxBytes, readCommitted ? this.lastStableOffset : this.highWatermark, minOneBatch)
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

  /** Moves the log start: records below `offset` (-1: the high watermark) are gone for readers. The new log start offset. */
  async deleteBefore(offset: number): Promise<number> {
    this.requireLeader()
    const { cleanup, name } = { cleanup: this.log.config['cleanup.policy'], name: this.name }
    if (!cleanup.includes('delete'))
      throw new KafkaError(
        'POLICY_VIOLATION',
        `${name} has cleanup.policy=${cleanup.join(',')}; only topics with delete can lose records by request`,
      )
    const target = offset === -1 ? this.highWatermark : offset
    if (target < 0 || target > this.highWatermark)
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `${name} is committed up to ${this.highWatermark}; asked for ${offset}`)
    if (target > this.log.startOffset) await this.log.deleteBefore(target)
    this.#watchers.tell()
    return this.log.startOffset
  }

  // The high watermark is the smallest durable end among the in-sync replicas; this broker's own is all there is with one replica.
  #advance(): void {
    this.#written.reach(this.log.writtenOffset)
    if (!this.isLeader) return
    const durable = this.#options.flushPolicy === 'fsync' ? this.log.flushedOffset : this.log.writtenOffset
    if (durable <= this.log.highWatermark) return
    this.log.highWatermark = durable
    this.#committed.reach(durable)
    for (const run of this.#onCommit) run(durable)
    this.#watchers.tell()
  }

  #refuseAll(why: KafkaError): void {
    this.#written.fail(why)
    this.#committed.fail(why)
  }
}

async function copyOf(reading: Promise<LogRead>): Promise<readonly Uint8Array[]> {
  const read = await reading
  try {
    return [Buffer.concat(read.views)] // a view may end in the middle of a batch
  } finally {
    read.release()
  }
}
