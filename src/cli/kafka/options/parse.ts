// Words of a command line against a table of options, as Kafka's commands read them: whole names alone, `--name value` and `--name=value`, letters after
// one dash; a value that is required may begin with a dash, one that is optional may not.

import type { Option, OptionTable } from './table.ts'
import { OptionTrouble } from './trouble.ts'
import { converted, isOfType } from './values.ts'

/** What was found on a line. */
export class Found<T extends OptionTable = OptionTable> {
  readonly #table: OptionTable
  readonly #values: ReadonlyMap<string, readonly string[]>
  /** The options one by one, as they were typed. */
  readonly order: readonly string[]
  /** Words that belong to no option. */
  readonly others: readonly string[]

  constructor(table: T, values: ReadonlyMap<string, readonly string[]>, order: readonly string[], others: readonly string[]) {
    this.#table = table
    this.#values = values
    this.order = order
    this.others = others
  }

  /** Whether it was typed. */
  has(name: keyof T & string): boolean {
    return this.#values.has(name)
  }

  /** All that was typed for it. */
  texts(name: keyof T & string): readonly string[] {
    return this.#values.get(name) ?? []
  }

  /** Its value, or its default; undefined where it has neither. Throws an OptionTrouble where it was typed twice, or is not of its type. */
  text(name: keyof T & string): string | undefined {
    const value = this.#one(name)
    return value === undefined ? undefined : String(converted(name, this.#table[name]!.value!.type, value))
  }

  /** As `text`; Long has what a double cannot hold cut. */
  number(name: keyof T & string): number | undefined {
    const value = this.#one(name)
    return value === undefined ? undefined : Number(converted(name, this.#table[name]!.value!.type, value))
  }

  #one(name: string): string | undefined {
    const typed = this.#values.get(name) ?? []
    if (typed.length > 1) throw new OptionTrouble(`Found multiple arguments for option ${name}, but you asked for only one`)
    const initial = this.#table[name]?.value?.initial
    return typed[0] ?? (initial === undefined ? undefined : String(initial))
  }
}

/** Throws an OptionTrouble with what Kafka's commands say. */
export function parseOptions<T extends OptionTable>(table: T, words: readonly string[]): Found<T> {
  const values = new Map<string, string[]>()
  const order: string[] = []
  const others: string[] = []
  const rest = [...words]

  const add = (name: string, value?: string) => {
    const typed = values.get(name) ?? []
    if (value !== undefined) typed.push(value)
    values.set(name, typed)
    order.push(name)
  }

  const take = (name: string, attached: string | undefined) => {
    const { value } = known(table, name)
    if (!value) return add(name)
    if (attached) return add(name, attached)
    const [next] = rest
    if (!value.isOptional) {
      if (next === undefined) throw new OptionTrouble(`Option ${name} requires an argument`)
      return add(name, rest.shift())
    }
    const isValue =
      next !== undefined &&
      isOfType(value.type, next) &&
      (!looksLikeOption(table, next) || value.type === 'Integer' || value.type === 'Long')
    add(name, isValue ? rest.shift() : undefined)
  }

  const takeLetters = (letters: string) => {
    for (const letter of letters) {
      known(table, letter)
      if (table[letter]!.value) break
    }
    for (let at = 0; at < letters.length; at++) {
      const letter = letters[at]!
      const takesRest = table[letter]!.value && at + 1 < letters.length
      take(letter, takesRest ? letters.slice(at + 1) : undefined)
      if (takesRest) return
    }
  }

  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') others.push(...rest.splice(0))
    else if (word.startsWith('--')) take(...split(word.slice(2)))
    else if (word.startsWith('-') && word !== '-') {
      const [name, value] = split(word.slice(1))
      if (Object.hasOwn(table, name)) take(name, value)
      else takeLetters(word.slice(1))
    } else others.push(word)
  }
  check(table, values)
  return new Found(table, values, order, others)
}

function split(word: string): [name: string, value: string | undefined] {
  const at = word.indexOf('=')
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

function known(table: OptionTable, name: string): Option {
  if (!Object.hasOwn(table, name)) throw new OptionTrouble(`${name} is not a recognized option`)
  return table[name]!
}

function looksLikeOption(table: OptionTable, word: string): boolean {
  if (word.startsWith('--')) return true
  return word.startsWith('-') && word !== '-' && Object.hasOwn(table, split(word.slice(1))[0])
}

function check(table: OptionTable, values: ReadonlyMap<string, unknown>): void {
  // Who asks for help need not give the rest.
  const asksForHelp = values.has('help')
  const missing = Object.keys(table).filter((name) => table[name]!.isRequired && !values.has(name))
  if (missing.length > 0 && !asksForHelp) throw new OptionTrouble(`Missing required option(s) [${missing.join(', ')}]`)
  const lonely = [...values.keys()].filter((name) => table[name]!.onlyWith?.every((other) => !values.has(other)))
  if (lonely.length > 0 && !asksForHelp)
    throw new OptionTrouble(`Option(s) [${lonely.join(', ')}] are unavailable given other options on the command line`)
}
