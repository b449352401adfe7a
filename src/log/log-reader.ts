// Reads of a log: batches, times, and looks for damage.

import { KafkaError } from '../protocol/errors.ts'
import { type LogRead, readBatches } from './log-read.ts'
import type { LogState } from './log-state.ts'
import { LogScrub, suspecting } from './scrub.ts'
import type { Segment } from './segment.ts'
import { findMaxTimestamp, findTimestamp, type TimestampOffset } from './time-lookup.ts'
import type { Visitors } from './visitors.ts'

export class LogReader {
  readonly #state: LogState
  readonly #visitors: Visitors
  readonly #suspect: (segment: Segment) => void

  constructor(state: LogState, visitors: Visitors) {
    this.#state = state
    this.#visitors = visitors
    this.#suspect = suspecting(state, visitors)
  }

  async read(from: number, maxBytes: number, limit: number, minOneBatch: boolean): Promise<LogRead> {
    const { startOffset, endOffset, segments, name } = this.#state
    if (from < startOffset || from > endOffset) {
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `${name} holds offsets ${startOffset} to ${endOffset}; asked for ${from}`)
    }
    const range = { from, maxBytes, limit, minOneBatch, endOffset }
    return this.#visitors.run(() => readBatches(segments, range, this.#suspect))
  }

  /** Looks through the segment that has `offset`, and the one behind it, as compaction may have left nothing there; each of them once. */
  doubt(offset: number): void {
    const { segments } = this.#state
    const at = segments.indexOf(offset)
    for (const segment of segments.all.slice(at, at + 2)) this.#suspect(segment)
  }

  offsetForTimestamp(timestamp: number): Promise<TimestampOffset | null> {
    return this.#visitors.run(() => findTimestamp(this.#state, timestamp))
  }

  maxTimestampOffset(): Promise<TimestampOffset | null> {
    return this.#visitors.run(() => findMaxTimestamp(this.#state))
  }

  scrub(): LogScrub {
    return new LogScrub(this.#state, this.#visitors)
  }
}
