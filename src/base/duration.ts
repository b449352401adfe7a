// Lengths of time as people write them: 500ms, 45s, 10m, 2h, 7d.

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** Milliseconds, or a number with its unit. */
export type Duration = number | `${number}${keyof typeof units}`

/** Milliseconds; null for a text that is no duration. */
export function durationOf(text: string): number | null {
  const found = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/.exec(text)
  return found ? Number(found[1]) * units[found[2] as keyof typeof units] : null
}

/** Milliseconds. Throws a RangeError that says what is allowed. */
export function durationMs(duration: Duration): number {
  const ms = typeof duration === 'string' ? durationOf(duration) : duration
  if (typeof ms === 'number' && Number.isFinite(ms) && ms >= 0) return ms
  throw new RangeError(
    `${String(duration)} is no length of time; allowed: milliseconds, or a text such as 500ms, 45s, 10m, 2h, 7d`,
  )
}
