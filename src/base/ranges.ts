// Ranges of versions as Kafka writes them: "3", "0-12", "3+", "none".

export interface Range {
  /** Both ends are inclusive; an empty range has `max` below `min`. */
  readonly min: number
  readonly max: number
}

/** Versions are 16-bit numbers, so an open range ends here. */
const LAST = 0x7fff
const FORM = /^(\d+)(?:(\+)|-(\d+))?$/

/** Throws a SyntaxError for a text that is no range: ranges stand in our own tables. */
export function parseRange(text: string): Range {
  if (text === 'none') return { min: 0, max: -1 }
  const found = FORM.exec(text)
  if (!found) throw new SyntaxError(`"${text}" is no range of versions`)
  const min = Number(found[1])
  return { min, max: found[2] ? LAST : Number(found[3] ?? min) }
}

export function inRange(range: Range, version: number): boolean {
  return version >= range.min && version <= range.max
}
