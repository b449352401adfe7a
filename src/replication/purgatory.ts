// Who waits for a partition: producers for an offset to be committed or written, fetches for anything to change.

import { type Deferred, deferred } from '../base/deferred.ts'
import { LinkedList } from '../base/linked-list.ts'
import type { Clock, Timer } from '../platform/clock.ts'
import { KafkaError } from '../protocol/errors.ts'

interface Waiter {
  readonly offset: number
  /** Infinity: waits as long as it takes. */
  readonly deadline: number
  readonly done: Deferred<void>
}

/** Requests that wait until a watermark passes their offset, in the order of their offsets. */
export class OffsetLine {
  readonly #clock: Clock
  #waiting: Waiter[] = []
  #reached: number
  #sweep: Timer | null = null
  #sweepAt = Number.POSITIVE_INFINITY

  constructor(clock: Clock, reached: number) {
    this.#clock = clock
    this.#reached = reached
  }

  /** Resolves when everything below `offset` is past the watermark; REQUEST_TIMED_OUT after `timeoutMs`. Undefined where it is so already. */
  until(offset: number, timeoutMs: number): Promise<void> | undefined {
    if (offset <= this.#reached) return undefined
    const waiter = { offset, deadline: this.#clock.monotonic() + timeoutMs, done: deferred<void>() }
    this.#insert(waiter)
    this.#sweepBy(waiter.deadline)
    return waiter.done.promise
  }

  // New offsets are the largest; only a duplicate waits for an offset of long ago.
  #insert(waiter: Waiter): void {
    let place = this.#waiting.length
    while (place > 0 && this.#waiting[place - 1]!.offset > waiter.offset) place--
    if (place === this.#waiting.length) this.#waiting.push(waiter)
    else this.#waiting.splice(place, 0, waiter)
  }

  reach(offset: number): void {
    this.#reached = offset
    const waiting = this.#waiting
    let count = 0
    while (count < waiting.length && waiting[count]!.offset <= offset) waiting[count++]!.done.resolve()
    if (count > 0) this.#waiting = count === waiting.length ? [] : waiting.slice(count)
  }

  /** Refuses all who wait: the replica stopped leading, or its disk failed. */
  fail(why: KafkaError): void {
    this.#cancelSweep()
    for (const waiter of this.#waiting.splice(0)) waiter.done.reject(why)
  }

  // One timer for all: nearly every wait ends in time, so a timer for each would be wasted. It may fire early, never late.
  #sweepBy(deadline: number): void {
    if (deadline >= this.#sweepAt) return
    this.#cancelSweep()
    this.#sweepAt = deadline
    this.#sweep = this.#clock.after(Math.max(1, deadline - this.#clock.monotonic()), () => this.#sweepNow())
  }

  #cancelSweep(): void {
    this.#sweep?.cancel()
    this.#sweep = null
    this.#sweepAt = Number.POSITIVE_INFINITY
  }

  #sweepNow(): void {
    this.#cancelSweep()
    const now = this.#clock.monotonic()
    const late = this.#waiting.filter(({ deadline }) => deadline <= now)
    this.#waiting = this.#waiting.filter(({ deadline }) => deadline > now)
    this.#sweepBy(this.#waiting.reduce((earliest, { deadline }) => Math.min(earliest, deadline), Number.POSITIVE_INFINITY))
    for (const { offset, done } of late) {
      done.reject(
        new KafkaError(
          'REQUEST_TIMED_OUT',
          `offset ${offset} was not acknowledged in time; the watermark is at ${this.#reached}`,
        ),
      )
    }
  }
}

/** Parked fetches of one partition: told whenever something a reader could see has changed. */
export class Watchers {
  readonly #watching = new LinkedList<() => void>()

  get isEmpty(): boolean {
    return this.#watching.size === 0
  }

  /** Calls `run` at every change until the returned function is called. */
  add(run: () => void): () => void {
    const link = this.#watching.add(run)
    return () => void link.remove()
  }

  tell(): void {
    this.#watching.visit((run) => run())
  }
}

/** Those who wait for records, told once for all of a turn: a follower that hears of the first record of a turn would fetch it alone. */
export class AppendWatchers {
  readonly #watchers = new Watchers()
  readonly #clock: Clock
  #isTelling = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `run` soon after each change until the returned function is called. */
  add(run: () => void): () => void {
    return this.#watchers.add(run)
  }

  /** Costs next to nothing where nobody waits. */
  tellSoon(): void {
    if (this.#isTelling || this.#watchers.isEmpty) return
    this.#isTelling = true
    this.#clock.soon(() => {
      this.#isTelling = false
      this.#watchers.tell()
    })
  }

  tell(): void {
    this.#watchers.tell()
  }
}
