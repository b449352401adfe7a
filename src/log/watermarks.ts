// How far a log is with the operating system and on the device, segment by segment; who waits for it; and what closed segments still owe.

import { LinkedList } from '../base/linked-list.ts'
import type { Flushable } from './flusher.ts'
import type { LogState } from './log-state.ts'
import { closedError } from './refusals.ts'
import type { Segment } from './segment.ts'
import { inBackground, writeFile } from './shared.ts'

/** Invariant: flushedOffset <= writtenOffset <= endOffset. */
export class Watermarks implements Flushable {
  readonly #state: LogState
  readonly #onProgress: () => void
  /** Segments that are not yet wholly on the device with their indexes, oldest first; the active one is always the last. */
  #live: Segment[]
  #writtenOffset: number
  #flushedOffset: number
  /** Where the recovery point was when the active segment began. */
  #recoveryPointAtRoll = 0
  /** Somebody wants everything before it on the device. */
  #wantedOffset = 0
  #waiting: (() => void)[] = []
  #isSendDue = false
  /** The log is closed: nothing is flushed or sealed any more. */
  #isStopped = false
  /** Flushes and sealings. */
  readonly #underWay = new LinkedList<Promise<void>>()

  constructor(state: LogState, onProgress: () => void) {
    this.#state = state
    this.#onProgress = onProgress
    this.#live = [state.segments.active]
    this.#writtenOffset = state.endOffset
    this.#flushedOffset = Math.min(state.endOffset, state.segments.active.flushedOffset)
  }

  get writtenOffset(): number {
    return this.#writtenOffset
  }

  get flushedOffset(): number {
    return this.#flushedOffset
  }

  /**
   * A start need not look at what lies before it: data, indexes and producer snapshots are all on the device. It goes back only where the log is
   * cut: what it vouched for is no torn write, though a segment that was closed behind it still owes indexes, which a start can make again.
   */
  get recoveryPoint(): number {
    if (this.#live.length === 1) return this.#flushedOffset
    return Math.max(this.#recoveryPointAtRoll, Math.min(this.#flushedOffset, this.#live[0]!.baseOffset))
  }

  // ---- writing

  /** Hands what is new to the files at the end of this turn. */
  send(): void {
    if (this.#isSendDue) return
    this.#isSendDue = true
    this.#state.shared.sendSoon(() => {
      this.#isSendDue = false
      this.#sendFirst()
    })
  }

  // One segment after the other, or a crash could leave a hole between two of them.
  #sendFirst(): void {
    const segment = this.#live.find(({ isWritten }) => !isWritten)
    if (!segment || segment.isSending) return
    const sent = segment.send(() => this.#advance())
    inBackground(
      sent.then(() => this.#sendFirst()),
      (why) => this.#state.fail(why),
    )
  }

  /** Resolves when everything appended so far is with the operating system; rejects when the directory went offline. */
  async settled(): Promise<void> {
    while (this.#live.some((segment) => !segment.isWritten)) {
      const { offline } = this.#state
      if (offline) throw offline
      await this.#change()
    }
  }

  #advance(): void {
    const written = this.#reached(
      (segment) => segment.isWritten,
      (segment) => segment.writtenOffset,
    )
    const flushed = this.#reached(
      (segment) => segment.isFlushed,
      (segment) => segment.flushedOffset,
    )
    const hasMoved = written !== this.#writtenOffset || flushed !== this.#flushedOffset
    this.#writtenOffset = written
    this.#flushedOffset = flushed
    if (this.wantsFlush) this.#state.shared.flusher.add(this)
    this.wake()
    if (hasMoved) this.#onProgress()
  }

  #reached(isThrough: (segment: Segment) => boolean, offsetOf: (segment: Segment) => number): number {
    const last = this.#live.at(-1)!
    return offsetOf(this.#live.find((segment) => segment === last || !isThrough(segment))!)
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  /** Lets those look again who wait for the files: something was written, or never will be. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  // ---- flushing

  get wantsFlush(): boolean {
    return (
      this.#wantedOffset > this.#flushedOffset &&
      this.#writtenOffset > this.#flushedOffset &&
      this.#state.offline === null &&
      !this.#isStopped
    )
  }

  /** Everything appended so far shall be on the device soon. */
  requestFlush(): void {
    this.#wantedOffset = this.#state.endOffset
    if (this.wantsFlush) this.#state.shared.flusher.add(this)
  }

  flushWritten(): Promise<void> {
    return this.#tracked(this.#flushLive())
  }

  async #flushLive(): Promise<void> {
    try {
      await this.#state.flushEntry()
      for (const segment of [...this.#live]) if (!segment.isFlushed && !this.#isStopped) await segment.flush()
      this.#advance()
    } catch (thrown) {
      this.#state.fail(thrown)
    }
  }

  /** Resolves when everything appended so far is on the device; rejects when the directory went offline or the log was closed. */
  async flushed(): Promise<void> {
    const { endOffset } = this.#state
    this.requestFlush()
    while (this.#flushedOffset < endOffset) {
      this.#requireRunning()
      await this.#change()
    }
  }

  #requireRunning(): void {
    const { offline, name } = this.#state
    if (offline) throw offline
    if (this.#isStopped) throw closedError(name)
  }

  #tracked(work: Promise<void>): Promise<void> {
    const tracked: Promise<void> = work.finally(() => link.remove())
    const link = this.#underWay.add(tracked)
    return tracked
  }

  /** Begins nothing any more; resolves when what was under way is over. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.wake()
    await Promise.allSettled(this.#underWay)
  }

  // ---- segments

  /** A new segment takes appends; what the one before it owes is written in the background. `producers` is the snapshot for its beginning. */
  rolled(fresh: Segment, producers: Uint8Array): void {
    const before = this.#live.at(-1)!
    this.#recoveryPointAtRoll = this.recoveryPoint
    this.#live.push(fresh)
    inBackground(this.#tracked(this.#seal(before, fresh.baseOffset, producers)), (why) => this.#state.fail(why))
  }

  // Only when all of it is on the device may the recovery point pass.
  async #seal(segment: Segment, endOffset: number, producers: Uint8Array): Promise<void> {
    const state = this.#state
    const { shared } = state
    this.requestFlush()
    while (!segment.isFlushed && !segment.isRetired) {
      if (state.offline || this.#isStopped) return
      await this.#change()
    }
    if (!segment.isRetired) {
      await segment.indexes.write(true)
      await writeFile(shared.disk, state.snapshotPath(endOffset), producers)
      state.snapshots.add(endOffset)
      await state.saveEpochs()
      await shared.disk.flushDirectory(state.dir)
      segment.indexes.settle()
    }
    this.#live = this.#live.filter((other) => other !== segment)
    this.wake()
  }

  /** Resolves when no closed segment owes anything. */
  async sealed(): Promise<void> {
    while (this.#live.length > 1) {
      this.#requireRunning()
      await this.#change()
    }
  }

  /** The log was cut, or begins elsewhere: only its active segment counts from here on, and all of it is on the device. */
  restart(): void {
    this.#live = [this.#state.segments.active]
    this.#writtenOffset = this.#state.endOffset
    this.#flushedOffset = this.#state.endOffset
    this.#wantedOffset = 0
    this.wake()
  }
}
