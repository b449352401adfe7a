// What a group of consumers was given, has done and has committed of one topic: every record comes at least once, none is skipped, and nothing is committed
// that nobody has done.

import { type History, violated } from '../history.ts'

/** What one member reads of one partition, from when it was given it to when it was taken away. */
export interface Turn {
  /** The offset that comes next; null before the first record. */
  next: number | null
}

class Handled {
  /** All before it is done. */
  end = 0
  readonly #beyond = new Set<number>()

  add(offset: number): void {
    if (offset >= this.end) this.#beyond.add(offset)
    while (this.#beyond.delete(this.end)) this.end++
  }
}

export class ReadingHistory {
  readonly #history: History
  readonly #handled: readonly Handled[]
  /** When a record of each partition came last, and when more was committed than before. */
  readonly #givenAt: number[]
  readonly #committed: number[]
  #committedAt = -1

  constructor(history: History) {
    this.#history = history
    this.#handled = history.partitions.map(() => new Handled())
    this.#givenAt = history.partitions.map(() => -1)
    this.#committed = history.partitions.map(() => 0)
  }

  /** Of the topic's partitions. */
  get numbers(): number[] {
    return this.#handled.map((_, i) => i)
  }

  /** Since when every partition has gone on, and commits have. */
  get lastSuccess(): number {
    return Math.min(this.#committedAt, ...this.#givenAt)
  }

  /** Everything that was acknowledged to anybody is done. */
  get isCaughtUp(): boolean {
    return this.#history.partitions.every(({ acknowledgedEnd }, i) => this.#handled[i]!.end >= acknowledgedEnd)
  }

  /** One member's hand: it may be given what it owns alone. */
  member(): MemberHistory {
    return new MemberHistory(this)
  }

  given(turn: Turn, partition: number, offset: number, value: string, now: number): void {
    const { end } = this.#handled[partition]!
    const name = `${this.#history.topic}-${partition}`
    if (turn.next === null && offset > end) violated(`it begins to read ${name} at ${offset}, and nobody has done ${end}`)
    if (turn.next !== null && offset !== turn.next) violated(`${offset} of ${name} comes where ${turn.next} should`)
    turn.next = offset + 1
    this.#history.partitions[partition]!.saw(value, offset)
    this.#givenAt[partition] = now
  }

  done(partition: number, offset: number): void {
    this.#handled[partition]!.add(offset)
  }

  /** Somebody read it from the coordinator. */
  sawCommitted(partition: number, offset: number, now: number): void {
    const { end } = this.#handled[partition]!
    if (offset > end) violated(`${offset} of ${this.#history.topic}-${partition} is committed, and nobody has done ${end}`)
    if (offset <= this.#committed[partition]!) return
    this.#committed[partition] = offset
    this.#committedAt = now
  }
}

export class MemberHistory {
  readonly #group: ReadingHistory
  readonly #turns = new Map<number, Turn>()

  constructor(group: ReadingHistory) {
    this.#group = group
  }

  assigned(partitions: readonly number[]): void {
    for (const partition of partitions) {
      if (this.#turns.has(partition)) violated(`partition ${partition} was given to it twice`)
      this.#turns.set(partition, { next: null })
    }
  }

  taken(partitions: readonly number[]): void {
    for (const partition of partitions)
      if (!this.#turns.delete(partition)) violated(`partition ${partition} was taken from it, and it had none of it`)
  }

  given(partition: number, offset: number, value: string, now: number): Turn {
    const turn = this.#turns.get(partition)
    if (!turn) violated(`${partition}/${offset} was given to it, and the partition is not its own`)
    this.#group.given(turn, partition, offset, value, now)
    return turn
  }
}
