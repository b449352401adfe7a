// Who reads a log's files at the moment, or saves something beside them. They may be closed and renamed only when the last one is gone.

import { KafkaError } from '../protocol/errors.ts'
import type { LogState } from './log-state.ts'
import { closedError, refusalOf } from './refusals.ts'

export class Visitors {
  readonly #state: LogState
  #count = 0
  #isClosed = false
  #onGone: (() => void)[] = []

  constructor(state: LogState) {
    this.#state = state
  }

  /** Runs one visit; what it throws becomes a KafkaError. KAFKA_STORAGE_ERROR after `close`. */
  async run<T>(visit: () => Promise<T>): Promise<T> {
    if (this.#isClosed) throw closedError(this.#state.name)
    this.#count++
    try {
      return await visit()
    } catch (thrown) {
      // Closing takes the files away under a visitor's hands: whatever it met then says nothing of the disk.
      throw this.#isClosed && !(thrown instanceof KafkaError) ? closedError(this.#state.name) : refusalOf(this.#state, thrown)
    } finally {
      if (--this.#count === 0) for (const resolve of this.#onGone.splice(0)) resolve()
    }
  }

  /** As `run`, but closing stops it without a word: before it begins, or on its way. */
  async unlessClosed(visit: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return
    try {
      await this.run(visit)
    } catch (thrown) {
      if (!this.#isClosed) throw thrown
    }
  }

  /** Nobody may begin from here on. */
  close(): void {
    this.#isClosed = true
  }

  /** Resolves when the last one is done. */
  async gone(): Promise<void> {
    if (this.#count > 0) await new Promise<void>((resolve) => this.#onGone.push(resolve))
  }
}
