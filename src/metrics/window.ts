// The last minutes of what is counted since the start. Quantiles are told of these, as Kafka's are of recent values for the most part.

import type { Clock, Timer } from '../platform/clock.ts'

const STEP_MS = 30_000
/** Five minutes. */
const STEPS = 10

/** Copies counters now and then, and is never in the way of those who count. */
export class Windows {
  readonly #clock: Clock
  readonly #followed = new Map<Float64Array, Float64Array[]>()
  readonly #refresh: (() => void)[] = []
  #timer: Timer | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `refresh` runs before every copy, for counters that somebody else keeps. */
  follow(counts: Float64Array, refresh?: () => void): void {
    this.#followed.set(counts, [])
    if (refresh) this.#refresh.push(refresh)
  }

  /** Without it, and in the first minutes, a window holds everything since the start. */
  start(): void {
    this.#timer = this.#clock.after(STEP_MS, () => {
      this.step()
      this.start()
    })
  }

  step(): void {
    for (const refresh of this.#refresh) refresh()
    for (const [counts, kept] of this.#followed) {
      kept.push(counts.slice())
      if (kept.length > STEPS) kept.shift()
    }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  /** What stood there when the window of so many steps began; null where that is since the start. */
  earlier(counts: Float64Array, steps = STEPS): Float64Array | null {
    return this.#followed.get(counts)?.at(-steps) ?? null
  }
}
