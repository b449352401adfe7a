// Where to begin in a partition: the option `autoOffsetReset`, and what a program asks for by `seek`.

/** Numbers that stand for places in ListOffsets. */
export const EARLIEST = -2
export const LATEST = -1

/** How the position of a partition is found. */
export type Search =
  /** What the group committed, and by the policy where there is nothing. */
  | { readonly kind: 'committed' }
  /** EARLIEST, LATEST, or the first record that is not older; the end of the partition where all are. */
  | { readonly kind: 'timestamp'; readonly timestamp: number }

/** What ListOffsets is asked for; null where nobody may choose for the program. */
export function searchOf(autoOffsetReset: string, now: number): Search | null {
  if (autoOffsetReset === 'none') return null
  if (autoOffsetReset === 'earliest') return { kind: 'timestamp', timestamp: EARLIEST }
  if (autoOffsetReset === 'latest') return { kind: 'timestamp', timestamp: LATEST }
  return { kind: 'timestamp', timestamp: Math.max(0, Math.floor(now - durationMs(autoOffsetReset))) }
}

/** Of `by_duration:P1DT2H3M4.5S`, which the table of options has checked. */
function durationMs(text: string): number {
  const [, days, hours, minutes, seconds] =
    /^by_duration:P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/i.exec(text) ?? []
  const [d, h, m, s] = [days, hours, minutes, seconds].map((each) => Number(each ?? 0)) as [number, number, number, number]
  return (((d * 24 + h) * 60 + m) * 60 + s) * 1000
}
