// How long something took, many times: counted in steps that a counter file can hold, and as percentiles of them all.

import type { Counters } from '../support/counter-file.ts'

/** In milliseconds; the last step has no end. */
const STEPS = [25, 50, 75, 100, 150, 200, 300, 400, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500, 10_000, 15_000, 20_000, 30_000]

export class Gaps {
  readonly #what: string
  readonly #counters: Counters
  readonly #here: number[] = []

  /** `what` begins the names of its counts, as in "gaps up to 500 ms". */
  constructor(what: string, counters: Counters) {
    this.#what = what
    this.#counters = counters
  }

  add(ms: number): void {
    this.#here.push(ms)
    this.#counters.add({
      [nameOf(
        this.#what,
        STEPS.find((step) => ms <= step),
      )]: 1,
    })
  }

  /** Those of this share exactly, and those of all shares in steps. */
  toString(): string {
    if (this.#here.length === 0) return `${this.#what}: none`
    const sorted = [...this.#here].sort((one, other) => one - other)
    const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!)
    return `${this.#what}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms of ${sorted.length} (in all p50 ${this.#inAll(0.5)}, p99 ${this.#inAll(0.99)})`
  }

  #inAll(share: number): string {
    const counts = [...STEPS, undefined].map((step) => this.#counters.total(nameOf(this.#what, step)))
    const sum = counts.reduce((one, other) => one + other, 0)
    let below = 0
    const found = counts.findIndex((count) => (below += count) > sum * share)
    return found < 0 || found === STEPS.length ? `above ${STEPS.at(-1)} ms` : `up to ${STEPS[found]} ms`
  }
}

const nameOf = (what: string, step: number | undefined) => (step === undefined ? `${what}: longer` : `${what} up to ${step} ms`)
