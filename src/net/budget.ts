// A bound on bytes that many connections share (queued.max.request.bytes).

export class Budget {
  readonly #limit: number
  #used = 0
  readonly #waiting = new Set<() => void>()

  /** A negative `limit` is none, as Kafka's default has it. */
  constructor(limit: number) {
    this.#limit = limit < 0 ? Infinity : limit
  }

  get usedBytes(): number {
    return this.#used
  }

  /** Takes `bytes` while anything at all is left, so that a request larger than the whole budget passes when it is alone. */
  take(bytes: number): boolean {
    if (this.#used >= this.#limit) return false
    this.#used += bytes
    return true
  }

  /** Gives `bytes` back and lets those who wait try again, the first to wait first. */
  give(bytes: number): void {
    this.#used -= bytes
    for (const run of this.#waiting) {
      if (this.#used >= this.#limit) return
      this.#waiting.delete(run)
      run()
    }
  }

  /** Calls `run` once when there is room again. */
  wait(run: () => void): void {
    this.#waiting.add(run)
  }

  stopWaiting(run: () => void): void {
    this.#waiting.delete(run)
  }
}
