// What a broker does now and then without being asked: retention, compaction, checkpoints. One at a time, never two of the same.

import type { Clock, Timer } from '../platform/clock.ts'
import { DiskError } from '../platform/disk.ts'
import type { Logger } from '../platform/logger.ts'

export interface Chore {
  readonly name: string
  /** How long after the last run has ended the next begins; asked each time, since configurations change. */
  readonly everyMs: () => number
  /** A run that takes long asks `mustStop` now and then, and leaves the rest to the next start where that is so. */
  run(now: number, mustStop: () => boolean): Promise<void>
}

export class Chores {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #timers = new Map<Chore, Timer>()
  readonly #running = new Set<Promise<void>>()
  #stopped = false
  #steps = 0

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock
    this.#logger = logger
  }

  /** Grows while chores come forward: with every question whether they must stop, and every end. */
  get steps(): number {
    return this.#steps
  }

  start(chore: Chore): void {
    if (this.#stopped) return
    const timer = this.#clock.after(Math.max(1, chore.everyMs()), () => {
      const running = this.#do(chore).finally(() => {
        this.#running.delete(running)
        this.#steps++
        this.start(chore)
      })
      this.#running.add(running)
    })
    this.#timers.set(chore, timer)
  }

  async #do(chore: Chore): Promise<void> {
    try {
      await chore.run(this.#clock.now(), () => {
        this.#steps++
        return this.#stopped
      })
    } catch (thrown) {
      // The directory of a DiskError is offline already and its operator told; anything else is a bug that must be seen.
      if (!(thrown instanceof DiskError)) this.#logger.error(`${chore.name} failed; it is tried again`, { error: thrown })
    }
  }

  /** No chore starts from here on, and those under way are told to stop; resolves when they have. */
  async stop(): Promise<void> {
    this.#stopped = true
    for (const timer of this.#timers.values()) timer.cancel()
    await Promise.all(this.#running)
  }
}
