// "Did you mean": the known name that looks most like a mistyped one.

/** The nearest of `names`, or null where none is near: at most a third of the letters may differ. Swapped neighbours count once. */
export function suggest(typed: string, names: Iterable<string>): string | null {
  const limit = Math.floor(typed.length / 3)
  let best: { name: string; distance: number } | null = null
  for (const name of names) {
    if (Math.abs(name.length - typed.length) > limit) continue
    const found = distance(typed.toLowerCase(), name.toLowerCase())
    if (found <= limit && (best === null || found < best.distance)) best = { name, distance: found }
  }
  return best?.name ?? null
}

/** Inserted, removed, changed and swapped letters that lead from `a` to `b`. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row[j] = Math.min(changed, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j] ?? 0, (beforeLast[j - 2] ?? 0) + 1)
    }
    beforeLast = last
    last = row
  }
  return last[b.length] ?? 0
}
