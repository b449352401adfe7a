// Whether a disk may be asked synchronously. A call from the page cache takes microseconds and a trip through the thread pool thirty,
// but a disk that stalls must never stop the event loop: heartbeats, elections and other directories go on.

/** A small call that took longer than this says that the disk is not answering from memory. */
const SLOW_MS = 5
/** A large one may take longer: this is 200 MB/s. */
const BYTES_PER_MS = 200_000
/** While a call to the thread pool has been under way for this long (a flush, mostly), the disk is presumed to stall. */
const STALLED_MS = 100
/** How long calls go to the thread pool after a slow one. */
const REST_MS = 1000

/** How long a call with that many bytes may take before the disk counts as slow. */
export function patienceFor(bytes: number): number {
  return SLOW_MS + bytes / BYTES_PER_MS
}

export class Pace {
  #restUntil = 0
  readonly #underWay = new Map<number, number>()
  #next = 0

  /** True while a small synchronous call may be risked. */
  get isQuick(): boolean {
    const now = performance.now()
    if (now < this.#restUntil) return false
    for (const startedAt of this.#underWay.values()) return now - startedAt < STALLED_MS
    return true
  }

  /** Runs `call` on this thread and remembers how long it took. What it gives may say that it was much work: `patienceMs` more is fine then. */
  measure<T>(call: () => T, patienceMs: (result: T) => number = () => 0): T {
    const startedAt = performance.now()
    let patience = SLOW_MS
    try {
      const result = call()
      patience += patienceMs(result)
      return result
    } finally {
      this.#took(performance.now() - startedAt, patience)
    }
  }

  /** Awaits a call in the thread pool. `patienceMs` is what it may take before the disk counts as slow: a flush may take its time. */
  async watch<T>(call: () => Promise<T>, patienceMs = SLOW_MS): Promise<T> {
    const startedAt = performance.now()
    const key = this.#next++
    this.#underWay.set(key, startedAt)
    try {
      return await call()
    } finally {
      this.#underWay.delete(key)
      this.#took(performance.now() - startedAt, patienceMs)
    }
  }

  #took(ms: number, patienceMs: number): void {
    if (ms > patienceMs) this.#restUntil = performance.now() + REST_MS
  }
}
