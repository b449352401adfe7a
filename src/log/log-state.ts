// What a log is made of: the parts that appending, reading, retention, truncation, cleaning and recovery work on.

import { DiskError } from '../platform/disk.ts'
import type { Damage } from './damage.ts'
import { partitionDir, SUFFIX } from './file-names.ts'
import { LeaderEpochs } from './leader-epochs.ts'
import { isCompacted, type LogConfig } from './log-config.ts'
import { type ProducerLog, ProducerStates } from './producer-state.ts'
import { Segment } from './segment.ts'
import { Segments } from './segments.ts'
import { flushFile, inBackground, type Shared, writeFile } from './shared.ts'
import type { AbortedEntry } from './transaction-index.ts'

export interface LogIdentity {
  readonly dir: string
  readonly topic: string
  readonly partition: number
  readonly topicId: string | null
  readonly config: LogConfig
}

export const LEADER_EPOCH_CHECKPOINT = 'leader-epoch-checkpoint'
export const PARTITION_METADATA = 'partition.metadata'

/** Invariant: startOffset <= endOffset; the active segment ends at endOffset. */
export class LogState implements ProducerLog {
  readonly shared: Shared
  readonly topic: string
  readonly partition: number
  topicId: string | null
  readonly segments = new Segments()
  readonly producers: ProducerStates
  epochs = new LeaderEpochs()
  dir: string
  config: LogConfig
  startOffset = 0
  #comingStart = 0
  endOffset = 0
  highWatermark = 0
  /** Compaction has seen everything before it; null before the first time. */
  cleanedUpTo: number | null = null
  /** The name of its directory and its topic id survive a power cut. */
  isEntryFlushed = false
  /** They run once, when a defect took the log out of use. */
  readonly onBroken: ((why: Error) => void)[] = []
  /** They run whenever more damage is found. */
  readonly onDamage: (() => void)[] = []
  #broken: Error | null = null
  /** Offsets of the producer snapshots on disk. */
  readonly snapshots = new Set<number>()

  constructor(shared: Shared, { dir, topic, partition, topicId, config }: LogIdentity) {
    this.shared = shared
    this.dir = dir
    this.topic = topic
    this.partition = partition
    this.topicId = topicId
    this.config = config
    this.producers = new ProducerStates(this, () => shared.producerIdExpirationMs)
  }

  get name(): string {
    return partitionDir(this.topic, this.partition)
  }

  get firstDamage(): Damage | null {
    for (const { damages } of this.segments.all) if (!damages.isEmpty) return damages.all[0]!
    return null
  }

  get isCompacted(): boolean {
    return isCompacted(this.config)
  }

  *aborted(from: number): Generator<AbortedEntry, void, undefined> {
    for (const segment of this.segments.from(from)) yield* segment.indexes.aborted
  }

  pathOf(name: string): string {
    return `${this.dir}/${name}`
  }

  /** A new segment at the end, which takes appends from here on. */
  addSegment(baseOffset: number): Segment {
    const { shared, config } = this
    const segment = new Segment(shared, this.dir, { baseOffset, sizeInBytes: 0, nextOffset: baseOffset })
    segment.jitterMs = Math.floor(shared.random.next() * Math.min(config['segment.jitter.ms'], config['segment.ms']))
    this.segments.add(segment)
    return segment
  }

  /** Takes segments out of use; their files are removed after `file.delete.delay.ms`, unless they shall be kept under another mark. */
  async retire(gone: readonly Segment[], mark: string = SUFFIX.deleted): Promise<void> {
    const { shared } = this
    for (const segment of gone) {
      await segment.retire(mark)
      if (mark !== SUFFIX.deleted) continue
      shared.later(this.config['file.delete.delay.ms'], () => inBackground(segment.remove(), (why) => shared.goOffline(why)))
    }
    // Else a power cut could bring them back beside what comes after them.
    if (gone.some(({ hasFile }) => hasFile)) await shared.disk.flushDirectory(this.dir)
  }

  snapshotPath(offset: number): string {
    return `${this.dir}/${String(offset).padStart(20, '0')}${SUFFIX.producerSnapshot}`
  }

  /** What log-start-offset-checkpoint has to say: it is written before anybody is told. */
  get comingStartOffset(): number {
    return Math.max(this.startOffset, this.#comingStart)
  }

  /** The log starts at `offset`, if it does not start later: so it is after a crash, too, once this resolved or a reader heard of it. */
  async startAt(offset: number): Promise<void> {
    if (offset <= this.startOffset) return
    this.#comingStart = Math.max(this.#comingStart, offset)
    await this.shared.checkpoint('startOffset')
    if (offset <= this.startOffset || offset > this.endOffset) return // another one was faster, or a cut came in between
    this.startOffset = offset
    this.epochs.truncateFromStart(offset)
    this.producers.startsAt(offset)
    if (this.highWatermark < offset) this.highWatermark = offset
  }

  /** Everything went; the log starts, and goes on, at `offset`. */
  restartsAt(offset: number): void {
    this.#comingStart = 0
    this.startOffset = offset
    this.endOffset = offset
  }

  /** Writes down who the producers are at the end of the log. After a clean stop a start that finds no such file believes that there are none. */
  async snapshotProducers(): Promise<void> {
    const { producers, snapshots, endOffset, shared } = this
    if (snapshots.has(endOffset) || (producers.count === 0 && snapshots.size === 0)) return
    await writeFile(shared.disk, this.snapshotPath(endOffset), producers.snapshot())
    await shared.disk.flushDirectory(this.dir)
    snapshots.add(endOffset)
  }

  async removeSnapshots(isGone: (offset: number) => boolean): Promise<void> {
    for (const offset of this.snapshots) {
      if (!isGone(offset)) continue
      await this.shared.disk.remove(this.snapshotPath(offset))
      this.snapshots.delete(offset)
    }
  }

  /** Writes the leader epochs down, and flushes the directory with that, if what the file should say has changed. */
  async saveEpochs(): Promise<void> {
    const { epochs } = this
    const text = epochs.toText(this.endOffset)
    if (text === epochs.savedText) return
    const segments = this.segments.all.filter(
      ({ isEntryFlushed, writtenOffset, baseOffset }) => !isEntryFlushed && writtenOffset > baseOffset,
    )
    await this.shared.disk.replaceAtomic(this.pathOf(LEADER_EPOCH_CHECKPOINT), Buffer.from(text))
    epochs.savedText = text
    for (const segment of segments) segment.isEntryFlushed = true
  }

  /** Nothing of the log is safe before its directory and its topic id are. A log that is never used never pays for it. */
  async flushEntry(): Promise<void> {
    if (this.isEntryFlushed) return
    const { shared } = this
    const segments = this.segments.all.filter(({ hasFile }) => hasFile)
    if (this.topicId !== null) await flushFile(shared.disk, this.pathOf(PARTITION_METADATA))
    await Promise.all([shared.disk.flushDirectory(this.dir), shared.entries.run()])
    for (const segment of segments) segment.isEntryFlushed = true
    this.isEntryFlushed = true
  }

  /** Why the log takes and gives nothing any more: its disk failed, or a defect of ours met it. */
  get offline(): Error | null {
    return this.shared.offline ?? this.#broken
  }

  /**
   * Work stopped that nobody can take up again. A DiskError takes the directory offline. Anything else is a defect of ours: nobody knows any more
   * whether memory and files agree, so this log, and no other, is out of use until a start.
   */
  fail(thrown: unknown): Error {
    const why = thrown instanceof Error ? thrown : new Error(String(thrown))
    if (why instanceof DiskError) this.shared.goOffline(why)
    else if (!this.#broken) {
      this.#broken = why
      this.shared.logger.error('a defect took a log out of use; a restart checks it and brings it back', {
        log: this.dir,
        error: why,
      })
      for (const run of this.onBroken) run(why)
    }
    return this.offline ?? why
  }
}
