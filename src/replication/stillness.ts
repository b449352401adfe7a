// A time in which nothing of a partition's log may change, because it is being put into another log directory.

import { type Deferred, deferred } from '../base/deferred.ts'
import { KafkaError } from '../protocol/errors.ts'

export class Stillness {
  readonly #name: string
  #over: Deferred<void> | null = null

  /** @param name of the partition */
  constructor(name: string) {
    this.#name = name
  }

  /** Resolves when it is over; null while there is none. */
  get over(): Promise<void> | null {
    return this.#over?.promise ?? null
  }

  /** Throws NOT_LEADER_OR_FOLLOWER, after which clients ask again, while there is one. */
  refuse(): void {
    if (this.#over)
      throw new KafkaError(
        'NOT_LEADER_OR_FOLLOWER',
        `${this.#name} is being put into another log directory; ask again in a moment`,
      )
  }

  /** Runs `work` when there is none: the log is closed meanwhile. */
  after<T>(work: () => Promise<T>): Promise<T> {
    return this.#over ? this.#over.promise.then(work) : work()
  }

  begin(): void {
    this.#over = deferred<void>()
  }

  end(): void {
    this.#over?.resolve()
    this.#over = null
  }
}
