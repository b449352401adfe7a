// Lines that strangers can cause: the first of a kind is written at once, then one a second that says how many it stands for.

import type { Clock } from '../platform/clock.ts'
import type { Facts, Logger } from '../platform/logger.ts'

const PAUSE_MS = 1000

export class SparseLog {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #kinds = new Map<string, { lastAt: number; untold: number }>()

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  /** `message` is the kind and must be one of few; what differs belongs to the facts. */
  warn(message: string, facts: Facts): void {
    const now = this.#clock.monotonic()
    const kind = this.#kinds.get(message)
    if (kind && now - kind.lastAt < PAUSE_MS) kind.untold++
    else {
      this.#logger.warn(message, kind && kind.untold > 0 ? { ...facts, alsoSinceLastLine: kind.untold } : facts)
      this.#kinds.set(message, { lastAt: now, untold: 0 })
    }
  }
}
