// Who waits for the metadata to say something: that a topic is there, that a broker serves.

import { type Deferred, deferred } from '../base/deferred.ts'
import type { MetadataPublisher } from '../metadata/publisher.ts'
import type { Clock } from '../platform/clock.ts'

interface Waiting {
  readonly holds: () => boolean
  readonly done: Deferred<boolean>
}

export class MetadataWaits {
  readonly #clock: Clock
  readonly #waiting = new Set<Waiting>()

  /** Subscribes; made after all other subscribers, it wakes those who wait when the others have acted on the change. */
  constructor(publisher: Pick<MetadataPublisher, 'subscribe'>, clock: Clock) {
    this.#clock = clock
    publisher.subscribe('who waits for the metadata', () => this.#look())
  }

  /** Resolves true as soon as it holds: at once, or with a change. False where it does not within `timeoutMs`. */
  async until(holds: () => boolean, timeoutMs: number): Promise<boolean> {
    if (holds()) return true
    const waiting: Waiting = { holds, done: deferred<boolean>() }
    this.#waiting.add(waiting)
    const timer = this.#clock.after(timeoutMs, () => waiting.done.resolve(false))
    try {
      return await waiting.done.promise
    } finally {
      timer.cancel()
      this.#waiting.delete(waiting)
    }
  }

  #look(): void {
    for (const { holds, done } of this.#waiting) if (holds()) done.resolve(true)
  }
}
