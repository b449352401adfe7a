// One partition's log: batches in the order of their offsets, in segments on disk, the newest of them in memory as well.

import { assert } from '../base/assert.ts'
import { MalformedBytes } from '../base/bytes.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { RecordBatch } from '../protocol/records/batch.ts'
import { type Compaction, compact } from './cleaner.ts'
import type { Damage } from './damage.ts'
import { doubting } from './doubt.ts'
import { leaderBatches } from './leader-batches.ts'
import type { LogConfig } from './log-config.ts'
import { type LogRead, readBatches } from './log-read.ts'
import type { LogState } from './log-state.ts'
import type { ProducerStates } from './producer-state.ts'
import type { Recovered } from './recovery.ts'
import { closedError, refusalOf } from './refusals.ts'
import { applyRetention } from './retention.ts'
import { baseFor, needsRoll } from './rolling.ts'
import { LogScrub, suspecting } from './scrub.ts'
import type { Segment } from './segment.ts'
import { findMaxTimestamp, findTimestamp, type TimestampOffset } from './time-lookup.ts'
import { truncate, truncateFully } from './truncation.ts'
import { Visitors } from './visitors.ts'
import { Watermarks } from './watermarks.ts'

export type { LogRead } from './log-read.ts'
export type { TimestampOffset } from './time-lookup.ts'

export interface Appended {
  readonly baseOffset: number
  readonly lastOffset: number
  /** Of the broker, where the topic's timestamps are its own; else -1. */
  readonly appendTime: number
}

/**
 * Appending is synchronous in memory and asynchronous on disk: `endOffset` moves at once, `writtenOffset` when the operating system has the
 * batch (it survives a crash of the process), `flushedOffset` when the device has it (it survives a power cut).
 * Invariant: startOffset <= flushedOffset <= writtenOffset <= endOffset, except that deleteBefore may pass the first two.
 */
export class Log {
  readonly #state: LogState
  readonly #watermarks: Watermarks
  readonly #visitors: Visitors
  readonly #suspect: (segment: Segment) => void
  readonly #doubt: (offset: number) => void
  readonly #listeners: ((log: Log) => void)[] = []
  /** Null after a clean stop. */
  readonly recovered: Recovered | null
  /** Work that changes which segments there are, one at a time. */
  #maintenance: Promise<unknown> = Promise.resolve()
  #isTruncating = false
  #isClosed = false
  #hasFlushTimer = false

  /** Logs are made by their LogDir. */
  constructor(state: LogState, recovered: Recovered | null) {
    this.#state = state
    this.recovered = recovered
    this.#watermarks = new Watermarks(state, () => this.#tell())
    this.#visitors = new Visitors(state)
    this.#suspect = suspecting(state, this.#visitors)
    this.#doubt = doubting(state, this.#visitors)
    state.onBroken.push(() => this.wake())
  }

  get topic(): string {
    return this.#state.topic
  }

  get partition(): number {
    return this.#state.partition
  }

  /** Null where partition.metadata is missing or cannot be read. */
  get topicId(): string | null {
    return this.#state.topicId
  }

  get dir(): string {
    return this.#state.dir
  }

  /** The first offset that readers may ask for. */
  get startOffset(): number {
    return this.#state.startOffset
  }

  /** What log-start-offset-checkpoint has to say. */
  get comingStartOffset(): number {
    return this.#state.comingStartOffset
  }

  /** The offset that the next record gets. */
  get endOffset(): number {
    return this.#state.endOffset
  }

  get writtenOffset(): number {
    return this.#watermarks.writtenOffset
  }

  get flushedOffset(): number {
    return this.#watermarks.flushedOffset
  }

  /** Kept here for the checkpoint and for the last stable offset; whoever owns the log moves it. */
  get highWatermark(): number {
    return this.#state.highWatermark
  }

  set highWatermark(offset: number) {
    this.#state.highWatermark = offset
  }

  get sizeInBytes(): number {
    return this.#state.segments.sizeInBytes
  }

  get producers(): ProducerStates {
    return this.#state.producers
  }

  get config(): LogConfig {
    return this.#state.config
  }

  /** Why the log takes and gives nothing any more: its disk failed, or a defect of ours met it; null while it is in order. */
  get offline(): Error | null {
    return this.#state.offline
  }

  updateConfig(config: LogConfig): void {
    this.#state.config = config
  }

  /** Calls `run` whenever writtenOffset or flushedOffset moved. */
  onProgress(run: (log: Log) => void): void {
    this.#listeners.push(run)
  }

  /** Calls `run` when a defect of ours took this log, and not its directory, out of use. */
  onBroken(run: (why: Error) => void): void {
    this.#state.onBroken.push(run)
  }

  // A defect of a listener is not one of the disk, and must not keep the others from hearing.
  #tell(): void {
    for (const run of this.#listeners) {
      try {
        run(this)
      } catch (thrown) {
        this.#state.shared.logger.error('one who follows a log failed', { log: this.#state.name, error: thrown })
      }
    }
  }

  // ---- appending

  /**
   * Appends a batch as leader: its offsets and `leaderEpoch` are written into it, and its bytes are copied. The producer's sequence was
   * checked before. Throws KAFKA_STORAGE_ERROR before anything changed.
   */
  append(batch: RecordBatch, leaderEpoch: number): Appended {
    this.#requireOpen()
    batch.assign(this.#state.endOffset, leaderEpoch)
    this.#add(batch)
    const { baseOffset, lastOffset, timestampType } = batch
    return { baseOffset, lastOffset, appendTime: timestampType === 'LogAppendTime' ? batch.maxTimestamp : -1 }
  }

  /**
   * Appends whole batches that a leader of `leaderEpoch` gave out, with their offsets; half a batch at the end is left out. Throws CORRUPT_MESSAGE
   * or KAFKA_STORAGE_ERROR before anything changed.
   */
  appendAsFollower(bytes: Uint8Array, leaderEpoch = Number.POSITIVE_INFINITY): Appended {
    this.#requireOpen()
    const taken = leaderBatches(bytes, this.#state, leaderEpoch)
    for (const batch of taken) this.#add(batch)
    return { baseOffset: taken[0]?.baseOffset ?? this.endOffset, lastOffset: this.endOffset - 1, appendTime: -1 }
  }

  #requireOpen(): void {
    this.#requireUsable()
    assert(!this.#isTruncating, `${this.#state.name} is being truncated`)
  }

  #requireUsable(): void {
    const { offline, name } = this.#state
    if (offline) throw new KafkaError('KAFKA_STORAGE_ERROR', `${name} is out of use: ${offline.message}`, { cause: offline })
    if (this.#isClosed) throw closedError(this.#state.name)
  }

  #add(batch: RecordBatch): void {
    const state = this.#state
    const now = state.shared.clock.now()
    if (needsRoll(state, batch, now)) this.#roll(baseFor(state, batch))
    const { active } = state.segments
    state.epochs.assign(batch.partitionLeaderEpoch, batch.baseOffset)
    active.append(batch, state.config['index.interval.bytes'], now)
    state.endOffset = active.nextOffset
    const aborted = state.producers.add(batch)
    if (aborted) active.indexes.addAborted(aborted)
    this.#watermarks.send()
    this.#heedFlushRules()
  }

  /** Closes the active segment, unless it is empty; the next append goes into a new one. */
  roll(): void {
    this.#requireOpen()
    this.#roll(this.#state.endOffset)
  }

  #roll(baseOffset: number): void {
    const { segments, producers } = this.#state
    if (segments.active.baseOffset === baseOffset) return
    const isEmpty = segments.active.sizeInBytes === 0
    const snapshot = producers.snapshot() // first: nothing may fail between the new segment and the watermarks' knowing of it
    if (isEmpty) segments.active.endsAt(baseOffset) // an offset too far for the indexes of a segment that has nothing yet
    this.#watermarks.rolled(this.#state.addSegment(baseOffset), snapshot)
  }

  // ---- flushing

  #heedFlushRules(): void {
    const { config, endOffset, shared } = this.#state
    if (endOffset - this.flushedOffset >= config['flush.messages']) this.requestFlush()
    const ms = config['flush.ms']
    if (this.#hasFlushTimer || ms >= Number.MAX_SAFE_INTEGER) return
    this.#hasFlushTimer = true
    shared.later(ms, () => {
      this.#hasFlushTimer = false
      this.requestFlush()
    })
  }

  /** Everything appended so far joins the next flush of its file; `onProgress` tells when flushedOffset passed it. */
  requestFlush(): void {
    this.#watermarks.requestFlush()
  }

  /** Resolves when everything appended so far is on the device. Rejects with the DiskError that took the directory offline. */
  flushed(): Promise<void> {
    return this.#watermarks.flushed()
  }

  /** A start need not check what lies before it. */
  get recoveryPoint(): number {
    return this.#watermarks.recoveryPoint
  }

  // ---- reading

  /**
   * Whole batches from the one that holds `from`, or follows it, up to about `maxBytes` out of one segment; no batch reaches `limit`. The
   * first one is whole even beyond maxBytes if `minOneBatch`; the last one may be cut. OFFSET_OUT_OF_RANGE outside of startOffset and endOffset.
   */
  async read(from: number, maxBytes: number, limit: number, minOneBatch = true): Promise<LogRead> {
    const { startOffset, endOffset, segments, name } = this.#state
    if (from < startOffset || from > endOffset) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `${name} holds offsets ${startOffset} to ${endOffset}; asked for ${from}`)
    }
    const range = { from, maxBytes, limit, minOneBatch, endOffset }
    return this.#visitors.run(() => readBatches(segments, range, this.#suspect))
  }

  /** The first record, in the order of offsets, with this timestamp or a later one; null where there is none. */
  offsetForTimestamp(timestamp: number): Promise<TimestampOffset | null> {
    return this.#visitors.run(() => findTimestamp(this.#state, timestamp))
  }

  /** The first record that has the largest timestamp of all; null where no record has a time. */
  maxTimestampOffset(): Promise<TimestampOffset | null> {
    return this.#visitors.run(() => findMaxTimestamp(this.#state))
  }

  /** Begins a pass over all that lies on disk; what is found to be damaged is answered with CORRUPT_MESSAGE from then on. */
  scrub(): LogScrub {
    return new LogScrub(this.#state, this.#visitors)
  }

  /** Who was given what lies from `offset` on asks for it again: it is looked at, so that what is damaged there is known. */
  doubt(offset: number): void {
    this.#doubt(offset)
  }

  /** The first of what is known to be damaged here; null where nothing is. */
  get damage(): Damage | null {
    return this.#state.firstDamage
  }

  /** Calls `run` whenever more of the log is found to be damaged. */
  onDamage(run: () => void): void {
    this.#state.onDamage.push(run)
  }

  // ---- leader epochs

  /** -1 where none is known. */
  get latestEpoch(): number {
    return this.#state.epochs.latest
  }

  /** Of the last record; -1 in an empty log. */
  get lastEpoch(): number {
    return this.#state.epochs.lastBefore(this.#state.endOffset)
  }

  /** Whoever led without writing anything forgets that it did: what it gets from the next leader may be older than that. */
  forgetUnwrittenEpochs(): void {
    this.#state.epochs.truncateFromEnd(this.#state.endOffset)
  }

  /** A leader begins to write with this epoch. */
  assignEpoch(epoch: number): void {
    this.#state.epochs.assign(epoch, this.#state.endOffset)
  }

  /** The largest known epoch up to `epoch` and where it ended (exclusive); -1 and -1 where it is newer than all that is known. */
  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } {
    return this.#state.epochs.endOffsetFor(epoch, this.#state.endOffset)
  }

  /** The epoch that wrote the record at `offset`; null where that is not known. */
  epochAt(offset: number): number | null {
    return this.#state.epochs.epochAt(offset)
  }

  // ---- changing what is there

  /**
   * Cuts everything from the batch that holds `offset` on; endOffset is `offset` afterwards, or the beginning of that batch, or startOffset
   * where that is later. Whoever truncates appends nothing until it resolved.
   */
  truncate(offset: number): Promise<void> {
    return this.#cut(async () => {
      if (offset < this.endOffset) await truncate(this.#state, offset)
    })
  }

  /** Drops everything and goes on at `offset`, which is startOffset, endOffset and high watermark afterwards. */
  truncateFully(offset: number): Promise<void> {
    return this.#cut(() => truncateFully(this.#state, offset))
  }

  async #cut(work: () => Promise<void>): Promise<void> {
    this.#requireOpen()
    this.#isTruncating = true
    try {
      await this.#exclusively(async () => {
        await this.#watermarks.flushed()
        await this.#watermarks.sealed()
        await this.#whole(work)
        this.#watermarks.restart()
        await this.#state.shared.checkpoint('recoveryPoint') // an old one would vouch for what is appended from here on
      })
    } finally {
      this.#isTruncating = false
    }
    this.#tell()
  }

  // Bytes that make no sense, met before anything was cut, are no defect: the log stays as it is, and in use.
  async #whole(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      throw thrown instanceof MalformedBytes ? thrown : this.#state.fail(thrown)
    }
  }

  /** The log starts at `offset` from here on, if it did not start later; written down before it resolves. Files go with the next retention. */
  async deleteBefore(offset: number): Promise<void> {
    const state = this.#state
    this.#requireOpen()
    assert(offset <= state.endOffset, `${state.name} cannot start at ${offset}, it ends at ${state.endOffset}`)
    try {
      await state.startAt(offset)
    } catch (thrown) {
      throw refusalOf(state, thrown)
    }
  }

  /** Deletes closed segments that retention allows to go, and forgets silent producers. How many segments went; none once `mustStop` says so. */
  applyRetention(now: number, mustStop: () => boolean = () => false): Promise<number> {
    return this.#exclusively(async () => {
      this.#state.producers.expire(now)
      return applyRetention(this.#state, now, {
        mustStop: () => this.#isClosed || mustStop(),
        roll: () => this.#roll(this.#state.endOffset),
        sealed: () => this.#watermarks.sealed(),
      })
    })
  }

  /**
   * Compacts closed segments if the topic's rules say that it is time; null where they do not, or where `mustStop`, asked between batches,
   * said so. `mapBytes` bounds the memory for the keys of one pass; what does not fit is left to the next one.
   */
  compact(now: number, mustStop: () => boolean = () => false, mapBytes?: number): Promise<Compaction | null> {
    return this.#exclusively(async () => {
      if (!this.#state.isCompacted || mustStop()) return null
      await this.#watermarks.sealed()
      return compact(this.#state, now, { mustStop: () => this.#isClosed || this.#isTruncating || mustStop(), mapBytes })
    })
  }

  /** Runs `work` when all such work before it is done. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#maintenance
    const mine = before.then(() => {
      this.#requireUsable()
      return work()
    })
    this.#maintenance = mine.catch(() => {}) // its caller is told
    try {
      return await mine
    } catch (thrown) {
      throw refusalOf(this.#state, thrown)
    }
  }

  // ---- the end; only the LogDir calls these

  /** How far compaction came; null where it never ran. */
  get cleanedUpTo(): number | null {
    return this.#state.cleanedUpTo
  }

  /** What is closed saves them itself, or is deleted. */
  saveEpochs(): Promise<void> {
    return this.#visitors.unlessClosed(() => this.#state.saveEpochs())
  }

  /** Writes and flushes all there is, with everything a start can trust, and closes the files. */
  async closeCleanly(): Promise<void> {
    const state = this.#state
    await this.#stop()
    await this.#watermarks.settled()
    await state.saveEpochs() // first: it flushes the directory, so that the segments need not
    await this.#watermarks.flushed()
    await this.#watermarks.sealed()
    const { active } = state.segments
    if (active.sizeInBytes > 0) await active.indexes.write()
    await state.snapshotProducers()
    await this.#closeFiles()
  }

  /** Closes the files as they are. */
  async closeAsIs(): Promise<void> {
    await this.#stop()
    if (!this.offline) await this.#watermarks.settled().catch(() => {}) // the directory's listeners were told
    await this.#closeFiles()
  }

  async #stop(): Promise<void> {
    this.#isClosed = true
    this.#visitors.close()
    await this.#maintenance
  }

  /** Readers who still want a file are refused. When this resolves nobody is left who uses the directory's name. */
  async #closeFiles(): Promise<void> {
    const { all } = this.#state.segments
    await this.#watermarks.stop()
    for (const segment of all) await segment.closeFile()
    await this.#visitors.gone()
    for (const segment of all) segment.forget()
  }

  /** partition.metadata is there again. */
  identifiedAs(topicId: string): void {
    this.#state.topicId = topicId
  }

  /** The directory has another name from here on. */
  movedTo(dir: string): void {
    this.#state.dir = dir
  }

  /** Lets those look again who wait for the disk. */
  wake(): void {
    this.#watermarks.wake()
  }
}
