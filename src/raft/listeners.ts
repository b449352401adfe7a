// Those who follow a log. A defect of one of them is not one of the log, and must not keep the others from hearing.

import type { Logger } from '../platform/logger.ts'

export class Listeners<T> {
  readonly #logger: Logger
  readonly #what: string
  readonly #all: ((value: T) => void)[] = []

  /** @param what they hear of, for the operator */
  constructor(logger: Logger, what: string) {
    this.#logger = logger
    this.#what = what
  }

  add(run: (value: T) => void): void {
    this.#all.push(run)
  }

  /** In the order in which they came. */
  tell(value: T): void {
    for (const run of this.#all) {
      try {
        run(value)
      } catch (thrown) {
        this.#logger.error(`one who follows ${this.#what} of the metadata log failed`, { error: thrown })
      }
    }
  }
}
