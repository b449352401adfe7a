// Wakes whoever waits for something to happen. Who was woken looks for itself whether it was what it waited for.

import { type Deferred, deferred } from '../../base/deferred.ts'

export class Bell {
  #waiting: Deferred<void> | null = null

  /** Resolves with the next `ring`. */
  wait(): Promise<void> {
    this.#waiting ??= deferred<void>()
    return this.#waiting.promise
  }

  ring(): void {
    this.#waiting?.resolve()
    this.#waiting = null
  }
}
