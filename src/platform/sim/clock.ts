// Virtual time as one process sees it. Durations go on evenly; the time of day may be set, and may run too fast.

import type { Clock, Timer } from '../clock.ts'
import type { Events, Owner } from './events.ts'

const BEGINNING = 1_700_000_000_000

/** The time of day on one machine. */
export class WallClock {
  readonly #events: Events
  #base = BEGINNING
  #since = 0
  #rate = 1

  constructor(events: Events) {
    this.#events = events
  }

  get now(): number {
    return Math.floor(this.#base + (this.#events.now - this.#since) * this.#rate)
  }

  /** How far it is from right. */
  get offset(): number {
    return this.now - BEGINNING - this.#events.now
  }

  /** Somebody sets the clock. */
  jump(ms: number): void {
    this.#base += ms
  }

  /** 1.05 runs five percent too fast from now on. */
  drift(rate: number): void {
    this.#base += (this.#events.now - this.#since) * this.#rate
    this.#since = this.#events.now
    this.#rate = rate
  }
}

export function simClock(events: Events, owner: Owner, wall: WallClock): Clock {
  return {
    now: () => wall.now,
    monotonic: () => events.now,
    after: (ms, run): Timer => events.after(ms, 'timer', run, owner),
    soon: (run) => void events.after(0, 'soon', run, owner),
  }
}
