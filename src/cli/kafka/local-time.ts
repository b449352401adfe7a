// Times as Java's SimpleDateFormat writes them.

import { Failure } from './failure.ts'

const DAY = 86_400_000

interface Fields {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly ofDay: number
}

type Field = (fields: Fields) => number

const letters: Readonly<Record<string, Field>> = {
  y: ({ year }) => year,
  M: ({ month }) => month,
  d: ({ day }) => day,
  H: ({ ofDay }) => Math.floor(ofDay / 3_600_000),
  k: ({ ofDay }) => Math.floor(ofDay / 3_600_000) || 24,
  h: ({ ofDay }) => Math.floor(ofDay / 3_600_000) % 12 || 12,
  K: ({ ofDay }) => Math.floor(ofDay / 3_600_000) % 12,
  m: ({ ofDay }) => Math.floor(ofDay / 60_000) % 60,
  s: ({ ofDay }) => Math.floor(ofDay / 1000) % 60,
  S: ({ ofDay }) => ofDay % 1000,
}

/** `time` (milliseconds since 1970) where clocks are so far ahead of UTC. A Failure where the pattern has letters that are none, or not supported. */
export function formatTime(pattern: string, time: number, utcOffsetMs: number): string {
  const fields = fieldsOf(time + utcOffsetMs)
  return pattern.replace(/'((?:[^']|'')*)'|([A-Za-z])\2*/g, (run, quoted: string | undefined, letter: string | undefined) => {
    if (quoted !== undefined) return quoted === '' ? "'" : quoted.replaceAll("''", "'")
    if (letter === 'a') return fields.ofDay < DAY / 2 ? 'AM' : 'PM'
    if (letter === 'y' && run.length === 2) return String(fields.year % 100).padStart(2, '0')
    const field = Object.hasOwn(letters, letter!) ? letters[letter!] : undefined
    if (!field || (letter === 'M' && run.length > 2)) throw new Failure(wrong(run, letter!))
    return String(field(fields)).padStart(run.length, '0')
  })
}

const wrong = (run: string, letter: string) =>
  'GYMLwWDdFEuaHkKhmsSzZX'.includes(letter)
    ? `${run} in a date format is not supported (docs/limits.md)`
    : `Illegal pattern character '${letter}'`

/** Year, month and day by the Gregorian calendar: eras of 400 years that begin in March. */
function fieldsOf(local: number): Fields {
  const days = Math.floor(local / DAY)
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const ofEra = shifted - era * 146_097
  const year = Math.floor((ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365)
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  const fromMarch = Math.floor((5 * ofYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  return {
    year: year + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: ofYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
    ofDay: local - days * DAY,
  }
}
