// Where to begin reading, as people say it: from the beginning, ten minutes ago, at an offset.

import { durationOf } from '../../base/duration.ts'
import type { Desk } from '../../platform/desk.ts'
import { UsageError } from '../usage.ts'

/** A time is in milliseconds since 1970. */
export type Place =
  | { readonly kind: 'beginning' }
  | { readonly kind: 'end' }
  | { readonly kind: 'time'; readonly timestamp: number }
  | { readonly kind: 'offset'; readonly offset: number }

const BEGINNING = ['beginning', 'earliest', 'start']
const END = ['end', 'latest', 'now']

/** Throws a UsageError that names the option, and what is allowed. */
export function placeOf(option: string, word: string, now: number, desk: Pick<Desk, 'timeFrom'>): Place {
  if (BEGINNING.includes(word)) return { kind: 'beginning' }
  if (END.includes(word)) return { kind: 'end' }
  const ago = durationOf(word)
  if (ago !== null) return { kind: 'time', timestamp: Math.max(0, Math.floor(now - ago)) }
  if (/^\d+$/.test(word)) return { kind: 'offset', offset: Number(word) }
  const timestamp = desk.timeFrom(word)
  if (timestamp !== null) return { kind: 'time', timestamp }
  throw new UsageError(
    `${option} ${word} is not understood; allowed: beginning, end, a length of time back from now (90s, 10m, 2h, 7d), a time (2026-11-22T10:00; UTC with Z behind it), or an offset`,
  )
}
