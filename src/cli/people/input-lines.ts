// Lines of what comes in, as the bytes that they are: records need not be texts.

const LINE_FEED = 10
const CARRIAGE_RETURN = 13

/** The lines of each piece that comes in. They end with a line feed, or a carriage return and one; behind the last end of line stands a line, too, unless it is empty. */
export async function* inputLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Buffer[], void, undefined> {
  let begun: Uint8Array[] = []
  for await (const piece of input) {
    const lines: Buffer[] = []
    let from = 0
    for (let end = piece.indexOf(LINE_FEED); end >= 0; end = piece.indexOf(LINE_FEED, from)) {
      lines.push(lineOf([...begun, piece.subarray(from, end)]))
      begun = []
      from = end + 1
    }
    if (from < piece.length) begun.push(piece.subarray(from))
    if (lines.length > 0) yield lines
  }
  const last = Buffer.concat(begun)
  if (last.length > 0) yield [last]
}

function lineOf(parts: readonly Uint8Array[]): Buffer {
  const line = parts.length === 1 ? Buffer.from(parts[0]!.buffer, parts[0]!.byteOffset, parts[0]!.length) : Buffer.concat(parts)
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line
}
