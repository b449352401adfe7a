// Tables of text as Kafka's commands print them: each column padded on the right, one blank between two.

/** The words of a row, each at least as wide as its column; a width of 0 leaves the word as it is. */
export function row(widths: readonly number[], words: readonly (string | number)[]): string {
  return words.map((word, at) => String(word).padEnd(widths[at] ?? 0)).join(' ')
}

/** The width of a column with these words, `least` at least. */
export function widthOf(least: number, words: Iterable<string>): number {
  let width = least
  for (const { length } of words) width = Math.max(width, length)
  return width
}
