// What is wrong with what was typed, as opposed to what went wrong in doing it.

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Lines behind the help of a command that show how it is used. */
export const examples = (...lines: string[]) => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`
