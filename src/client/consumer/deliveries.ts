// What the program was given and is not done with, and since when: a partition is taken away only when nothing of it is out, and a program that is not done
// within `maxPollIntervalMs` counts as gone.

import type { Clock } from '../../platform/clock.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import { Bell } from './bell.ts'

const NONE: readonly never[] = []

/** One at a time: what a loop, a handler or a poll was given. `P` is what it is of: a partition, where those are taken away. */
export class Delivery<P = AssignedPartition> {
  /** Of which something is out. */
  partitions: readonly P[] = NONE
  /** Monotonic. */
  since = 0
  /** When whoever has it said last that it is at work. Monotonic. */
  heardAt = 0
  /** A handler ends by itself; a loop may never come back. */
  readonly isHandler: boolean

  constructor(isHandler: boolean) {
    this.isHandler = isHandler
  }
}

export class Deliveries<P = AssignedPartition> {
  readonly #clock: Clock
  readonly #all = new Set<Delivery<P>>()
  readonly #changed = new Bell()
  /** Loops and handlers that are ready to take something. */
  #waiting = 0
  #lastPolledAt: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#lastPolledAt = clock.monotonic()
  }

  /** How many loops, polls and handlers are kept in mind. */
  get size(): number {
    return this.#all.size
  }

  /** Whether somebody reads at this moment, and will go on by itself with what comes. */
  get isAwaited(): boolean {
    return this.#waiting > 0
  }

  /** One more who takes; to be closed when it ends. */
  open({ isHandler = false } = {}): Delivery<P> {
    const delivery = new Delivery<P>(isHandler)
    this.#all.add(delivery)
    return delivery
  }

  close(delivery: Delivery<P>): void {
    this.#all.delete(delivery)
    this.settle(delivery)
  }

  /** The program is done with what it was given. */
  settle(delivery: Delivery<P>): void {
    if (delivery.partitions.length === 0) return
    delivery.partitions = NONE
    this.#lastPolledAt = this.#clock.monotonic()
    this.#changed.ring()
  }

  /** The program has it from now on, and is done with what it had before. */
  give(delivery: Delivery<P>, partitions: readonly P[]): void {
    const before = delivery.partitions
    this.#all.add(delivery) // it may have been closed when its loop seemed to end
    delivery.partitions = partitions
    delivery.since = delivery.heardAt = this.#clock.monotonic()
    if (before !== partitions && before.length > 0) this.#changed.ring()
  }

  /** The program is still at work with what it has. */
  goOn(delivery: Delivery<P>): void {
    delivery.heardAt = this.#clock.monotonic()
  }

  /** The program waits for more until what is returned is called. */
  wait(): () => void {
    this.#waiting++
    this.#lastPolledAt = this.#clock.monotonic()
    this.#changed.ring()
    return () => {
      this.#waiting--
      this.#lastPolledAt = this.#clock.monotonic()
    }
  }

  /** The program has not come back for so long. */
  isOverdue(intervalMs: number): boolean {
    const before = this.#clock.monotonic() - intervalMs
    let isBusy = false
    for (const { partitions, heardAt } of this.#all) {
      if (partitions.length === 0) continue
      if (heardAt < before) return true
      isBusy = true
    }
    return !isBusy && this.#waiting === 0 && this.#lastPolledAt < before
  }

  /** Resolves when the program comes back, or does something else. */
  changed(): Promise<void> {
    return this.#changed.wait()
  }

  hasOut(partitions: ReadonlySet<P>): boolean {
    for (const delivery of this.#all) if (delivery.partitions.some((each) => partitions.has(each))) return true
    return false
  }

  /** Partitions that a handler has been at work on for so long. */
  atWorkFor(ms: number): Set<P> {
    const before = this.#clock.monotonic() - ms
    const found = new Set<P>()
    for (const { isHandler, partitions, since } of this.#all) {
      if (isHandler && since <= before) for (const each of partitions) found.add(each)
    }
    return found
  }

  /** Loops and polls are not waited for: the one who would come back may be the one who waits. */
  forgetLoops(): void {
    for (const delivery of this.#all) if (!delivery.isHandler) this.settle(delivery)
  }

  /** Resolves when nothing of them is out any more; `isOver` ends the wait, looked at with every change. */
  async drain(partitions: readonly P[], isOver: () => boolean): Promise<void> {
    const wanted = new Set(partitions)
    while (this.hasOut(wanted) && !isOver()) await this.#changed.wait()
  }

  /** Lets those that wait look again. */
  nudge(): void {
    this.#changed.ring()
  }
}
