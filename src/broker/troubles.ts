// Work that is done for many, again and again: one that fails does not keep it from the others, and is told once, not at every round.

import type { Logger } from '../platform/logger.ts'

export class Troubles<T extends object> {
  readonly #logger: Logger
  readonly #what: string
  /** What each one failed with last time. */
  readonly #known = new WeakMap<T, string>()

  /** @param what is done, for the log: `retention` */
  constructor(logger: Logger, what: string) {
    this.#logger = logger
    this.#what = what
  }

  /** Does `work` for `one`. Never rejects: a failure is logged unless it is the same as before, or `one` is no longer of interest. */
  async guard(one: T, { name, matters }: { name: string; matters: () => boolean }, work: () => unknown): Promise<void> {
    try {
      await work()
      this.#known.delete(one)
    } catch (thrown) {
      if (!matters() || this.#known.get(one) === String(thrown)) return
      this.#known.set(one, String(thrown))
      this.#logger.error(`${this.#what} failed for ${name}; it is tried again, and this is not said again`, { error: thrown })
    }
  }
}
