// Keeps Produce requests in the order of their arrival while one of them takes longer than a turn of the event loop.

/** What has an order of its own: a connection (its number), or a producer (`producerLine`). */
export type Line = number

/** Of all partitions: numbers are made faster than texts, and a producer seldom writes over two connections. */
export function producerLine(producerId: number): Line {
  return -1 - producerId
}

/** Work enters its lines at once and begins when all work before it in any of them has ended. */
export class ProduceOrder {
  readonly #last = new Map<Line, Promise<void>>()

  /** No work is under way: whoever needs no pause needs no line either. */
  get isIdle(): boolean {
    return this.#last.size === 0
  }

  /** Whether work is under way in one of these lines. */
  isTaken(lines: readonly Line[]): boolean {
    return lines.some((line) => this.#last.has(line))
  }

  /** Resolves when `work` has ended. */
  async run(lines: readonly Line[], work: () => Promise<void>): Promise<void> {
    const before = new Set<Promise<void>>()
    for (const line of lines) {
      const last = this.#last.get(line)
      if (last) before.add(last)
    }
    const running = before.size === 0 ? work() : Promise.all(before).then(work)
    const ended = running.catch(() => {}) // those behind do not care how it ended; whoever called hears of it below
    for (const line of lines) this.#last.set(line, ended)
    try {
      await running
    } finally {
      for (const line of lines) if (this.#last.get(line) === ended) this.#last.delete(line)
    }
  }
}
