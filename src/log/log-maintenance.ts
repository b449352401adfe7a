// What changes which segments a log has, one such work at a time: truncation, retention, compaction; and where the log starts.

import { assert } from '../base/assert.ts'
import { MalformedBytes } from '../base/bytes.ts'
import { type Compaction, compact } from './cleaner.ts'
import type { LogAppender } from './log-appender.ts'
import type { LogGate } from './log-gate.ts'
import type { LogState } from './log-state.ts'
import { refusalOf } from './refusals.ts'
import { applyRetention } from './retention.ts'
import { truncate, truncateFully } from './truncation.ts'
import type { Watermarks } from './watermarks.ts'

export interface MaintenanceParts {
  readonly state: LogState
  readonly watermarks: Watermarks
  readonly gate: LogGate
  readonly appender: LogAppender
  /** The end of the log has moved back. */
  readonly onCut: () => void
}

export class LogMaintenance {
  readonly #parts: MaintenanceParts
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: MaintenanceParts) {
    this.#parts = parts
  }

  truncate(offset: number): Promise<void> {
    const { state } = this.#parts
    return this.#cut(async () => {
      if (offset < state.endOffset) await truncate(state, offset)
    })
  }

  truncateFully(offset: number): Promise<void> {
    return this.#cut(() => truncateFully(this.#parts.state, offset))
  }

  async #cut(work: () => Promise<void>): Promise<void> {
    const { state, watermarks, gate, onCut } = this.#parts
    gate.requireOpen()
    gate.isTruncating = true
    try {
      await this.#exclusively(async () => {
        await watermarks.flushed()
        await watermarks.sealed()
        await this.#whole(work)
        watermarks.restart()
        await state.shared.checkpoint('recoveryPoint') // an old one would vouch for what is appended from here on
      })
    } finally {
      gate.isTruncating = false
    }
    onCut()
  }

  // Bytes that make no sense, met before anything was cut, are no defect: the log stays as it is, and in use.
  async #whole(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (thrown) {
      throw thrown instanceof MalformedBytes ? thrown : this.#parts.state.fail(thrown)
    }
  }

  async deleteBefore(offset: number): Promise<void> {
    const { state, gate } = this.#parts
    gate.requireOpen()
    assert(offset <= state.endOffset, `${state.name} cannot start at ${offset}, it ends at ${state.endOffset}`)
    try {
      await state.startAt(offset)
    } catch (thrown) {
      throw refusalOf(state, thrown)
    }
  }

  applyRetention(now: number, mustStop: () => boolean): Promise<number> {
    const { state, watermarks, gate, appender } = this.#parts
    return this.#exclusively(async () => {
      state.producers.expire(now)
      return applyRetention(state, now, {
        mustStop: () => gate.isClosed || mustStop(),
        roll: () => appender.rollAt(state.endOffset),
        sealed: () => watermarks.sealed(),
      })
    })
  }

  compact(now: number, mustStop: () => boolean, mapBytes?: number): Promise<Compaction | null> {
    const { state, watermarks, gate } = this.#parts
    return this.#exclusively(async () => {
      if (!state.isCompacted || mustStop()) return null
      await watermarks.sealed()
      return compact(state, now, { mustStop: () => gate.isClosed || gate.isTruncating || mustStop(), mapBytes })
    })
  }

  /** Runs `work` when all such work before it is done. */
  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const { state, gate } = this.#parts
    const before = this.#last
    const mine = before.then(() => {
      gate.requireUsable()
      return work()
    })
    this.#last = mine.catch(() => {}) // its caller is told
    try {
      return await mine
    } catch (thrown) {
      throw refusalOf(state, thrown)
    }
  }

  /** Resolves when nothing is under way. */
  async over(): Promise<void> {
    await this.#last
  }
}
