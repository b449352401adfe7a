// How fast new connections may come in (max.connection.creation.rate): a second's worth at once, then one after the other.

import type { Clock, Timer } from '../platform/clock.ts'

/** The rate may be changed while some wait, and nobody shall wait longer than it asks then. */
const LONGEST_WAIT_MS = 500

export class CreationPace {
  readonly #clock: Clock
  readonly #rate: () => number
  readonly #waiting: (() => void)[] = []
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

  /** Runs `run` when it is this connection's turn: at once, where the rate allows it and nobody waits. */
  enter(run: () => void): void {
    this.#waiting.push(run)
    if (!this.#timer) this.#goOn()
  }

  /** Nobody comes in any more. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#waiting.length = 0
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
    while (this.#waiting.length > 0 && this.#credit >= 1) {
      this.#credit--
      this.#waiting.shift()!()
    }
    if (this.#waiting.length === 0) return
    const waitMs = Math.min(LONGEST_WAIT_MS, ((1 - this.#credit) * 1000) / rate)
    this.#timer = this.#clock.after(Math.max(1, waitMs), () => {
      this.#timer = null
      this.#goOn()
    })
  }
}
