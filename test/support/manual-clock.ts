// A clock that the test moves.

import type { Clock, Timer } from '../../src/platform/clock.ts'

export class ManualClock implements Clock {
  #now = 1_700_000_000_000
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>()

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(ms: number, run: () => void): Timer {
    const timer = { at: this.#now + ms, run }
    this.#timers.add(timer)
    return { cancel: () => this.#timers.delete(timer) }
  }

  soon(run: () => void): void {
    setImmediate(run)
  }

  /** Time that somebody's work takes: nobody else has a turn in it. */
  work(ms: number): void {
    this.#now += ms
  }

  /** Runs what comes due on the way, in its order, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    for (;;) {
      await new Promise(setImmediate)
      const [next] = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)
      if (!next) break
      this.#timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
    }
    this.#now = until
  }
}
