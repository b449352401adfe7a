// One thing that a test lets go wrong: how often it is still to happen, and who waits for it.

import { type Deferred, deferred } from '../base/deferred.ts'
import type { WaitOptions } from '../client/patience.ts'
import { Patience } from '../client/patience.ts'
import type { Clock } from '../platform/clock.ts'

/** What a test let go wrong. Disposing of it is undoing it. */
export interface Fault extends Disposable {
  /** How often it has happened. */
  readonly count: number
  /**
   * Resolves when it has happened so often (default: once); rejects with a TimeoutError that names it after `timeoutMs` (default: 30 seconds), and with an
   * error as soon as it cannot happen so often any more.
   */
  happened(options?: HappenedOptions): Promise<void>
  /** It does not happen any more. Safe to call at any time and more than once. */
  undo(): void
}

export interface HappenedOptions extends WaitOptions {
  readonly times?: number
  readonly timeoutMs?: number
}

const HAPPENED_MS = 30_000

export class PlannedFault implements Fault {
  readonly what: string
  /** Resolves when it is undone. */
  readonly over: Deferred<void> = deferred()
  readonly #clock: Clock
  readonly #onUndo: () => void
  readonly #waiting: { readonly times: number; readonly done: Deferred<void> }[] = []
  #left: number
  #isUndone = false
  count = 0

  /** It happens `times` times; waits are by `clock`. */
  constructor({
    what,
    times,
    clock,
    onUndo,
  }: { what: string; times: number; clock: Clock; onUndo: (fault: PlannedFault) => void }) {
    if (!(times >= 1) || (!Number.isInteger(times) && times !== Number.POSITIVE_INFINITY)) {
      throw new RangeError(`times=${times} is not valid; allowed: a whole number from 1 on, or Infinity`)
    }
    this.what = what
    this.#left = times
    this.#clock = clock
    this.#onUndo = () => onUndo(this)
  }

  get isDue(): boolean {
    return this.#left > 0
  }

  /** It happens now. */
  strike(): void {
    this.#left--
    this.count++
    this.#tell()
  }

  /** Whoever waits hears what is certain by now. */
  #tell(): void {
    for (const { times, done } of this.#waiting) {
      if (this.count >= times) done.resolve()
      else if (this.count + this.#left < times) done.reject(this.#never(times))
    }
  }

  #never(times: number): Error {
    const often = (count: number) => (count === 1 ? 'once' : `${count} times`)
    const so = this.#isUndone ? 'is undone' : 'happens no more'
    return new Error(`"${this.what}" has happened ${often(this.count)} and ${so}: ${often(times)} will never be`)
  }

  async happened({ times = 1, timeoutMs = HAPPENED_MS, signal }: HappenedOptions = {}): Promise<void> {
    if (this.count >= times) return
    const done = deferred<void>()
    this.#waiting.push({ times, done })
    this.#tell()
    const patience = new Patience({ clock: this.#clock, what: `waiting for "${this.what}" to happen`, timeoutMs, signal })
    await patience.race(done.promise)
  }

  undo(): void {
    this.#left = 0
    this.#isUndone = true
    this.over.resolve()
    this.#onUndo()
    this.#tell()
  }

  [Symbol.dispose](): void {
    this.undo()
  }
}
