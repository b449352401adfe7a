// Topics by a pattern: a regular expression for whole names, or several with commas.

import { Failure } from '../failure.ts'

/** Whether a name is meant. A Failure where the pattern is none. */
export function patternOf(typed: string): (name: string) => boolean {
  const text = typed
    .trim()
    .replaceAll(',', '|')
    .replaceAll(' ', '')
    .replace(/^["']+/, '')
    .replace(/["']+$/, '')
  try {
    const pattern = new RegExp(`^(?:${text})$`)
    return (name) => pattern.test(name)
  } catch {
    throw new Failure(`${text} is an invalid regex.`)
  }
}
