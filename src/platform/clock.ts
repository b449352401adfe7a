// Time as the rest of the house knows it. Only platform/node may ask the real clock.

export interface Timer {
  /** Safe to call at any time and more than once. */
  cancel(): void
}

export interface Clock {
  /** Milliseconds since 1970 (may jump when somebody sets the clock). */
  now(): number
  /** Milliseconds that only ever grow; for durations and deadlines. */
  monotonic(): number
  /** Runs `run` once after `ms`. A pending timer does not keep the process alive, except on a clock that says so. */
  after(ms: number, run: () => void): Timer
  /** Runs `run` in a later turn of the event loop, after everything that is ready now. */
  soon(run: () => void): void
}
