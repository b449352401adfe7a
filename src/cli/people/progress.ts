// How far something long has come: how much, how fast, and for how long still.

import type { Clock } from '../../platform/clock.ts'
import type { Desk } from '../../platform/desk.ts'
import { grouped } from './table.ts'

const SHOW_EVERY_MS = 200
/** What takes no longer is not shown. */
const SHOW_AFTER_MS = 500

export class Progress {
  readonly #desk: Desk
  readonly #clock: Clock
  readonly #what: string
  readonly #beganAt: number
  #shownAt: number
  #isShown = false

  /** `what` in the plural. */
  constructor(desk: Desk, clock: Clock, what: string) {
    this.#desk = desk
    this.#clock = clock
    this.#what = what
    this.#beganAt = clock.monotonic()
    this.#shownAt = this.#beganAt + SHOW_AFTER_MS - SHOW_EVERY_MS
  }

  /** So many are done, and that share of the whole; null where nobody knows how much that is. */
  at(count: number, share: number | null): void {
    const now = this.#clock.monotonic()
    if (now - this.#shownAt < SHOW_EVERY_MS) return
    this.#shownAt = now
    this.#isShown = true
    this.#desk.status(this.text(count, share))
  }

  text(count: number, share: number | null): string {
    const seconds = (this.#clock.monotonic() - this.#beganAt) / 1000
    const rate = seconds > 0 ? count / seconds : 0
    const pace = `${grouped(count)} ${this.#what}, ${grouped(Math.round(rate))} a second`
    if (share === null || share <= 0) return pace
    const done = Math.min(share, 1)
    return `${pace}, ${Math.floor(done * 100)} %, ${lengthText((seconds * (1 - done)) / done)} left`
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isShown) this.#desk.status('')
    this.#isShown = false
  }
}

/** 75 as 1:15. */
function lengthText(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds))
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60]
  const two = (value: number) => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`
}
