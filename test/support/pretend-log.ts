// A log for tests of the quorum: one record an offset, of which only the epoch is known.

import type { LogPosition, LogView } from '../../src/raft/log-view.ts'
import type { SnapshotId } from '../../src/raft/snapshot.ts'
import type { Voter } from '../../src/raft/voters.ts'

export class PretendLog implements LogView {
  /** By offset, from `startOffset` on. */
  epochs: number[] = []
  startOffset = 0
  flushedOffset = 0
  isWhole = true
  voters: readonly Voter[]
  kraftVersion = 1
  votersInLog = true
  votersOffset = -1
  snapshots: SnapshotId[] = []

  constructor(voters: readonly Voter[], epochs: readonly number[] = []) {
    this.voters = voters
    this.append(...epochs)
    this.flush()
  }

  append(...epochs: readonly number[]): void {
    this.epochs.push(...epochs)
  }

  flush(): void {
    this.flushedOffset = this.endOffset
  }

  truncate(offset: number): void {
    this.epochs.length = offset - this.startOffset
    this.flushedOffset = Math.min(this.flushedOffset, offset)
  }

  restore(id: SnapshotId): void {
    this.snapshots.push(id)
    this.startOffset = id.endOffset
    this.epochs = []
    this.flush()
  }

  get endOffset(): number {
    return this.startOffset + this.epochs.length
  }

  get lastEpoch(): number {
    return this.epochs.at(-1) ?? this.newestSnapshot?.epoch ?? 0
  }

  get oldestSnapshot(): SnapshotId | null {
    return this.snapshots[0] ?? null
  }

  get newestSnapshot(): SnapshotId | null {
    return this.snapshots.at(-1) ?? null
  }

  endOffsetForEpoch(epoch: number): LogPosition {
    const last = this.epochs.findLastIndex((one) => one <= epoch)
    if (last < 0) return { epoch, endOffset: this.startOffset }
    return { epoch: this.epochs[last]!, endOffset: this.startOffset + last + 1 }
  }
}
