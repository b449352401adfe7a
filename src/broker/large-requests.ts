// Requests with long lists weigh far more decoded than their frames do, and so do their answers: a few of them are in hand at a time. The
// others wait as frames, which the budget of the network counts, and are decoded when their turn comes.

import { deferred } from '../base/deferred.ts'
import { Slots } from '../base/slots.ts'

const AT_A_TIME = 4
/** What a large Fetch may wait for data, ms, as it keeps others out meanwhile: what Kafka's consumers ask for if nothing else is said. */
const LONGEST_WAIT_MS = 500

export interface WaitingRequest {
  readonly connectionId: number
  /** Null where it is large: then it is read when there is room for it. */
  readonly request: unknown
  readonly read: () => Promise<unknown>
  /** What is to be done with what was read, before those behind it begin. */
  readonly prepare?: (request: unknown) => Promise<void> | undefined
}

export class LargeRequests {
  readonly #slots = new Slots(AT_A_TIME)
  /** By connection: resolves when the last request that waits has begun. Those that came behind it begin later, whatever they weigh. */
  readonly #waiting = new Map<number, Promise<void>>()

  /** Whether no request before it on its connection waits. */
  mayPass(connectionId: number): boolean {
    return this.#waiting.size === 0 || !this.#waiting.has(connectionId)
  }

  /** Carries the request out when there is room for it and all that came before it on its connection have begun. */
  run<T>({ connectionId, request, read, prepare }: WaitingRequest, carryOut: (request: unknown) => Promise<T>): Promise<T> {
    const before = this.#waiting.get(connectionId)
    const begun = deferred<void>()
    const mine = begun.promise
    this.#waiting.set(connectionId, mine)
    const begin = (its: unknown) => {
      goOn() // those behind begin when this turn of ours is over
      return carryOut(its)
    }
    const goOn = () => {
      begun.resolve()
      if (this.#waiting.get(connectionId) === mine) this.#waiting.delete(connectionId)
    }
    const readAndBegin = async () => {
      const its = impatient(await read())
      await prepare?.(its)
      return begin(its)
    }
    return this.#inTurn(before, () => (request === null ? this.#slots.run(readAndBegin) : begin(request))).finally(goOn)
  }

  async #inTurn<T>(before: Promise<void> | undefined, begin: () => Promise<T>): Promise<T> {
    if (before) await before
    return begin()
  }
}

/** Only Fetch has `maxWaitMs`. */
function impatient(request: unknown): unknown {
  const { maxWaitMs } = request as { maxWaitMs?: unknown }
  if (typeof maxWaitMs !== 'number' || maxWaitMs <= LONGEST_WAIT_MS) return request
  return { ...(request as object), maxWaitMs: LONGEST_WAIT_MS }
}
