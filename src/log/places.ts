// Where readers of a segment stopped lately. Whoever reads on asks for exactly that place, so the search for it can be skipped.

const REMEMBERED = 8

/** A few (offset, position) pairs: the batch at `position` is the first that ends at or behind `offset`. */
export class Places {
  readonly #offsets: number[] = []
  readonly #positions: number[] = []
  #next = 0

  remember(offset: number, position: number): void {
    if (this.#offsets.includes(offset)) return
    this.#offsets[this.#next] = offset
    this.#positions[this.#next] = position
    this.#next = (this.#next + 1) % REMEMBERED
  }

  /** The nearest known position that is not behind the batch of `offset`; `otherwise` where none is known that is nearer. */
  nearest(offset: number, otherwise: number): number {
    let best = otherwise
    for (let i = 0; i < this.#offsets.length; i++) {
      if (this.#offsets[i]! <= offset && this.#positions[i]! > best) best = this.#positions[i]!
    }
    return best
  }

  clear(): void {
    this.#offsets.length = 0
    this.#positions.length = 0
  }
}
