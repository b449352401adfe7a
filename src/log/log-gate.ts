// Whether a log can be used, and takes records, at this moment.

import { assert } from '../base/assert.ts'
import { KafkaError } from '../protocol/errors.ts'
import type { LogState } from './log-state.ts'
import { closedError } from './refusals.ts'

export class LogGate {
  readonly #state: LogState
  isTruncating = false
  isClosed = false

  constructor(state: LogState) {
    this.#state = state
  }

  /** Throws KAFKA_STORAGE_ERROR where it cannot be used. */
  requireUsable(): void {
    const { offline, name } = this.#state
    if (offline) throw new KafkaError('KAFKA_STORAGE_ERROR', `${name} is out of use: ${offline.message}`, { cause: offline })
    if (this.isClosed) throw closedError(name)
  }

  /** As `requireUsable`; whoever truncates appends nothing meanwhile. */
  requireOpen(): void {
    this.requireUsable()
    assert(!this.isTruncating, `${this.#state.name} is being truncated`)
  }
}
