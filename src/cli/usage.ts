// What is wrong with what was typed, as opposed to what went wrong in doing it.

export class UsageError extends Error {
  override readonly name = 'UsageError'
}
