// Seeds that failed once stay in a list: lines of `seed what it found`.

import { readFileSync } from 'node:fs'

/** The seeds of such a file, from the top. */
export function failedOnce(path: string): number[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => Number.parseInt(line, 10))
}
