// The controller in this process, as far as its word to its own broker goes: it may have slept along with it, and not know yet that another one is active.

import type { ElectedLog } from '../machine/elected-log.ts'

type Led = Pick<ElectedLog, 'isLeader' | 'epoch' | 'endOffset' | 'onCommit'>

export class OwnController {
  readonly #log: Led
  #waiting: { readonly epoch: number; readonly endOffset: number; readonly run: () => void } | null = null

  constructor(log: Led) {
    this.#log = log
    log.onCommit((committedOffset) => this.#committed(committedOffset))
  }

  /** Whether it is the active one, as far as this process knows. */
  get isActive(): boolean {
    return this.#log.isLeader
  }

  /**
   * Runs `run` once the quorum, or the ensemble, has committed a record that is not written yet: nobody but the active controller can have that. It writes one
   * every `metadata.max.idle.interval.ms`. Never where another one is active by then; who waited before is forgotten.
   */
  onceConfirmed(run: () => void): void {
    const { epoch, endOffset } = this.#log
    this.#waiting = { epoch, endOffset, run }
  }

  #committed(committedOffset: number): void {
    const waiting = this.#waiting
    if (!waiting || committedOffset <= waiting.endOffset) return
    this.#waiting = null
    if (this.#log.isLeader && this.#log.epoch === waiting.epoch) waiting.run()
  }
}
