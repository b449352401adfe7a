// What the consumers of Kafka's console have in common: options that were renamed, and the formatter that their options make.

import { readProperties, typedProperties } from '../client.ts'
import type { Surroundings } from '../command.ts'
import { UsageFailure } from '../failure.ts'
import type { Formatter } from '../formatters/formatter.ts'
import { formatters } from '../formatters/index.ts'
import type { Found } from '../options/parse.ts'

/** At most one of the two may stand; the help follows where both do. */
export function exclude(found: Found, one: string, other: string): void {
  if (found.has(one) && found.has(other)) {
    throw new UsageFailure(`Options --${one} and --${other} cannot be specified together.`)
  }
}

/** Tells that an option has another name by now. */
export function warn(found: Found, older: string, newer: string, { print }: Surroundings): void {
  if (!found.has(older)) return
  print(`Option --${older} is deprecated and will be removed in a future version. Use --${newer} instead.`)
}

/** -1: no bound. Kafka's consumers read it when they have begun, so what they say at their end comes before the complaint. */
export function maxMessagesOf(found: Found, { complain }: Surroundings): number {
  try {
    return found.number('max-messages') ?? -1
  } catch (thrown) {
    complain(processed(0))
    throw thrown
  }
}

/** The last line of a consumer. */
export const processed = (count: number) => `Processed a total of ${count} messages`

/** Out of --formatter, its properties, and the deserializers that have options of their own. */
export async function formatterOf(found: Found, around: Surroundings): Promise<Formatter> {
  const name = found.text('formatter')!
  const make = Object.hasOwn(formatters, name) ? formatters[name] : undefined
  if (!make) throw new UsageFailure(name)
  exclude(found, 'property', 'formatter-property')
  warn(found, 'property', 'formatter-property', around)
  const path = found.text('formatter-config')
  const properties = path === undefined ? new Map<string, string>() : await readProperties(path, around)
  for (const part of ['key', 'value'] as const) {
    const typed = found.text(`${part}-deserializer`)
    if (typed) properties.set(`${part}.deserializer`, typed)
  }
  for (const [key, value] of typedProperties([...found.texts('property'), ...found.texts('formatter-property')])) {
    properties.set(key, value)
  }
  return make(properties, around)
}
