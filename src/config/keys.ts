// Constructors of configuration keys. A table of them gives the type of its values, their parsing and validation, DescribeConfigs and
// the reference pages.

import { anyOf, anything, type Check, inRange, listOf, nonEmpty, oneOf, type Range } from './checks.ts'
import { ConfigError } from './error.ts'
import type { Secret } from './secret.ts'
import { readers, type Texts } from './text.ts'

export type KeyType = keyof typeof readers
export type Importance = 'high' | 'medium' | 'low'

/** How a running broker may change it: not at all, on itself alone, or for all brokers at once as well. */
export type UpdateMode = 'read-only' | 'per-broker' | 'cluster-wide'

/** A broker key that stands in for a topic's or group's; `times` turns its unit into the other's. */
export interface Synonym {
  readonly name: string
  readonly times: number
}

export interface Key<T = unknown> {
  readonly type: KeyType
  /** The default as text; null where there is no value, undefined where one must be given. */
  readonly initial: string | null | undefined
  readonly importance: Importance
  readonly update: UpdateMode
  /** Kept out of DescribeConfigs and of the reference, as Kafka does with its own internal keys. */
  readonly internal: boolean
  /** Not Kafka's but ours: shown by DescribeConfigs only where it was set. */
  readonly own: boolean
  readonly synonyms: readonly Synonym[]
  readonly doc: string
  /** What a value may be, in words that follow "allowed:". */
  readonly allowed: string
  /** The value of a text in Kafka's rules; throws ConfigError that names `name`, the text and what is allowed. */
  parse(name: string, text: string): T
  /** The text as Kafka would print it back: trimmed, numbers normalised, exact for all 64 bits. Throws like `parse`. */
  print(name: string, text: string): string
}

export type Table = { readonly [name: string]: Key }
export type Values<T extends Table> = { readonly [N in keyof T]: T[N] extends Key<infer V> ? V : never }

interface Common {
  readonly importance?: Importance
  readonly update?: UpdateMode
  readonly internal?: true
  readonly own?: true
  readonly required?: true
  readonly synonyms?: readonly (string | readonly [name: string, times: number])[]
}

interface Numeric<I> extends Common, Range {
  readonly initial?: I
  /** One value beside the range, such as -1 for "the codec's own level". */
  readonly orEqual?: number
}

interface Textual<I> extends Common {
  readonly initial?: I
  readonly nonEmpty?: true
  readonly check?: Check<string>
}

interface Listed<I> extends Common {
  readonly initial?: I
  readonly of?: readonly string[]
  /** May the list be empty? Default: yes. */
  readonly empty?: boolean
  /** A rule for the whole list, in place of the usual ones (no entry twice, none empty). */
  readonly check?: Check<readonly string[]>
}

interface Choice<V extends string> extends Common {
  readonly oneOf: readonly V[]
  readonly initial: V | null
  readonly ignoreCase?: true
}

type Or<V, I> = null extends I ? V | null : V

/** A whole number of 32 bits. */
export const int = <I extends number | null = number>(options: Numeric<I>, doc: string) => numeric<I>('int', options, doc)

/** A whole number of 16 bits. */
export const short = <I extends number | null = number>(options: Numeric<I>, doc: string) => numeric<I>('short', options, doc)

/** A whole number of 64 bits. Its value is a number (rounded beyond 2^53), its text is exact. */
export const long = <I extends number | bigint | null = number>(options: Numeric<I>, doc: string) =>
  numeric<I>('long', options, doc)

export const double = <I extends number | null = number>(options: Numeric<I>, doc: string) => numeric<I>('double', options, doc)

export const bool = (options: Common & { readonly initial: boolean }, doc: string) =>
  key<boolean>('boolean', options, doc, options.initial, anything('true or false'))

export const string = <I extends string | null = string>(options: Textual<I>, doc: string) =>
  key<Or<string, I>>(
    'string',
    options,
    doc,
    options.initial,
    options.check ?? (options.nonEmpty ? nonEmpty() : anything('any text')),
  )

/** A class name as Java users write it; Odradek knows some by name and never loads code from one. */
export const className = <I extends string | null = string>(options: Omit<Textual<I>, 'nonEmpty'>, doc: string) =>
  key<Or<string, I>>('class', options, doc, options.initial, options.check ?? anything('a class name'))

/** A secret: its value shows its text to `reveal()` only. */
export const password = (options: Common, doc: string) => key<Secret | null>('password', options, doc, null, anything('a secret'))

/** Texts separated by commas. */
export const list = <I extends readonly string[] | null = readonly string[]>(options: Listed<I>, doc: string) =>
  key<Or<readonly string[], I>>(
    'list',
    options,
    doc,
    options.initial,
    options.check ?? listOf(options.of ?? null, options.empty ?? true),
  )

/** One of a few words. With `ignoreCase` the value has the spelling of `oneOf`. */
export const choice = <const V extends string>(options: Choice<V>, doc: string) =>
  key<V>('string', options, doc, options.initial, oneOf(options.oneOf, options.ignoreCase ?? false))

/** 2^63-1: what Kafka writes where there is no limit. */
export const MAX_LONG = 9_223_372_036_854_775_807n
export const MAX_INT = 2_147_483_647

function numeric<I>(type: 'int' | 'short' | 'long' | 'double', options: Numeric<I>, doc: string) {
  const range = inRange(options)
  const check = options.orEqual === undefined ? range : anyOf(options.orEqual, range)
  return key<Or<number, I>>(type, options, doc, options.initial, check)
}

// biome-ignore lint/suspicious/noExplicitAny: a check knows the values of its own type, which the constructor above it chose
function key<T>(type: KeyType, options: Common, doc: string, initial: unknown, check: Check<any>): Key<T> {
  const reader: Texts<unknown> = readers[type]
  const allowed = check.allowed === '' ? reader.expected : check.allowed

  function read(name: string, text: string): { value: unknown; text: string } {
    const found = reader.read(text)
    if (found === null) throw refused(name, text, reader.expected)
    const value = check.convert ? check.convert(found.value) : found.value
    if (!check.holds(value)) throw refused(name, text, allowed)
    return { value, text: found.text }
  }

  function refused(name: string, text: string, wanted: string): ConfigError {
    const shown = type === 'password' ? '(hidden)' : text === '' ? '(empty)' : text
    return new ConfigError(name, `${name}=${shown} is not valid; allowed: ${wanted}`)
  }

  return {
    type,
    initial: options.required ? undefined : initial === null || initial === undefined ? null : reader.write(initial),
    importance: options.importance ?? 'medium',
    update: options.update ?? 'read-only',
    internal: options.internal ?? false,
    own: options.own ?? false,
    synonyms: (options.synonyms ?? []).map((one) =>
      typeof one === 'string' ? { name: one, times: 1 } : { name: one[0], times: one[1] },
    ),
    doc,
    allowed,
    parse: (name, text) => read(name, text).value as T,
    print: (name, text) => read(name, text).text,
  }
}
