// Chance with a seed: xoshiro128**, filled by splitmix32. The same seed gives the same numbers on every machine.

import type { Random } from '../random.ts'

export class SeededRandom implements Random {
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number) {
    const fill = splitmix(seed)
    this.#a = fill()
    this.#b = fill()
    this.#c = fill()
    this.#d = fill()
  }

  next(): number {
    return (this.#bits() * 2 ** 21 + (this.#bits() >>> 11)) / 2 ** 53
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.#bits() & 255)
  }

  /** A whole number from 0 up to and without `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end)
  }

  /** Evenly from `from` up to and without `end`. */
  between(from: number, end: number): number {
    return from + this.next() * (end - from)
  }

  /** True in that share of calls. */
  chance(share: number): boolean {
    return this.next() < share
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  /** A generator of its own, so that one part that asks more often does not change what another part draws. */
  fork(): SeededRandom {
    return new SeededRandom(this.#bits())
  }

  #bits(): number {
    const result = Math.imul(rotated(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotated(this.#d, 11)
    return result
  }
}

function splitmix(seed: number): () => number {
  // Seeds above 2^32 count with all their bits.
  let state = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b)) >>> 0
  return () => {
    state = (state + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
}

function rotated(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}
