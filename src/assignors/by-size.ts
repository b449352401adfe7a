// Members in the order of how much they are assigned, the least first, then by their ids.

import { compareTexts } from './assignor.ts'

export class MembersBySize {
  readonly #sizeOf: (memberId: string) => number
  readonly #sorted: string[] = []

  /** The size of a member that is in here may change only between `remove` and `add`. */
  constructor(sizeOf: (memberId: string) => number) {
    this.#sizeOf = sizeOf
  }

  get first(): string | undefined {
    return this.#sorted[0]
  }

  get last(): string | undefined {
    return this.#sorted.at(-1)
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#sorted[Symbol.iterator]()
  }

  add(memberId: string): void {
    this.#sorted.splice(this.#placeOf(memberId), 0, memberId)
  }

  remove(memberId: string): void {
    const at = this.#placeOf(memberId)
    if (this.#sorted[at] === memberId) this.#sorted.splice(at, 1)
  }

  #placeOf(memberId: string): number {
    const size = this.#sizeOf(memberId)
    let low = 0
    let high = this.#sorted.length
    while (low < high) {
      const middle = (low + high) >> 1
      const other = this.#sorted[middle]!
      if ((this.#sizeOf(other) - size || compareTexts(other, memberId)) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
