// Whether a disk may be asked synchronously. A call from the page cache takes microseconds and a trip through the thread pool thirty,
// but a disk that stalls must never stop the event loop: heartbeats, elections and other directories go on.

/** A small call on this thread that took longer either met a disk that does not answer from memory, or had its CPU taken away meanwhile. */
const SLOW_MS = 5
/** A large one may take longer: this is 200 MB/s. */
const BYTES_PER_MS = 200_000
/** A call in the thread pool may wait for its turn there, and for this thread to hear of it; beyond this the disk is presumed to stall. */
const STALLED_MS = 100
/**
 * How long calls go to the thread pool after a slow one. The first rest is short, because a busy machine takes the CPU away just so; each
 * further one is twice as long, so that a slow disk is tried once a second.
 */
const FIRST_REST_MS = 10
const LONGEST_REST_MS = 1000
/** What a quick call leaves of the next rest: seventy halve it, so a disk that stalls one time in twenty is given long rests all the same. */
const RECOVERY = 0.99

export class Pace {
  readonly #now: () => number
  #restUntil = -Infinity
  #restMs = FIRST_REST_MS
  readonly #underWay = new Map<number, number>()
  #next = 0

  /** @param now milliseconds that only grow */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** True while a small synchronous call may be risked. */
  get isQuick(): boolean {
    const now = this.#now()
    if (now < this.#restUntil) return false
    for (const startedAt of this.#underWay.values()) return now - startedAt < STALLED_MS
    return true
  }

  /** Runs `call` on this thread and remembers how long it took. What it gives may say that it was much work: `patienceMs` more is fine then. */
  measure<T>(call: () => T, patienceMs: (result: T) => number = () => 0): T {
    const startedAt = this.#now()
    let patience = SLOW_MS
    try {
      const result = call()
      patience += patienceMs(result)
      return result
    } finally {
      this.#took(this.#now() - startedAt, patience)
    }
  }

  #took(ms: number, patienceMs: number): void {
    if (ms > patienceMs) {
      this.#restUntil = this.#now() + this.#restMs
      this.#restMs = Math.min(LONGEST_REST_MS, this.#restMs * 2)
    } else if (this.#restMs > FIRST_REST_MS) this.#restMs = Math.max(FIRST_REST_MS, this.#restMs * RECOVERY)
  }

  /** Awaits a call in the thread pool that moves `bytes`. Only what takes so long that the disk must stall is held against it. */
  async watch<T>(call: () => Promise<T>, bytes = 0): Promise<T> {
    const startedAt = this.#now()
    const key = this.#next++
    this.#underWay.set(key, startedAt)
    try {
      return await call()
    } finally {
      this.#underWay.delete(key)
      const now = this.#now()
      if (now - startedAt > STALLED_MS + bytes / BYTES_PER_MS) this.#restUntil = Math.max(this.#restUntil, now + LONGEST_REST_MS)
    }
  }
}
