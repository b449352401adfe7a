// Appends batches to the end of a log, and flushes them when the topic's rules say so.

import type { RecordBatch } from '../protocol/records/batch.ts'
import { leaderBatches } from './leader-batches.ts'
import type { LogGate } from './log-gate.ts'
import type { LogState } from './log-state.ts'
import { baseFor, needsRoll } from './rolling.ts'
import type { Watermarks } from './watermarks.ts'

export interface Appended {
  readonly baseOffset: number
  readonly lastOffset: number
  /** Of the broker, where the topic's timestamps are its own; else -1. */
  readonly appendTime: number
}

export class LogAppender {
  readonly #state: LogState
  readonly #watermarks: Watermarks
  readonly #gate: LogGate
  #hasFlushTimer = false

  constructor(state: LogState, watermarks: Watermarks, gate: LogGate) {
    this.#state = state
    this.#watermarks = watermarks
    this.#gate = gate
  }

  append(batch: RecordBatch, leaderEpoch: number): Appended {
    this.#gate.requireOpen()
    batch.assign(this.#state.endOffset, leaderEpoch)
    this.#add(batch)
    const { baseOffset, lastOffset, timestampType } = batch
    return { baseOffset, lastOffset, appendTime: timestampType === 'LogAppendTime' ? batch.maxTimestamp : -1 }
  }

  appendAsFollower(bytes: Uint8Array, leaderEpoch: number): Appended {
    this.#gate.requireOpen()
    const taken = leaderBatches(bytes, this.#state, leaderEpoch)
    for (const batch of taken) this.#add(batch)
    const { endOffset } = this.#state
    return { baseOffset: taken[0]?.baseOffset ?? endOffset, lastOffset: endOffset - 1, appendTime: -1 }
  }

  #add(batch: RecordBatch): void {
    const state = this.#state
    const now = state.shared.clock.now()
    if (needsRoll(state, batch, now)) this.rollAt(baseFor(state, batch))
    const { active } = state.segments
    state.epochs.assign(batch.partitionLeaderEpoch, batch.baseOffset)
    active.append(batch, state.config['index.interval.bytes'], now)
    state.endOffset = active.nextOffset
    const aborted = state.producers.add(batch)
    if (aborted) active.indexes.addAborted(aborted)
    this.#watermarks.send()
    this.#heedFlushRules()
  }

  /** Closes the active segment, unless it is empty; what is appended next goes into one that begins at `baseOffset`. */
  rollAt(baseOffset: number): void {
    const { segments, producers } = this.#state
    if (segments.active.baseOffset === baseOffset) return
    const isEmpty = segments.active.sizeInBytes === 0
    const snapshot = producers.snapshot() // first: nothing may fail between the new segment and the watermarks' knowing of it
    if (isEmpty) segments.active.endsAt(baseOffset) // an offset too far for the indexes of a segment that has nothing yet
    this.#watermarks.rolled(this.#state.addSegment(baseOffset), snapshot)
  }

  #heedFlushRules(): void {
    const { config, endOffset, shared } = this.#state
    if (endOffset - this.#watermarks.flushedOffset >= config['flush.messages']) this.#watermarks.requestFlush()
    const ms = config['flush.ms']
    if (this.#hasFlushTimer || ms >= Number.MAX_SAFE_INTEGER) return
    this.#hasFlushTimer = true
    shared.later(ms, () => {
      this.#hasFlushTimer = false
      this.#watermarks.requestFlush()
    })
  }
}
