// One replica of the metadata log on its disk: batches, snapshots, who votes, and up to where it ever vouched for what it had.

import type { FlushedOffset } from '../log/flushed-offset.ts'
import type { Appended, Log } from '../log/log.ts'
import { copied } from '../log/log-read.ts'
import type { Platform } from '../platform/platform.ts'
import { KafkaError } from '../protocol/errors.ts'
import { batches, type RecordBatch } from '../protocol/records/batch.ts'
import type { LogPosition, LogView } from './log-view.ts'
import type { Membership } from './membership.ts'
import { readMembershipOf } from './open-log.ts'
import { readSnapshot, type SnapshotId, snapshotName } from './snapshot.ts'
import type { MetadataRetention, Snapshots } from './snapshots.ts'
import type { Voter } from './voters.ts'

export interface ReplicaLogParts {
  readonly platform: Pick<Platform, 'clock' | 'disk' | 'logger'>
  readonly log: Log
  readonly snapshots: Snapshots
  readonly membership: Membership
  /** What the file says that tells a start what was flushed. */
  readonly flushed: FlushedOffset
  /** Up to where this replica once had records that it may not have now; 0 where nothing is missing. */
  readonly lostUpTo: number
}

export class ReplicaLog implements LogView {
  readonly #parts: ReplicaLogParts
  #lostUpTo: number
  #isRetired = false
  #isCutting = false
  #changing: Promise<void> = Promise.resolve()

  constructor(parts: ReplicaLogParts) {
    this.#parts = parts
    this.#lostUpTo = parts.lostUpTo
    parts.log.onProgress(() => this.#vouch())
  }

  get #log(): Log {
    return this.#parts.log
  }

  get dir(): string {
    return this.#log.dir
  }

  get startOffset(): number {
    return this.#log.startOffset
  }

  get endOffset(): number {
    return this.#log.endOffset
  }

  get flushedOffset(): number {
    return this.#log.flushedOffset
  }

  get isWhole(): boolean {
    return this.#log.flushedOffset >= this.#lostUpTo
  }

  get voters(): readonly Voter[] {
    return this.#parts.membership.voters
  }

  get kraftVersion(): number {
    return this.#parts.membership.kraftVersion
  }

  get votersInLog(): boolean {
    return this.#parts.membership.votersInLog
  }

  get votersOffset(): number {
    return this.#parts.membership.offset
  }

  /** By which version and voters the quorum lived below `endOffset`: what is newer may still be taken back. */
  membershipAt(endOffset: number): { readonly kraftVersion: number; readonly voters: readonly Voter[] } {
    return this.#parts.membership.at(endOffset)
  }

  get oldestSnapshot(): SnapshotId | null {
    return this.#parts.snapshots.all.find(({ endOffset }) => endOffset > 0) ?? null
  }

  get newestSnapshot(): SnapshotId | null {
    const { newest } = this.#parts.snapshots
    return newest && newest.endOffset > 0 ? newest : null
  }

  hasSnapshot({ endOffset, epoch }: SnapshotId): boolean {
    return endOffset > 0 && this.#parts.snapshots.all.some((one) => one.endOffset === endOffset && one.epoch === epoch)
  }

  get lastEpoch(): number {
    const { latestEpoch } = this.#log
    return latestEpoch >= 0 ? latestEpoch : (this.newestSnapshot?.epoch ?? 0)
  }

  endOffsetForEpoch(epoch: number): LogPosition {
    const found = this.#log.endOffsetForEpoch(epoch)
    if (found.epoch >= 0) return found
    const { lastEpoch, endOffset } = this
    // Of a log that goes on behind a snapshot and has no record yet, the snapshot alone knows the epoch.
    return epoch < lastEpoch ? { epoch, endOffset: this.startOffset } : { epoch: lastEpoch, endOffset }
  }

  /** The epoch of the record before `endOffset`. */
  epochBefore(endOffset: number): number {
    const found = this.#log.epochAt(endOffset - 1)
    if (found !== null) return found
    const snapshot = this.#parts.snapshots.all.findLast((one) => one.endOffset === endOffset)
    return snapshot?.epoch ?? this.lastEpoch
  }

  // ---- writing

  /** A leader's batch, with the next offset and `epoch`. Metadata is flushed before it counts, whatever log.flush.policy says. */
  append(batch: RecordBatch, epoch: number): Appended {
    const appended = this.#log.append(batch, epoch)
    this.#parts.membership.note(batch)
    this.#log.requestFlush()
    return appended
  }

  /** What a leader gave out; half a batch at the end is left out. Throws CORRUPT_MESSAGE, with nothing changed, where it cannot be a leader's of `epoch`. */
  follow(bytes: Uint8Array, epoch: number): readonly RecordBatch[] {
    const taken = [...batches(bytes)]
    let next = this.endOffset
    let last = this.lastEpoch
    for (const batch of taken) {
      const { baseOffset, partitionLeaderEpoch: written } = batch
      if (baseOffset !== next || written < last || written > epoch || batch.magic !== 2) {
        throw new KafkaError(
          'CORRUPT_MESSAGE',
          `a batch at ${baseOffset} of epoch ${written} cannot follow offset ${next} of epoch ${last} in epoch ${epoch}`,
        )
      }
      next = batch.nextOffset
      last = written
    }
    if (taken.length === 0) throw new KafkaError('CORRUPT_MESSAGE', `${bytes.length} bytes hold no whole batch`)
    this.#log.appendAsFollower(bytes)
    for (const batch of taken) this.#parts.membership.note(batch)
    this.#log.requestFlush()
    return taken
  }

  /** What was not committed is given up for a leader's history; on the device when it resolves. */
  truncate(offset: number): Promise<void> {
    return this.#exclusively(() => this.#cutting(() => this.#truncate(offset)))
  }

  async #truncate(offset: number): Promise<void> {
    // First: a start that found the file ahead of the log would take what is given up here for lost.
    if (offset < this.#parts.flushed.offset) await this.#parts.flushed.cutTo(offset)
    this.#lostUpTo = Math.min(this.#lostUpTo, offset)
    await this.#log.truncate(offset)
    this.#parts.membership.truncate(this.endOffset)
  }

  /** Everything goes, and the log goes on behind a snapshot that is here already. */
  restore(id: SnapshotId): Promise<void> {
    return this.#exclusively(() => this.#cutting(() => this.#restore(id)))
  }

  async #restore(id: SnapshotId): Promise<void> {
    const { snapshots, membership, flushed, platform } = this.#parts
    await snapshots.look()
    if (this.isWhole) await flushed.cutTo(id.endOffset)
    await this.#log.truncateFully(id.endOffset)
    membership.truncate(0)
    await readMembershipOf(membership, platform.disk, this.dir, id)
  }

  /** What the log flushes on the way is about to go, and nobody vouches for it. */
  async #cutting(work: () => Promise<void>): Promise<void> {
    this.#isCutting = true
    try {
      await work()
    } finally {
      this.#isCutting = false
    }
  }

  /** A snapshot was written here: older ones, and the log below the next, go as far as `retention` lets them. */
  snapshotWritten(retention: MetadataRetention): Promise<void> {
    const { snapshots, membership } = this.#parts
    return this.#exclusively(async () => {
      await snapshots.look()
      membership.settle(this.newestSnapshot?.endOffset ?? 0)
      if (!this.#isRetired) await snapshots.clean(retention)
    })
  }

  /** Where the log begins changes by one hand at a time: of a snapshot that was fetched, the list knows before the log does. */
  async #exclusively(work: () => Promise<void>): Promise<void> {
    const before = this.#changing
    const mine = before.then(work)
    this.#changing = mine.catch(() => {}) // its caller is told
    await mine
  }

  // ---- reading

  /** Whole batches from the one that holds `from`, copied; at least one where there is one. */
  async read(from: number, maxBytes: number): Promise<Uint8Array> {
    return wholeBatches(await copied(this.#log.read(from, maxBytes, this.#log.endOffset, true)))
  }

  readSnapshot(id: SnapshotId): AsyncGenerator<RecordBatch, void, undefined> {
    return readSnapshot(this.#parts.platform.disk, `${this.dir}/${snapshotName(id)}`)
  }

  // ---- vouching

  /** What a voter has on its device it may have told, and others rely on it: a start has to know, lest damage is taken for a torn write. */
  #vouch(): void {
    const { flushed, log } = this.#parts
    if (!this.#isRetired && !this.#isCutting && log.flushedOffset > flushed.offset) flushed.moveTo(log.flushedOffset)
  }

  /** Writes nothing any more. */
  retire(): void {
    this.#isRetired = true
  }
}

function wholeBatches(bytes: Buffer): Uint8Array {
  let end = 0
  for (const batch of batches(bytes)) end = batch.at + batch.sizeInBytes
  return bytes.subarray(0, end)
}
