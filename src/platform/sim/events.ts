// The one queue of everything that is going to happen. Time stands still while something runs, and leaps to the next event after it.

import { assert } from '../../base/assert.ts'
import { Heap } from '../../base/heap.ts'
import type { Timer } from '../clock.ts'
import type { Trace } from './trace.ts'

/** Whose event it is: what a dead process wanted does not happen, and what a paused one wanted happens later. */
export interface Owner {
  readonly isAlive: boolean
  readonly pausedUntil: number
}

interface Event {
  at: number
  order: number
  readonly what: string
  readonly owner: Owner | null
  run: (() => void) | null
}

/** Lets everything that is ready in this turn of the real event loop run: promises above all. */
export type Turn = () => Promise<void>

export class Events {
  readonly #queue = new Heap<Event>((a, b) => a.at - b.at || a.order - b.order)
  readonly #turn: Turn
  readonly #trace: Trace
  readonly #maxEvents: number
  #order = 0
  #now = 0
  #isFree = false
  #isRunning = false
  /** How many ran. */
  count = 0
  /** Runs after each, when everything that it set off in its turn is over. */
  afterEach: (() => void) | null = null

  constructor(trace: Trace, turn: Turn, maxEvents = Infinity) {
    this.#trace = trace
    this.#turn = turn
    this.#maxEvents = maxEvents
  }

  /** Virtual milliseconds since the world began. */
  get now(): number {
    return this.#now
  }

  /** Runs `run` after `ms` of virtual time; events of one time run in the order in which they were asked for. */
  after(ms: number, what: string, run: () => void, owner: Owner | null = null): Timer {
    const event: Event = { at: this.#now + Math.max(0, ms), order: this.#order++, what, owner, run }
    if (event.at < Infinity) this.#queue.push(event)
    if (this.#isFree && !this.#isRunning) void this.#runFreely()
    return {
      cancel: () => {
        event.run = null
      },
    }
  }

  note(what: string): void {
    this.#trace.note(this.#now, what)
  }

  /** Counts one of the rare things that runs are made for. */
  saw(what: string): void {
    this.#trace.saw(what)
  }

  /** Runs event after event until `isDone` or until that time has come; tells whether it was done. Throws what an event throws. */
  async run(untilMs: number, isDone: () => boolean = () => false): Promise<boolean> {
    for (;;) {
      await this.#turn()
      this.afterEach?.()
      if (isDone()) return true
      const event = this.#next(untilMs)
      if (!event) return false
      this.#runOne(event)
      assert(this.count <= this.#maxEvents, `more than ${this.#maxEvents} events: something goes round and round`)
    }
  }

  /** What one owner still has before it: the names of its events that nobody has cancelled. */
  pendingOf(owner: Owner): string[] {
    return this.#queue.items.filter((event) => event.owner === owner && event.run !== null).map(({ what }) => what)
  }

  /** From here on events run by themselves, as fast as they can: for tests that wait in real time. */
  runFree(): void {
    this.#isFree = true
  }

  async #runFreely(): Promise<void> {
    this.#isRunning = true
    await this.run(Infinity)
    this.#isRunning = false
  }

  #next(untilMs: number): Event | null {
    for (let event = this.#queue.peek(); event; event = this.#queue.peek()) {
      if (event.at > untilMs) break
      this.#queue.pop()
      if (event.run === null || event.owner?.isAlive === false) continue
      const pausedUntil = event.owner?.pausedUntil ?? 0
      if (pausedUntil <= event.at) return event
      event.at = pausedUntil
      event.order = this.#order++
      this.#queue.push(event)
    }
    if (untilMs < Infinity) this.#now = Math.max(this.#now, untilMs)
    return null
  }

  #runOne(event: Event): void {
    const { run } = event
    this.#now = event.at
    this.count++
    this.note(event.what)
    event.run = null
    run!()
  }
}
