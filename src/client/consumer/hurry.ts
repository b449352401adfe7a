// The end of waiting for the program: when it begins, nobody waits any more for handlers at work, or for what listeners do.

import { deferred } from '../../base/deferred.ts'

export class Hurry {
  readonly #begun = deferred<void>()
  #isOn = false

  get isOn(): boolean {
    return this.#isOn
  }

  begin(): void {
    this.#isOn = true
    this.#begun.resolve()
  }

  /** As `promise`, or resolves when the hurry begins; the promise itself goes on. */
  race(promise: Promise<void>): Promise<void> {
    return Promise.race([promise, this.#begun.promise])
  }
}
