// How late the event loop is: a timer comes due 50 times a second and notes by how much it came too late. And how much of its time it had nothing
// to do.

import { Histogram } from '../base/histogram.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import type { VitalSigns } from '../platform/vitals.ts'
import type { Windows } from './window.ts'

const EVERY_MS = 20
/** Of a window: between half a minute and a whole one. */
const RECENT_STEPS = 2

type Use = Pick<VitalSigns, 'loopBusyMs' | 'loopIdleMs'>

export class LoopLag {
  /** In microseconds. */
  readonly lateness = new Histogram()
  readonly #clock: Clock
  readonly #windows: Windows
  /** Busy and idle milliseconds at the last step of the windows. */
  readonly #used = new Float64Array(2)
  #timer: Timer | null = null

  constructor(clock: Clock, windows: Windows, use: () => Use | null) {
    this.#clock = clock
    this.#windows = windows
    windows.follow(this.lateness.counts)
    windows.follow(this.#used, () => {
      const { loopBusyMs, loopIdleMs } = use() ?? { loopBusyMs: 0, loopIdleMs: 0 }
      this.#used.set([loopBusyMs, loopIdleMs])
    })
  }

  start(): void {
    const dueAt = this.#clock.monotonic() + EVERY_MS
    this.#timer = this.#clock.after(EVERY_MS, () => {
      this.lateness.record((this.#clock.monotonic() - dueAt) * 1000)
      this.start()
    })
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = null
  }

  /** Of the last half minute to minute. */
  usedSince({ loopBusyMs, loopIdleMs }: Use): { busyMs: number; idleMs: number } {
    const earlier = this.#windows.earlier(this.#used, RECENT_STEPS)
    return { busyMs: loopBusyMs - (earlier?.[0] ?? 0), idleMs: loopIdleMs - (earlier?.[1] ?? 0) }
  }
}
