// Lines of what comes in, as Java's readers take them: they end with a line feed, a carriage return, or both.

/** The lines of each piece that comes in; text is UTF-8. What stands behind the last end of line is a line, too, unless it is empty. */
export async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<readonly string[], void, undefined> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  let rest = ''
  for await (const bytes of input) {
    const text = rest + decoder.decode(bytes, { stream: true })
    // A carriage return at the end may be half of the end of a line.
    const isHalf = text.endsWith('\r')
    const lines = (isHalf ? text.slice(0, -1) : text).split(/\r\n|\r|\n/)
    rest = lines.pop()! + (isHalf ? '\r' : '')
    if (lines.length > 0) yield lines
  }
  const last = rest + decoder.decode()
  if (last !== '') yield [last.replace(/\r$/, '')]
}
