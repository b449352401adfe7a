// A bound on the bytes of requests that many connections share (queued.max.request.bytes).

/** A connection that wants room. */
export interface Asker {
  /** Part of its frame is here: that memory comes back only when the frame is whole, or given up. */
  readonly isUnderWay: boolean
  /** There may be room now; who finds none waits again. */
  retry(): void
}

/**
 * Frames take their bytes step by step, so all of them could stand half read with nothing left for any. Therefore one frame at a time may
 * go beyond the limit until it is whole. So at most one frame's size beyond the limit is ever used.
 */
export class Budget {
  readonly #limit: number
  #used = 0
  readonly #waiting = new Set<Asker>()
  #overdrawing: Asker | null = null

  /** A negative `limit` is none, as Kafka's default has it. */
  constructor(limit: number) {
    this.#limit = limit < 0 ? Infinity : limit
  }

  get usedBytes(): number {
    return this.#used
  }

  /** Somebody waits. */
  get isShort(): boolean {
    return this.#waiting.size > 0
  }

  /** Takes `bytes` for a frame that begins, while anything at all is left. */
  take(bytes: number): boolean {
    if (this.#used >= this.#limit) return false
    this.#used += bytes
    return true
  }

  /** Takes `bytes` for a frame of `asker` that is under way; one such frame gets them in any case. */
  takeMore(asker: Asker, bytes: number): boolean {
    if (this.#used >= this.#limit && asker !== this.#overdrawing) {
      if (this.#overdrawing) return false
      this.#overdrawing = asker
    }
    this.#used += bytes
    return true
  }

  /** The frame of `asker` is whole or given up: another one may go beyond the limit. */
  finished(asker: Asker): void {
    if (asker !== this.#overdrawing) return
    this.#overdrawing = null
    for (const next of this.#waiting) {
      if (!next.isUnderWay) continue
      this.#waiting.delete(next)
      next.retry()
      return
    }
  }

  /** Gives `bytes` back and lets those who wait try again, the first to wait first. */
  give(bytes: number): void {
    this.#used -= bytes
    for (const next of this.#waiting) {
      if (this.#used >= this.#limit) return
      this.#waiting.delete(next)
      next.retry()
    }
  }

  /** `asker.retry` is called once when there is room again. */
  wait(asker: Asker): void {
    this.#waiting.add(asker)
  }

  stopWaiting(asker: Asker): void {
    this.#waiting.delete(asker)
  }
}

/** Frames up to this size draw on a share of their own, so that large ones that fill their share leave room for everyday requests. */
const SMALL_FRAME = 64 * 1024
/** That share is one in so many. */
const SMALL_SHARE = 8

/** The bytes of all requests of a server. */
export class RequestBudget {
  readonly #small: Budget
  readonly #large: Budget

  /** A negative `limit` is none. */
  constructor(limit: number) {
    const small = limit < 0 ? limit : Math.ceil(limit / SMALL_SHARE)
    this.#small = new Budget(small)
    this.#large = new Budget(limit < 0 ? limit : limit - small)
  }

  get usedBytes(): number {
    return this.#small.usedBytes + this.#large.usedBytes
  }

  /** What a frame of `size` bytes draws on. */
  of(size: number): Budget {
    return size <= SMALL_FRAME ? this.#small : this.#large
  }
}
