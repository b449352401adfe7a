// Ids as Kafka's commands take them, and what they say of one that is none.

import { Failure } from './failure.ts'

/** The id as it was typed, if it is one. */
export function parseUuid(text: string): string {
  const bytes = decoded(text)
  if (text.length > 24)
    throw new Failure(`Input string with prefix \`${text.slice(0, 24)}\` is too long to be decoded as a base64 UUID`)
  if (bytes !== 16) {
    throw new Failure(
      `Input string \`${text}\` decoded as ${bytes} bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID`,
    )
  }
  return text.replace(/=+$/, '')
}

/** How many bytes the text stands for. */
function decoded(text: string): number {
  const letters = text.replace(/={1,2}$/, '')
  const wrong = /[^A-Za-z0-9_-]/.exec(letters)
  if (wrong) throw new Failure(`Illegal base64 character ${wrong[0].codePointAt(0)!.toString(16)}`)
  if (letters.length % 4 === 1) throw new Failure('Last unit does not have enough valid bits')
  return Math.floor((letters.length * 3) / 4)
}
