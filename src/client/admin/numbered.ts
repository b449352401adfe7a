// Words that stand as numbers on the wire. A broker may be newer than this client and send numbers that it has no word for.

import { OptionError } from '../errors/index.ts'

/** What is read where the number has no word here. It cannot be sent. */
export const UNKNOWN = 'unknown'
export type Unknown = typeof UNKNOWN

export interface Numbered<W extends string> {
  /** Throws an OptionError that names the option, the word and what is allowed. */
  numberOf(option: string, word: string): number
  wordOf(number: number): W | Unknown
}

export function numbered<W extends string>(numbers: Readonly<Record<W, number>>): Numbered<W> {
  const words = new Map(Object.entries(numbers).map(([word, number]) => [number as number, word as W]))
  return {
    numberOf(option, word) {
      if (Object.hasOwn(numbers, word)) return numbers[word as W]
      throw new OptionError(option, `${option}=${word} is not valid; allowed: ${Object.keys(numbers).join(', ')}`)
    },
    wordOf: (number) => words.get(number) ?? UNKNOWN,
  }
}
