// The timers of one machine, by key. They are soft state: armed by effects, gone when the machine unloads.

import type { Clock, Timer } from '../platform/clock.ts'

export class Timers {
  readonly #clock: Clock
  readonly #due: (key: string) => void
  readonly #armed = new Map<string, Timer>()

  constructor(clock: Clock, due: (key: string) => void) {
    this.#clock = clock
    this.#due = due
  }

  get size(): number {
    return this.#armed.size
  }

  /** Runs `due(key)` once after `afterMs` milliseconds, in place of what was armed under the key before. */
  arm(key: string, afterMs: number): void {
    this.cancel(key)
    const timer = this.#clock.after(Math.max(0, afterMs), () => {
      // A clock may fire a timer that was replaced in the same turn; only the armed one counts.
      if (this.#armed.get(key) !== timer) return
      this.#armed.delete(key)
      this.#due(key)
    })
    this.#armed.set(key, timer)
  }

  cancel(key: string): void {
    this.#armed.get(key)?.cancel()
    this.#armed.delete(key)
  }

  cancelAll(): void {
    for (const timer of this.#armed.values()) timer.cancel()
    this.#armed.clear()
  }
}
