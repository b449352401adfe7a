// Indexes of closed segments that were read back into memory: those used last, within a bound.

export interface Cached {
  readonly sizeInMemory: number
  forget(): void
}

export class IndexCache {
  readonly #maxBytes: number
  /** In the order of their last use. */
  readonly #held = new Map<Cached, number>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  /** `owner` used its indexes; others may have to forget theirs. */
  touched(owner: Cached): void {
    this.remove(owner)
    const size = owner.sizeInMemory
    this.#held.set(owner, size)
    this.#bytes += size
    for (const other of this.#held.keys()) {
      if (this.#bytes <= this.#maxBytes || other === owner) return
      this.remove(other)
      other.forget()
    }
  }

  remove(owner: Cached): void {
    this.#bytes -= this.#held.get(owner) ?? 0
    this.#held.delete(owner)
  }
}
