// A binary heap: the smallest value is always at hand. Timers and merges of sorted inputs use it.

/** A min-heap ordered by `compare` (negative: the first argument comes out earlier). Equal values leave in no promised order. */
export class Heap<T> {
  readonly #compare: (a: T, b: T) => number
  readonly #items: T[] = []

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare
  }

  get size(): number {
    return this.#items.length
  }

  /** All of them, in no promised order. */
  get items(): readonly T[] {
    return this.#items
  }

  /** The smallest value, left inside; undefined when empty. */
  peek(): T | undefined {
    return this.#items[0]
  }

  /** Puts `item` in; O(log n). */
  push(item: T): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (this.#compare(item, items[parent]!) >= 0) break
      items[at] = items[parent]!
      at = parent
    }
    items[at] = item
  }

  /** Takes the smallest value out; undefined when empty; O(log n). */
  pop(): T | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (items.length > 0) this.#sink(last as T)
    return first
  }

  #sink(item: T): void {
    const items = this.#items
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= items.length) break
      if (child + 1 < items.length && this.#compare(items[child + 1]!, items[child]!) < 0) child++
      if (this.#compare(item, items[child]!) <= 0) break
      items[at] = items[child]!
      at = child
    }
    items[at] = item
  }
}
