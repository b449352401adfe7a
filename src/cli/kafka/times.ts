// Times and durations as Kafka's commands take them.

import { Failure } from './failure.ts'

const MINUTE = 60_000
const DAY = 86_400_000

/** Milliseconds since 1970 of YYYY-MM-DDTHH:mm:SS.sss, with Z or a distance from UTC behind it; without one it is UTC. */
export function parseDateTime(text: string): number {
  if (!text.includes('T')) {
    throw new Failure("java.text.ParseException: Error parsing timestamp. It does not contain a 'T' according to ISO8601 format")
  }
  const found = /^(\d{4})-(\d{1,2})-(\d{1,2})T(\d{1,2}):(\d{1,2}):(\d{1,2})\.(\d{1,3})(?:Z|([+-])(\d{2}):?(\d{2})?)?$/.exec(text)
  const [, year, month, day, hour, minute, second, ms] = (found ?? []).map(Number) as number[]
  const isRight =
    found &&
    month! >= 1 &&
    month! <= 12 &&
    day! >= 1 &&
    day! <= daysIn(year!, month!) &&
    hour! < 24 &&
    minute! < 60 &&
    second! < 60
  if (!isRight) {
    const shown = /[+-]\d{2}:?\d{0,2}$|Z/.test(text.slice(text.indexOf('T'))) ? text : `${text}Z`
    throw new Failure(`java.text.ParseException: Unparseable date: "${shown}"`)
  }
  const fromUtc = (found[8] === '-' ? -1 : 1) * (Number(found[9] ?? 0) * 60 + Number(found[10] ?? 0)) * MINUTE
  return daysSince1970(year!, month!, day!) * DAY + ((hour! * 60 + minute!) * 60 + second!) * 1000 + ms! - fromUtc
}

/** Milliseconds of an ISO 8601 duration of days and shorter, such as P1DT2H3M4.5S. */
export function parseDuration(text: string): number {
  const found =
    /^([+-]?)P(?=[\dT+-])(?:([+-]?\d+)D)?(?:T(?=[\d+-])(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?)(\d+)(?:[.,](\d{0,9}))?S)?)?$/i.exec(
      text,
    )
  if (!found) throw new Failure('Text cannot be parsed to a Duration')
  const [, sign, days = 0, hours = 0, minutes = 0, secondsSign, seconds = 0, fraction = ''] = found
  const ofSeconds =
    (Number(seconds) * 1000 + Math.floor(Number(fraction.padEnd(3, '0').slice(0, 3)))) * (secondsSign === '-' ? -1 : 1)
  const ms = Number(days) * DAY + Number(hours) * 60 * MINUTE + Number(minutes) * MINUTE + ofSeconds
  return sign === '-' ? -ms : ms
}

const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}

function daysSince1970(year: number, month: number, day: number): number {
  const years = year - 1
  let days = years * 365 + Math.floor(years / 4) - Math.floor(years / 100) + Math.floor(years / 400) - 719_162
  for (let before = 1; before < month; before++) days += daysIn(year, before)
  return days + day - 1
}
