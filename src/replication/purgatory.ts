// Who waits for a partition: producers for an offset to be committed or written, fetches for anything to change.

import { type Deferred, deferred } from '../base/deferred.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import { KafkaError } from '../protocol/errors.ts'

interface Waiter {
  readonly offset: number
  readonly deadline: number
  readonly done: Deferred<void>
}

/** Requests that wait until a watermark passes their offset. Offsets are handed out in order, so the first in line is the next to go. */
export class OffsetLine {
  readonly #clock: Clock
  #waiting: Waiter[] = []
  #reached = 0
  #sweep: Timer | null = null

  constructor(clock: Clock, reached: number) {
    this.#clock = clock
    this.#reached = reached
  }

  /** Resolves when everything below `offset` is past the watermark; REQUEST_TIMED_OUT after `timeoutMs`. */
  until(offset: number, timeoutMs: number): Promise<void> | undefined {
    if (offset <= this.#reached) return undefined
    const waiter = { offset, deadline: this.#clock.monotonic() + timeoutMs, done: deferred<void>() }
    this.#waiting.push(waiter)
    if (!this.#sweep) this.#armSweep()
    return waiter.done.promise
  }

  reach(offset: number): void {
    this.#reached = offset
    if (this.#waiting.length === 0) return
    let count = 0
    while (count < this.#waiting.length && this.#waiting[count]!.offset <= offset) this.#waiting[count++]!.done.resolve()
    if (count > 0) this.#waiting = this.#waiting.slice(count)
  }

  /** Refuses all who wait: the replica stopped leading, or its disk failed. */
  fail(why: KafkaError): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#sweep?.cancel()
    this.#sweep = null
    for (const waiter of waiting) waiter.done.reject(why)
  }

  // One timer for all: nearly every wait ends in time, so a timer for each would be wasted.
  #armSweep(): void {
    const first = Math.min(...this.#waiting.slice(0, 1000).map((waiter) => waiter.deadline))
    this.#sweep = this.#clock.after(Math.max(1, first - this.#clock.monotonic()), () => {
      this.#sweep = null
      const now = this.#clock.monotonic()
      const late = this.#waiting.filter((waiter) => waiter.deadline <= now)
      this.#waiting = this.#waiting.filter((waiter) => waiter.deadline > now)
      for (const waiter of late) {
        waiter.done.reject(
          new KafkaError('REQUEST_TIMED_OUT', `offset ${waiter.offset} was not acknowledged in time; at ${this.#reached}`),
        )
      }
      if (this.#waiting.length > 0) this.#armSweep()
    })
  }
}

/** Parked fetches of one partition: told whenever something a reader could see has changed. */
export class Watchers {
  readonly #watching = new Set<() => void>()

  /** Calls `run` at every change until the returned function is called. */
  add(run: () => void): () => void {
    this.#watching.add(run)
    return () => this.#watching.delete(run)
  }

  tell(): void {
    for (const run of this.#watching) run()
  }
}
