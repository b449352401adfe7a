// How fast new connections may come in (max.connection.creation.rate): a second's worth at once, then one after the other.

import type { Clock, Timer } from '../platform/clock.ts'

/** The rate may be changed while some wait, and nobody shall wait longer than it asks then. */
const LONGEST_WAIT_MS = 500
/** So many may wait, or a second's worth where that is more: each holds a descriptor, and the last one's patience ends. */
const LEAST_PLACES = 64

export class CreationPace {
  readonly #clock: Clock
  readonly #rate: () => number
  /** In the order they came. */
  readonly #waiting = new Map<object, () => void>()
  /** How many may come in now; a part of one, too. */
  #credit = Number.POSITIVE_INFINITY
  #creditAt: number
  #timer: Timer | null = null

  /** `rate` is in connections per second; Infinity for any number, 0 for none. */
  constructor(clock: Clock, rate: () => number) {
    this.#clock = clock
    this.#rate = rate
    this.#creditAt = clock.monotonic()
  }

  /** Runs `run` when it is the turn of `who`: at once, where the rate allows it and nobody waits. False, and nothing will run, if too many wait. */
  enter(who: object, run: () => void): boolean {
    if (this.#waiting.size >= Math.max(LEAST_PLACES, this.#rate())) return false
    this.#waiting.set(who, run)
    if (!this.#timer) this.#goOn()
    return true
  }

  /** `who` waits no longer, if it did; that costs those behind nothing. */
  leave(who: object): void {
    this.#waiting.delete(who)
  }

  /** Nobody comes in any more. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#waiting.clear()
  }

  #goOn(): void {
    const rate = this.#rate()
    const now = this.#clock.monotonic()
    if (rate === Number.POSITIVE_INFINITY) this.#credit = rate
    else {
      const earned = this.#credit === Number.POSITIVE_INFINITY ? rate : this.#credit + ((now - this.#creditAt) * rate) / 1000
      this.#credit = Math.min(earned, rate)
    }
    this.#creditAt = now
    for (const [who, run] of this.#waiting) {
      if (this.#credit < 1) break
      this.#credit--
      this.#waiting.delete(who)
      run()
    }
    if (this.#waiting.size === 0) return
    const waitMs = Math.min(LONGEST_WAIT_MS, ((1 - this.#credit) * 1000) / rate)
    this.#timer = this.#clock.after(Math.max(1, waitMs), () => {
      this.#timer = null
      this.#goOn()
    })
  }
}
