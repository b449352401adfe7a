// Which options go with which, in the words in which Kafka's commands say so.

import { UsageFailure } from '../failure.ts'
import type { Found } from './parse.ts'
import type { OptionTable } from './table.ts'

type Name<T> = keyof T & string

/** The first of these that is missing is told. */
export function demand<T extends OptionTable>(found: Found<T>, ...names: Name<T>[]): void {
  for (const name of names) if (!found.has(name)) throw new UsageFailure(`Missing required argument "[${name}]"`)
}

/** Where `used` was typed none of the others may be. */
export function forbid<T extends OptionTable>(found: Found<T>, used: Name<T>, others: readonly Name<T>[]): void {
  if (!found.has(used)) return
  for (const other of others) {
    if (other !== used && found.has(other)) throw new UsageFailure(`Option "[${used}]" can't be used with option "[${other}]"`)
  }
}

/** How many of these were typed. */
export function count<T extends OptionTable>(found: Found<T>, names: readonly Name<T>[]): number {
  return names.filter((name) => found.has(name)).length
}
