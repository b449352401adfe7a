// One partition's log: batches in the order of their offsets, in segments on disk, the newest of them in memory as well.

import type { RecordBatch } from '../protocol/records/batch.ts'
import type { Compaction } from './cleaner.ts'
import type { Damage } from './damage.ts'
import { type Appended, LogAppender } from './log-appender.ts'
import { type ClosingParts, closeAsIs, closeCleanly } from './log-closing.ts'
import type { LogConfig } from './log-config.ts'
import { LogGate } from './log-gate.ts'
import { LogMaintenance } from './log-maintenance.ts'
import type { LogRead } from './log-read.ts'
import { LogReader } from './log-reader.ts'
import type { LogState } from './log-state.ts'
import type { ProducerStates } from './producer-state.ts'
import type { Recovered } from './recovery.ts'
import type { LogScrub } from './scrub.ts'
import type { TimestampOffset } from './time-lookup.ts'
import { Visitors } from './visitors.ts'
import { Watermarks } from './watermarks.ts'

export type { Appended } from './log-appender.ts'
export type { LogRead } from './log-read.ts'
export type { TimestampOffset } from './time-lookup.ts'

/**
 * Appending is synchronous in memory and asynchronous on disk: `endOffset` moves at once, `writtenOffset` when the operating system has the
 * batch (it survives a crash of the process), `flushedOffset` when the device has it (it survives a power cut).
 * Invariant: startOffset <= flushedOffset <= writtenOffset <= endOffset, except that deleteBefore may pass the first two.
 */
export class Log {
  readonly #state: LogState
  readonly #watermarks: Watermarks
  readonly #visitors: Visitors
  readonly #gate: LogGate
  readonly #appender: LogAppender
  readonly #reader: LogReader
  readonly #maintenance: LogMaintenance
  readonly #listeners: ((log: Log) => void)[] = []
  /** Null after a clean stop. */
  readonly recovered: Recovered | null

  /** Logs are made by their LogDir. */
  constructor(state: LogState, recovered: Recovered | null) {
    this.#state = state
    this.recovered = recovered
    this.#watermarks = new Watermarks(state, () => this.#tell())
    this.#visitors = new Visitors(state)
    this.#gate = new LogGate(state)
    this.#appender = new LogAppender(state, this.#watermarks, this.#gate)
    this.#reader = new LogReader(state, this.#visitors)
    this.#maintenance = new LogMaintenance({
      ...{ state, watermarks: this.#watermarks, gate: this.#gate, appender: this.#appender },
      onCut: () => this.#tell(),
    })
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
    return this.#appender.append(batch, leaderEpoch)
  }

  /**
   * Appends whole batches that a leader of `leaderEpoch` gave out, with their offsets; half a batch at the end is left out. Throws CORRUPT_MESSAGE
   * or KAFKA_STORAGE_ERROR before anything changed.
   */
  appendAsFollower(bytes: Uint8Array, leaderEpoch = Number.POSITIVE_INFINITY): Appended {
    return this.#appender.appendAsFollower(bytes, leaderEpoch)
  }

  /** Closes the active segment, unless it is empty; the next append goes into a new one. */
  roll(): void {
    this.#gate.requireOpen()
    this.#appender.rollAt(this.endOffset)
  }

  // ---- flushing

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
  read(from: number, maxBytes: number, limit: number, minOneBatch = true): Promise<LogRead> {
    return this.#reader.read(from, maxBytes, limit, minOneBatch)
  }

  /** The first record, in the order of offsets, with this timestamp or a later one; null where there is none. */
  offsetForTimestamp(timestamp: number): Promise<TimestampOffset | null> {
    return this.#reader.offsetForTimestamp(timestamp)
  }

  /** The first record that has the largest timestamp of all; null where no record has a time. */
  maxTimestampOffset(): Promise<TimestampOffset | null> {
    return this.#reader.maxTimestampOffset()
  }

  /** Begins a pass over all that lies on disk; what is found to be damaged is answered with CORRUPT_MESSAGE from then on. */
  scrub(): LogScrub {
    return this.#reader.scrub()
  }

  /** Who was given what lies from `offset` on asks for it again: it is looked at, so that what is damaged there is known. */
  doubt(offset: number): void {
    this.#reader.doubt(offset)
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
    return this.#maintenance.truncate(offset)
  }

  /** Drops everything and goes on at `offset`, which is startOffset, endOffset and high watermark afterwards. */
  truncateFully(offset: number): Promise<void> {
    return this.#maintenance.truncateFully(offset)
  }

  /** The log starts at `offset` from here on, if it did not start later; written down before it resolves. Files go with the next retention. */
  deleteBefore(offset: number): Promise<void> {
    return this.#maintenance.deleteBefore(offset)
  }

  /** Deletes closed segments that retention allows to go, and forgets silent producers. How many segments went; none once `mustStop` says so. */
  applyRetention(now: number, mustStop: () => boolean = () => false): Promise<number> {
    return this.#maintenance.applyRetention(now, mustStop)
  }

  /**
   * Compacts closed segments if the topic's rules say that it is time; null where they do not, or where `mustStop`, asked between batches,
   * said so. `mapBytes` bounds the memory for the keys of one pass; what does not fit is left to the next one.
   */
  compact(now: number, mustStop: () => boolean = () => false, mapBytes?: number): Promise<Compaction | null> {
    return this.#maintenance.compact(now, mustStop, mapBytes)
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
  closeCleanly(): Promise<void> {
    return closeCleanly(this.#parts)
  }

  /** Closes the files as they are. */
  closeAsIs(): Promise<void> {
    return closeAsIs(this.#parts)
  }

  get #parts(): ClosingParts {
    return {
      state: this.#state,
      watermarks: this.#watermarks,
      visitors: this.#visitors,
      gate: this.#gate,
      maintenance: this.#maintenance,
    }
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
