// Leaving a house with many rooms: one door that jams must not leave the others open, nor keep those who leave for ever.

import { deferred } from '../base/deferred.ts'
import type { Clock } from '../platform/clock.ts'

/** Runs all steps one after the other, whatever becomes of each; then throws the first error there was. */
export async function runAll(steps: readonly (() => unknown)[]): Promise<void> {
  const errors: unknown[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (thrown) {
      errors.push(thrown)
    }
  }
  if (errors.length > 0) throw errors[0]
}

/** Resolves when `work` has ended, and after `ms` without it: it is left to itself then. Rejects as it does within that time. */
export async function atMost(ms: number, work: Promise<unknown>, clock: Clock): Promise<void> {
  const late = deferred<void>()
  const timer = clock.after(ms, () => late.resolve())
  try {
    await Promise.race([work, late.promise])
  } finally {
    timer.cancel()
  }
}

/** A disk that ends no call for so long will not end it soon. */
export const STUCK_MS = 30_000
const LOOK_MS = 1000

export interface Patience {
  readonly clock: Clock
  /** What is the same at two looks has not moved. */
  readonly progress: () => unknown
  /** What was not done, for the error. */
  readonly what: () => string
}

/** As `work`, unless nothing of it moves for STUCK_MS: then it rejects with what was not done, and the work is left to itself. */
export async function unlessStuck(work: Promise<unknown>, { clock, progress, what }: Patience): Promise<void> {
  const stuck = deferred<never>()
  let seen = progress()
  let since = clock.monotonic()
  let timer = clock.after(LOOK_MS, look)
  function look(): void {
    const now = progress()
    if (now !== seen) {
      seen = now
      since = clock.monotonic()
    }
    const ms = clock.monotonic() - since
    if (ms >= STUCK_MS) stuck.reject(new Error(`nothing moved for ${Math.round(ms / 1000)} s; not closed: ${what()}`))
    else timer = clock.after(LOOK_MS, look)
  }
  try {
    await Promise.race([work, stuck.promise])
  } finally {
    timer.cancel()
  }
}
