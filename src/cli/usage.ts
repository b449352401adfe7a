// What is wrong with what was typed, as opposed to what went wrong in doing it.

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Lines behind the help of a command that show how it is used. */
export const examples = (...lines: string[]) => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`

/** What went wrong in one line, and what to do about it where that is known: errors of the client say it. */
export function sentenceOf(error: Error): string {
  const line = error.message.trim().replace(/\s*\n\s*/g, ' ')
  const { advice } = error as { advice?: unknown }
  return typeof advice === 'string' ? `${line.replace(/\.$/, '')}. ${advice}` : line
}
