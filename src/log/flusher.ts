// Group commit: at most two flushes are under way per directory, and one of them serves everything that its log had written before it began.

import { Histogram } from '../base/histogram.ts'

/** Something with bytes to flush. */
export interface Flushable {
  /** Whether there is anything written that somebody wants on the device. */
  readonly wantsFlush: boolean
  /** Flushes what is written by now. Must not reject: a failure takes the directory offline. */
  flushWritten(): Promise<void>
}

/** The thread pool has four threads and reads share it. */
const UNDER_WAY_MAX = 2
/** Nobody reads any more. */
const UNDER_WAY_AT_END = 4

export class Flusher {
  /** In the order in which they asked. */
  readonly #waiting = new Set<Flushable>()
  readonly #underWay = new Set<Flushable>()
  /** How many flushes were begun so far. */
  rounds = 0
  /** How long those that ended took, in microseconds. */
  readonly times = new Histogram()
  readonly #now: () => number
  #max = UNDER_WAY_MAX

  /** @param now milliseconds that only grow */
  constructor(now: () => number) {
    this.#now = now
  }

  /** The directory is being closed: as many at a time as the thread pool takes. */
  hurry(): void {
    this.#max = UNDER_WAY_AT_END
    this.#next()
  }

  /** Flushes `log` when its turn comes. One that is being flushed is flushed once more: what it wants may have come after the flush began. */
  add(log: Flushable): void {
    this.#waiting.add(log)
    this.#next()
  }

  #next(): void {
    for (const log of this.#waiting) {
      if (this.#underWay.size >= this.#max) return
      if (this.#underWay.has(log)) continue
      this.#waiting.delete(log)
      if (log.wantsFlush) void this.#flush(log)
    }
  }

  async #flush(log: Flushable): Promise<void> {
    this.#underWay.add(log)
    this.rounds++
    const began = this.#now()
    try {
      await log.flushWritten()
    } finally {
      this.times.record((this.#now() - began) * 1000)
      this.#underWay.delete(log)
      if (log.wantsFlush) this.#waiting.add(log)
      this.#next()
    }
  }
}
