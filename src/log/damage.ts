// What is known to be damaged in one segment. Kept in memory alone: the bytes do not heal, so whoever looks again finds it again.

/** Bytes that are no sound batch, and the offsets that readers cannot have because of it. */
export interface Damage {
  readonly position: number
  /** Exclusive: the next sound batch begins here, or the segment ends. */
  readonly endPosition: number
  /** Follows the last sound batch before. What the damaged header says is not asked: it may be what is damaged. */
  readonly startOffset: number
  /** Exclusive. */
  readonly endOffset: number
  /** For the operator. */
  readonly fault: string
}

/** A part of a segment in which every byte belongs to a batch that is not known to be bad. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

const NONE: readonly Damage[] = []

/** The damages of one segment, in order. Nearly always none, and then every question costs one comparison. */
export class Damages {
  #all: readonly Damage[] = NONE

  get all(): readonly Damage[] {
    return this.#all
  }

  get isEmpty(): boolean {
    return this.#all === NONE
  }

  /** Takes what a new look at the segment found in place of what was known. Gives those that were not known. */
  become(found: readonly Damage[]): readonly Damage[] {
    const known = new Set(this.#all.map(({ position }) => position))
    this.#all = found.length === 0 ? NONE : [...found].sort((one, other) => one.position - other.position)
    return this.#all.filter(({ position }) => !known.has(position))
  }

  /** Forgets what lies at `position` or behind it: the segment was cut there. */
  truncate(position: number): void {
    if (!this.isEmpty) this.become(this.#all.filter(({ endPosition }) => endPosition <= position))
  }

  /** The damage that holds `offset`. */
  at(offset: number): Damage | null {
    if (this.isEmpty) return null
    return this.#all.find(({ startOffset, endOffset }) => offset >= startOffset && offset < endOffset) ?? null
  }

  /** The first damage behind `offset`. */
  behind(offset: number): Damage | null {
    if (this.isEmpty) return null
    return this.#all.find(({ startOffset }) => startOffset > offset) ?? null
  }

  /** The sound parts between two positions. */
  *between(from: number, end: number): Generator<Stretch, void, undefined> {
    let start = from
    for (const { position, endPosition } of this.#all) {
      if (endPosition <= start) continue
      if (position >= end) break
      if (position > start) yield { start, end: position }
      start = endPosition
    }
    if (start < end) yield { start, end }
  }
}
