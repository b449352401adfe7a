// Watches the frames that have begun and are not whole, so that nobody holds memory with half a frame for ever.

import { type Link, LinkedList } from '../base/linked-list.ts'
import type { Clock } from '../platform/clock.ts'

const SWEEP_MS = 1000

export interface Incoming {
  /** Asked about once a second while its frame is under way. */
  checkProgress(): void
}

/** One timer for all of them: nearly every frame is whole before anybody looks. */
export class FramesUnderWay {
  readonly #clock: Clock
  readonly #all = new LinkedList<Incoming>()
  #isArmed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whoever is added leaves by the link, when its frame is whole or over. */
  add(incoming: Incoming): Link<Incoming> {
    const link = this.#all.add(incoming)
    this.#arm()
    return link
  }

  #arm(): void {
    if (this.#isArmed || this.#all.size === 0) return
    this.#isArmed = true
    this.#clock.after(SWEEP_MS, () => {
      this.#isArmed = false
      this.#all.visit((incoming) => incoming.checkProgress())
      this.#arm()
    })
  }
}
