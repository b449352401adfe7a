// Long work on the event loop in slices: all of it together gets a few milliseconds of each turn, so that everybody else has the others.

import type { Clock } from './clock.ts'

/** What long work may take of one turn of the event loop. A turn has other things to do, too. */
const SLICE_MS = 5
/** Among so many small items one looks at the clock. */
const LOOK_EVERY = 16

/** By their clocks: who has the same clock is on the same event loop. */
const known = new WeakMap<Clock, Slices>()

/** One for everything that shares an event loop: two long works share the slice, and take twice as many turns. */
export class Slices {
  /** The one that all who have this clock share, so that their slices do not add up in a turn. */
  static of(clock: Clock): Slices {
    let slices = known.get(clock)
    if (!slices) known.set(clock, (slices = new Slices(clock)))
    return slices
  }

  readonly #clock: Clock
  readonly #sliceMs: number
  #began = 0
  /** Whether `#began` belongs to this turn. */
  #isKnown = false
  #waiting: (() => void)[] = []

  constructor(clock: Clock, sliceMs = SLICE_MS) {
    this.#clock = clock
    this.#sliceMs = sliceMs
  }

  /** Whether this turn had its share. The first question in a turn begins the slice. */
  get isOver(): boolean {
    const now = this.#clock.monotonic()
    if (this.#isKnown) return now - this.#began >= this.#sliceMs
    this.#begin(now)
    return false
  }

  #begin(now: number): void {
    this.#isKnown = true
    this.#began = now
    this.#clock.soon(() => {
      this.#isKnown = false
    })
  }

  /**
   * Resolves in the next turn, for all who wait. The first of them may use its slice up, so ask again before you go on:
   * `while (slices.isOver) await slices.turn()`.
   */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) this.#clock.soon(() => this.#wake())
    })
  }

  /** Who had the last slice waits again before the others do, and without end would have the next one as well: so it comes last. */
  #wake(): void {
    const [first, ...others] = this.#waiting
    this.#waiting = []
    for (const resume of others) resume()
    first?.()
  }

  /** Lets others run if this turn had its share; else there is nothing to wait for. */
  rest(): Promise<void> | undefined {
    return this.isOver ? this.#rested() : undefined
  }

  async #rested(): Promise<void> {
    do await this.turn()
    while (this.isOver)
  }

  /** As `isOver`, for who is at item `index` of a long list of small things; mostly that costs nothing. */
  isOverAt(index: number): boolean {
    return index % LOOK_EVERY === LOOK_EVERY - 1 && this.isOver
  }

  /** As `Array.map`, in their order, and with pauses where that takes long. What `make` promises is awaited before the next item. */
  async map<T, U>(items: readonly T[], make: (item: T, index: number) => U | Promise<U>): Promise<U[]> {
    const made: U[] = []
    for (let i = 0; i < items.length; i++) {
      while (this.isOverAt(i)) await this.turn()
      const one = make(items[i]!, i)
      made.push(one instanceof Promise ? await one : one)
    }
    return made
  }

  /** Looks at each item, with pauses where that takes long. */
  async each<T>(items: readonly T[], look: (item: T, index: number) => void): Promise<void> {
    for (let i = 0; i < items.length; i++) {
      while (this.isOverAt(i)) await this.turn()
      look(items[i]!, i)
    }
  }
}
