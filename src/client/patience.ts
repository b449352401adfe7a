// How long somebody is ready to wait: until a deadline, a signal, or the end of the client, whichever comes first.

import { deferred } from '../base/deferred.ts'
import { onAbort } from '../base/on-abort.ts'
import type { Clock } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import { AbortedError, ClientError, StateError, TimeoutError } from './errors/errors.ts'

/** What every call of the client that waits may be given. */
export interface WaitOptions {
  /** Ends the wait with an AbortedError; what was sent to a broker already may be done all the same. */
  readonly signal?: AbortSignal | undefined
}

export interface PatienceOptions extends WaitOptions {
  readonly clock: Clock
  /** What is waited for, as the timeout says it: "the partitions of orders". */
  readonly what: string
  /** Missing: until the signal. */
  readonly timeoutMs?: number
  /** Ends every wait with the client. */
  readonly lifetime?: Lifetime
}

export class Patience {
  readonly what: string
  readonly signal: AbortSignal | undefined
  /** This one, and the end of the client. */
  readonly #signals: readonly AbortSignal[]
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #endsAt: number
  /** What went wrong last, for who asks why the time was not enough. */
  #trouble: unknown

  constructor({ clock, what, timeoutMs = Number.POSITIVE_INFINITY, signal, lifetime }: PatienceOptions) {
    this.#clock = clock
    this.what = what
    this.signal = signal
    this.#signals = [signal, lifetime?.signal].filter((each) => each !== undefined)
    this.#timeoutMs = timeoutMs
    this.#endsAt = clock.monotonic() + timeoutMs
  }

  /** Milliseconds; 0 when the time is over. */
  get leftMs(): number {
    return Math.max(0, this.#endsAt - this.#clock.monotonic())
  }

  /** Throws where the time is over, or the signal says so. */
  check(): void {
    for (const { aborted, reason } of this.#signals) if (aborted) throw abortion(reason)
    if (this.leftMs === 0) throw this.timeout()
  }

  /** Remembers what went wrong; the timeout will have it as its cause. */
  blame(trouble: unknown): void {
    this.#trouble = trouble
  }

  timeout(): TimeoutError {
    const why = this.#trouble instanceof Error ? `; the last thing that went wrong: ${this.#trouble.message}` : ''
    return new TimeoutError('TIMED_OUT', `${this.what} took longer than ${this.#timeoutMs} ms${why}`, { cause: this.#trouble })
  }

  /** Resolves after `ms`, or rejects where time or signal end before. */
  async sleep(ms: number): Promise<void> {
    this.check()
    const { leftMs } = this
    const over = deferred<void>()
    const timer = this.#clock.after(Math.min(ms, leftMs), () => over.resolve())
    const quiet = this.#onAbort((why) => over.reject(why))
    try {
      await over.promise
      if (ms > leftMs) throw this.timeout()
    } finally {
      timer.cancel()
      quiet()
    }
  }

  /** Runs `run` with the reason when a signal says so; returns what takes that back. */
  #onAbort(run: (why: ClientError) => void): () => void {
    const quiets = this.#signals.map((signal) => onAbort(signal, () => run(abortion(signal.reason))))
    return () => {
      for (const quiet of quiets) quiet()
    }
  }

  /** As `promise`, or rejects where time or signal end before; the promise itself goes on. */
  async race<T>(promise: Promise<T>): Promise<T> {
    promise.catch(() => {}) // where time or signal end before, nobody else hears of it
    this.check()
    const over = deferred<never>()
    const timer = Number.isFinite(this.leftMs) ? this.#clock.after(this.leftMs, () => over.reject(this.timeout())) : null
    const quiet = this.#onAbort((why) => over.reject(why))
    try {
      return await Promise.race([promise, over.promise])
    } finally {
      timer?.cancel()
      quiet()
    }
  }
}

function abortion(reason: unknown): ClientError {
  return reason instanceof ClientError ? reason : new AbortedError(reason)
}

export interface BackoffOptions {
  readonly initialMs: number
  readonly maxMs: number
}

/** The pause before repetition number `attempt` (from 0): doubled with each, and a fifth more or less of it, so that clients do not come together. */
export function backoffMs({ initialMs, maxMs }: BackoffOptions, attempt: number, random: Random): number {
  const pause = Math.min(initialMs * 2 ** Math.min(attempt, 30), maxMs)
  return pause * (0.8 + 0.4 * random.next())
}

/** Ends with the client: what its loops and waits listen to. */
export class Lifetime {
  readonly #controller = new AbortController()

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get isOver(): boolean {
    return this.signal.aborted
  }

  /** Throws where the client is closed. */
  check(): void {
    if (this.isOver) throw closed()
  }

  end(): void {
    this.#controller.abort(closed())
  }
}

export function closed(): StateError {
  return new StateError('CLOSED', 'the client is closed')
}

/** Whether another attempt makes sense after it. */
export function isRetriable(thrown: unknown): thrown is ClientError {
  return thrown instanceof ClientError && thrown.retriable
}
