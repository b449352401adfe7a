// Texts of others on a terminal.

/** Letters that a terminal would obey are written as JSON writes them. */
export function harmless(text: string): string {
  return text.replace(/\p{Cc}/gu, (letter) => SHORT[letter] ?? `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\t' }
