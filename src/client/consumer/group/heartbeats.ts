// Something that is done again and again while a member takes part, apart from what the program does.

import type { Clock, Timer } from '../../../platform/clock.ts'

/** A coordinator that asks for more of them would have a client that does nothing else. */
const SHORTEST_MS = 10

export class Heartbeats {
  readonly #clock: Clock
  readonly #beat: () => Promise<void>
  #timer: Timer | null = null
  #intervalMs = 0
  #isBeating = false
  #isSoon = false

  /** `beat` must not throw. */
  constructor(clock: Clock, beat: () => Promise<void>) {
    this.#clock = clock
    this.#beat = beat
  }

  /** The first one after the interval, in ms; where they go on already, the next ones in this interval. */
  start(intervalMs: number): void {
    this.#intervalMs = Math.max(SHORTEST_MS, intervalMs)
    this.#timer ??= this.#clock.after(this.#intervalMs, () => this.#due())
  }

  /** The next one now, or right after the one on its way. */
  soon(): void {
    if (this.#isBeating) this.#isSoon = true
    else if (this.#timer) {
      this.#timer.cancel()
      this.#due()
    }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#isSoon = false
  }

  #due(): void {
    if (this.#isBeating) return
    this.#isBeating = true
    void this.#beat().finally(() => {
      this.#isBeating = false
      if (!this.#timer) return // stopped
      this.#timer.cancel()
      const pause = this.#isSoon ? 0 : this.#intervalMs
      this.#isSoon = false
      this.#timer = this.#clock.after(pause, () => this.#due())
    })
  }
}
