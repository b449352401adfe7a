// What producers and consumers of the one partition were told, and the complaint as soon as two things do not go together.

export class Violation extends Error {
  override readonly name = 'Violation'
}

export function violated(what: string): never {
  throw new Violation(what)
}

export interface Kept {
  readonly offset: number
  readonly value: string
}

export class History {
  /** Acknowledged under acks=all: offset by value. */
  readonly acknowledged = new Map<string, number>()
  /** What consumers saw, by offset. */
  readonly seen = new Map<number, string>()
  readonly #leaders = new Map<number, number>()
  reads = 0

  acknowledge(value: string, offset: number): void {
    this.acknowledged.set(value, offset)
  }

  read({ offset, value }: Kept): void {
    this.reads++
    const before = this.seen.get(offset)
    if (before !== undefined && before !== value) violated(`offset ${offset} was read as ${before}, and then as ${value}`)
    this.seen.set(offset, value)
  }

  led(epoch: number, id: number): void {
    const leader = this.#leaders.get(epoch) ?? id
    if (leader !== id) violated(`nodes ${leader} and ${id} both lead in epoch ${epoch}`)
    this.#leaders.set(epoch, id)
  }

  /** Nothing that somebody was told may be missing at the end. */
  compare(kept: readonly Kept[]): void {
    const values = new Map(kept.map(({ offset, value }) => [offset, value]))
    for (const [value, offset] of this.acknowledged)
      if (values.get(offset) !== value)
        violated(`${value} was acknowledged at offset ${offset}, where ${values.get(offset) ?? 'nothing'} is now`)
    for (const [offset, value] of this.seen)
      if (values.get(offset) !== value)
        violated(`${value} was read at offset ${offset}, where ${values.get(offset) ?? 'nothing'} is now`)
  }
}
