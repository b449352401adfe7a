// A moment as people and machines read it: 2026-01-31T12:00:00.000Z.

/** Of milliseconds since 1970. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString()
}
