// Requests with long lists weigh far more decoded than their frames do, and so do their answers: a few of them are in hand at a time. The
// others wait as frames, which the budget of the network counts, and are decoded when their turn comes.

import { deferred } from '../base/deferred.ts'
import { Slots } from './produce-order.ts'

/** From this weight on (`weightRead`) a request is large: about 4,000 structs or texts. */
const LARGE = 16 * 1024
const AT_A_TIME = 4
/** What a large Fetch may wait for data, ms, as it keeps others out meanwhile: what Kafka's consumers ask for if nothing else is said. */
const LONGEST_WAIT_MS = 500

export interface LargeRequest {
  readonly connectionId: number
  readonly weight: number
  /** Let go of, and read again later, where there is no room for it now. */
  readonly request: unknown
  readonly readAgain: () => unknown
}

export class LargeRequests {
  readonly #slots = new Slots(AT_A_TIME)
  /** By connection: resolves when the last request that waits has begun. Those that came behind it begin later, whatever they weigh. */
  readonly #waiting = new Map<number, Promise<void>>()

  /** Neither is the request large, nor is there one before it on its connection that waits. */
  mayPass(weight: number, connectionId: number): boolean {
    return weight <= LARGE && (this.#waiting.size === 0 || !this.#waiting.has(connectionId))
  }

  /** Carries the request out when there is room for it and all that came before it on its connection have begun. */
  run<T>(
    { connectionId, weight, request: decoded, readAgain }: LargeRequest,
    carryOut: (request: unknown) => Promise<T>,
  ): Promise<T> {
    const before = this.#waiting.get(connectionId)
    const begun = deferred<void>()
    const mine = begun.promise
    this.#waiting.set(connectionId, mine)
    const canKeep = weight <= LARGE || (!before && this.#slots.isFree)
    let kept: unknown = canKeep ? decoded : null
    const begin = () => {
      begun.resolve() // those behind go on when this turn of ours is over
      if (this.#waiting.get(connectionId) === mine) this.#waiting.delete(connectionId)
      const request = canKeep ? kept : readAgain()
      kept = null
      return carryOut(weight > LARGE ? impatient(request) : request)
    }
    return this.#inTurn(before, weight, begin)
  }

  async #inTurn<T>(before: Promise<void> | undefined, weight: number, begin: () => Promise<T>): Promise<T> {
    if (before) await before
    return weight > LARGE ? this.#slots.run(begin) : begin()
  }
}

/** Only Fetch has `maxWaitMs`. */
function impatient(request: unknown): unknown {
  const { maxWaitMs } = request as { maxWaitMs?: unknown }
  if (typeof maxWaitMs !== 'number' || maxWaitMs <= LONGEST_WAIT_MS) return request
  return { ...(request as object), maxWaitMs: LONGEST_WAIT_MS }
}
