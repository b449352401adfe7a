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
  readonly #total: number | null
  readonly #beganAt: number
  #shownAt: number
  #isShown = false

  /** `what` in the plural; `total` is null where nobody knows it. */
  constructor(desk: Desk, clock: Clock, what: string, total: number | null) {
    this.#desk = desk
    this.#clock = clock
    this.#what = what
    this.#total = total
    this.#beganAt = clock.monotonic()
    this.#shownAt = this.#beganAt + SHOW_AFTER_MS - SHOW_EVERY_MS
  }

  /** So many are done. */
  at(count: number): void {
    const now = this.#clock.monotonic()
    if (now - this.#shownAt < SHOW_EVERY_MS) return
    this.#shownAt = now
    this.#isShown = true
    this.#desk.status(this.text(count))
  }

  text(count: number): string {
    const seconds = (this.#clock.monotonic() - this.#beganAt) / 1000
    const rate = seconds > 0 ? count / seconds : 0
    const pace = `${grouped(Math.round(rate))} a second`
    if (this.#total === null) return `${grouped(count)} ${this.#what}, ${pace}`
    const left = rate > 0 ? `, ${lengthText((this.#total - count) / rate)} left` : ''
    return `${grouped(count)} of ${grouped(this.#total)} ${this.#what}, ${pace}${left}`
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
