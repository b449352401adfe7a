// Time as the brokers of a test have it: it goes on as the real one does, and can be moved ahead, past everything that comes due on the way.

import { Heap } from '../base/heap.ts'
import type { Clock, Timer } from '../platform/clock.ts'

/** Whose timer it is: what a broker wanted that was killed does not happen. */
export interface Owner {
  readonly isOver: boolean
}

interface Entry {
  dueAt: number
  /** When it was asked for; earlier than `dueAt` only while time is being moved. */
  readonly wantedAt: number
  readonly order: number
  readonly owner: Owner | null
  run: (() => void) | null
}

/** What comes again and again comes so often, at most, each time that time is moved. */
const MOST_TURNS = 50
/** Cancelled timers are thrown out when there are so many of them, and more than others. */
const SWEEP_AT = 256

export class VirtualClock implements Clock {
  readonly #real: Clock
  readonly #onSoon: () => void
  /** Whole milliseconds that this clock is ahead of the real one. */
  #aheadMs = 0
  #timers = newHeap()
  #cancelled = 0
  #order = 0
  #alarm: { readonly at: number; readonly timer: Timer } | null = null
  /** While time is being moved: the steps in which it goes for what comes again and again. */
  #steps: { readonly from: number; readonly ms: number } | null = null
  #isMoving = false
  #isOver = false

  /** `onSoon` hears of everything that is put off to a later turn: work that goes on. */
  constructor(real: Clock, onSoon: () => void = () => {}) {
    this.#real = real
    this.#onSoon = onSoon
  }

  now(): number {
    return this.#real.now() + this.#aheadMs
  }

  monotonic(): number {
    return this.#real.monotonic() + this.#aheadMs
  }

  after(ms: number, run: () => void): Timer {
    return this.afterFor(null, ms, run)
  }

  soon(run: () => void): void {
    this.#onSoon()
    this.#real.soon(run)
  }

  /** As `after`, for somebody who may be over by then. */
  afterFor(owner: Owner | null, ms: number, run: () => void): Timer {
    const now = this.monotonic()
    const wantedAt = now + Math.max(0, ms)
    const dueAt = ms > 0 ? Math.max(wantedAt, this.#nextStep(now)) : wantedAt
    const entry: Entry = { dueAt, wantedAt, order: this.#order++, owner, run }
    if (!this.#isOver && dueAt < Number.POSITIVE_INFINITY) {
      this.#timers.push(entry)
      if (!this.#isMoving) this.#arm()
    }
    return { cancel: () => this.#cancel(entry) }
  }

  /** Who waits longer than another is not before it: both are due at the same step, or at their own time behind it. */
  #nextStep(now: number): number {
    if (!this.#steps) return now
    const { from, ms } = this.#steps
    return from + (Math.floor((now - from) / ms) + 1) * ms
  }

  /**
   * Moves time ahead by `ms`: what comes due on the way happens in its order, at its time, with `settle` after each, which lets everything that follows from it
   * happen. What sets itself again on the way fires 50 times at most, in steps of the whole, so that a week of heartbeats takes no week of work. `settle` may throw: time
   * stays where it came to.
   */
  async move(ms: number, settle: () => Promise<void>): Promise<void> {
    this.#isMoving = true
    this.#alarm?.timer.cancel()
    this.#alarm = null
    const from = this.monotonic()
    const target = from + ms
    this.#steps = ms > 0 ? { from, ms: ms / MOST_TURNS } : null
    try {
      await settle()
      await this.#runUntil(target, settle)
      this.#leapTo(target)
      // What was held back had to happen before the end.
      this.#steps = null
      this.#unstretch()
      await this.#runUntil(target, settle)
    } finally {
      this.#steps = null
      this.#unstretch()
      this.#isMoving = false
      this.#arm()
    }
  }

  async #runUntil(target: number, settle: () => Promise<void>): Promise<void> {
    for (let entry = this.#peek(); entry && entry.dueAt <= target && !this.#isOver; entry = this.#peek()) {
      this.#leapTo(entry.dueAt)
      this.#runFirst()
      await settle()
    }
  }

  #leapTo(at: number): void {
    this.#aheadMs += Math.max(0, Math.ceil(at - this.monotonic()))
  }

  #unstretch(): void {
    this.#rebuild((entry) => {
      entry.dueAt = entry.wantedAt
    })
  }

  /** Nothing fires from here on. */
  end(): void {
    this.#isOver = true
    this.#alarm?.timer.cancel()
    this.#alarm = null
    this.#timers = newHeap()
  }

  /** Timers that are going to fire. */
  get pending(): number {
    this.#rebuild()
    return this.#timers.size
  }

  #cancel(entry: Entry): void {
    if (entry.run === null) return
    entry.run = null
    if (++this.#cancelled >= SWEEP_AT && this.#cancelled * 2 > this.#timers.size) this.#rebuild()
  }

  /** The first one that is still wanted. */
  #peek(): Entry | undefined {
    for (let entry = this.#timers.peek(); entry; entry = this.#timers.peek()) {
      if (entry.run !== null && entry.owner?.isOver !== true) return entry
      this.#timers.pop()
      if (entry.run === null) this.#cancelled--
    }
    return undefined
  }

  #runFirst(): void {
    const entry = this.#timers.pop()!
    const { run } = entry
    entry.run = null
    run!()
  }

  #rebuild(change: (entry: Entry) => void = () => {}): void {
    const before = this.#timers
    this.#timers = newHeap()
    this.#cancelled = 0
    for (let entry = before.pop(); entry; entry = before.pop()) {
      if (entry.run === null || entry.owner?.isOver) continue
      change(entry)
      this.#timers.push(entry)
    }
  }

  /** The real clock wakes this one for its first timer. */
  #arm(): void {
    const first = this.#isOver ? undefined : this.#peek()
    if (this.#alarm?.at === first?.dueAt) return
    this.#alarm?.timer.cancel()
    this.#alarm = null
    if (!first) return
    const timer = this.#real.after(first.dueAt - this.monotonic(), () => this.#ring())
    this.#alarm = { at: first.dueAt, timer }
  }

  #ring(): void {
    this.#alarm = null
    try {
      const now = this.monotonic()
      for (let entry = this.#peek(); entry && entry.dueAt <= now && !this.#isOver; entry = this.#peek()) this.#runFirst()
    } finally {
      this.#arm()
    }
  }
}

/** Those of one time in the order in which they would have been due, and were asked for. */
const newHeap = () => new Heap<Entry>((a, b) => a.dueAt - b.dueAt || a.wantedAt - b.wantedAt || a.order - b.order)
