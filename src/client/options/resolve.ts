// Options as a program gives them, checked against their table. Every mistake is told with the option, its value and what is allowed.

import { absentOption } from '../../config/client/kafka.ts'
import { kafkaName } from '../../config/client/names.ts'
import { ConfigError } from '../../config/error.ts'
import type { Key, Table, Values } from '../../config/keys.ts'
import { Secret } from '../../config/secret.ts'
import { suggest } from '../../config/suggest.ts'
import { OptionError } from '../errors/errors.ts'

/** What may be given for a table's options; what is left out has its default. */
export type Given<T extends Table> = { readonly [N in keyof T]?: GivenValue<T[N]> | undefined }

type GivenValue<K> =
  K extends Key<infer V>
    ? V extends readonly string[]
      ? readonly string[] | string
      : V extends Secret
        ? string | Secret
        : V extends null
          ? null
          : V
    : never

type Kind = 'number' | 'boolean' | 'string' | 'list'
const kinds: Readonly<Record<Key['type'], Kind>> = {
  boolean: 'boolean',
  short: 'number',
  int: 'number',
  long: 'number',
  double: 'number',
  string: 'string',
  class: 'string',
  password: 'string',
  list: 'list',
}
const wanted: Readonly<Record<Kind, string>> = {
  number: 'a number',
  boolean: 'true or false',
  string: 'a text',
  list: 'a list of texts, or one text with commas',
}

/**
 * The value of every option of the table. `others` names options that the caller reads itself (functions and objects). Throws an OptionError that names
 * the option, the value and what is allowed.
 */
export function resolveOptions<T extends Table>(table: T, given: object, others: readonly string[] = []): Values<T> {
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(table, name) || others.includes(name)) continue
    const absent = absentOption(kafkaName(name))
    if (absent) throw new OptionError(name, `${name} is no option here. ${absent.why}`)
    const near = suggest(name, [...Object.keys(table), ...others])
    throw new OptionError(name, `${name} is no option here${near ? `; did you mean ${near}?` : ''}`)
  }
  const values = Object.entries(table).map(([name, key]) => [name, resolved(name, key, (given as Record<string, unknown>)[name])])
  return Object.fromEntries(values) as Values<T>
}

function resolved(name: string, key: Key, value: unknown): unknown {
  if (value === undefined || (value === null && key.initial === null)) {
    if (key.initial === undefined) throw new OptionError(name, `${name} is missing; allowed: ${key.allowed}`)
    return key.initial === null ? null : key.parse(name, key.initial)
  }
  const text = textOf(kinds[key.type], value)
  if (text === null) {
    const shown = key.type === 'password' ? '(hidden)' : shownAs(value)
    throw new OptionError(name, `${name}: ${shown} is not valid; allowed: ${wanted[kinds[key.type]]}`)
  }
  try {
    return key.parse(name, text)
  } catch (thrown) {
    throw thrown instanceof ConfigError ? new OptionError(name, thrown.message, { cause: thrown }) : thrown
  }
}

/** As it would stand in a file of Kafka's; null where the type is another one. */
function textOf(kind: Kind, value: unknown): string | null {
  switch (kind) {
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? numberText(value) : null
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : null
    case 'string':
      return typeof value === 'string' ? value : value instanceof Secret ? value.reveal() : null
    case 'list':
      if (typeof value === 'string') return value
      return Array.isArray(value) && value.every((entry) => typeof entry === 'string') ? value.join(',') : null
  }
}

/** Without an exponent, which whole numbers of Kafka's do not have. */
function numberText(value: number): string {
  return Number.isInteger(value) ? BigInt(value).toString() : String(value)
}

function shownAs(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}
