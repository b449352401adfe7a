// Java's .properties files: what the users' server.properties are written in.

/**
 * The keys and values of a file. A key that comes twice has its last value. Escapes (\t \n \r \f \uXXXX and \ before anything else),
 * comments (# and !), continued lines and all three separators (=, :, a space) as java.util.Properties reads them.
 */
export function parseProperties(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of logicalLines(text)) {
    const end = keyEnd(line)
    const rest = line.slice(end).replace(/^[ \t\f]*[=:]?[ \t\f]*/, '')
    found.set(unescaped(line.slice(0, end)), unescaped(rest))
  }
  return found
}

/** Lines without comments and blank ones; a line that ends in an odd number of backslashes goes on in the next, without its indentation. */
function* logicalLines(text: string): Generator<string> {
  let held = ''
  for (const natural of text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)) {
    const line = natural.replace(/^[ \t\f]+/, '')
    if (held === '' && (line === '' || line[0] === '#' || line[0] === '!')) continue
    const backslashes = /\\*$/.exec(line)?.[0].length ?? 0
    if (backslashes % 2 === 1) {
      held += line.slice(0, -1)
      continue
    }
    if (held + line !== '') yield held + line
    held = ''
  }
  if (held !== '') yield held
}

function keyEnd(line: string): number {
  for (let at = 0; at < line.length; at += line[at] === '\\' ? 2 : 1) {
    if (/[=: \t\f]/.test(line[at] ?? '')) return at
  }
  return line.length
}

const SPECIAL: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))|\\$/g, (_, hex: string | undefined, one: string | undefined) => {
    if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
    return one === undefined ? '' : (SPECIAL[one] ?? one)
  })
}
