// Lines of commands with subcommands, read as those of Kafka's that are made so: long names may be cut short as long as they mean one option, and options
// stand before the subcommand or behind it, each where it belongs.

import { OptionTrouble } from './trouble.ts'

export interface Argument {
  /** The first one gives the value its name: `--bootstrap-server` is bootstrap-server. */
  readonly flags: readonly string[]
  readonly about: string
  /** Missing: it takes one value. `short`, `integer`, `long` and `double` take a number, `many` may be repeated, `list` takes all words up to the next option. */
  readonly kind?: 'text' | 'short' | 'integer' | 'long' | 'double' | 'many' | 'list' | 'flag'
  readonly isRequired?: boolean
}

export interface Grammar {
  readonly about: string
  readonly arguments: readonly Argument[]
  /** Of each of these groups exactly one has to stand, by their first flags. */
  readonly oneOf?: readonly (readonly string[])[]
  /** Of each of these at most one. */
  readonly atMostOne?: readonly (readonly string[])[]
}

export interface ToolGrammar extends Grammar {
  /** As the help calls it. */
  readonly name: string
  readonly commands: Readonly<Record<string, Grammar>>
  /** Whole lines, for the end of the help; that of a command has those with its name. */
  readonly examples: readonly string[]
  /** With which exit code the help ends. */
  readonly helpExitCode?: number
}

/** What was typed. */
export class Arguments {
  readonly command: string
  readonly #values: ReadonlyMap<string, readonly string[]>

  constructor(command: string, values: ReadonlyMap<string, readonly string[]>) {
    this.command = command
    this.#values = values
  }

  has(name: string): boolean {
    return this.#values.has(name)
  }

  /** The last one that was typed. */
  text(name: string): string | undefined {
    return this.#values.get(name)?.at(-1)
  }

  texts(name: string): readonly string[] {
    return this.#values.get(name) ?? []
  }
}

/** The help was asked for: of the tool, or of a command. */
export class HelpWanted extends Error {
  override readonly name = 'HelpWanted'
  readonly command: string | null

  constructor(command: string | null) {
    super('help')
    this.command = command
  }
}

/** What is wrong, and in which part of the line. */
export class GrammarTrouble extends OptionTrouble {
  readonly command: string | null

  constructor(message: string, command: string | null) {
    super(message)
    this.command = command
  }
}

interface NumberKind {
  readonly name: string
  readonly reads: (word: string) => boolean
  /** What is said of one that is too large, where that is something of its own. */
  readonly beyond?: (word: string) => string | null
}

/** Kinds of numbers, as Java reads them. */
const numbers: Readonly<Record<string, NumberKind>> = {
  short: {
    name: 'Short',
    reads: (word) => isWhole(word, 16n),
    // One that an Integer would hold is told otherwise.
    beyond: (word) => (isWhole(word, 32n) ? `Value out of range. Value:"${word}" Radix:10` : null),
  },
  integer: { name: 'Integer', reads: (word) => isWhole(word, 32n) },
  long: { name: 'Long', reads: (word) => isWhole(word, 64n) },
  double: { name: 'Double', reads: (word) => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/.test(word) },
}

function isWhole(word: string, bits: bigint): boolean {
  if (!/^[+-]?\d+$/.test(word)) return false
  const value = BigInt(word.replace(/^\+/, ''))
  return value >= -(1n << (bits - 1n)) && value < 1n << (bits - 1n)
}

const keyOf = ({ flags }: Argument) => flags[0]!.replace(/^-+/, '')
const nameOf = ({ flags }: Argument) => flags.join('/')

/** Throws GrammarTrouble and HelpWanted. */
export function parseArguments(tool: ToolGrammar, words: readonly string[]): Arguments {
  const values = new Map<string, string[]>()
  const rest = [...words]
  const strangers: string[] = []
  const [before, ...names] = [null, ...Object.keys(tool.commands)]
  const command = parsePart(
    tool,
    before,
    rest,
    values,
    (word) => {
      if (Object.hasOwn(tool.commands, word)) return
      throw new GrammarTrouble(`invalid choice: '${word}' (choose from ${names.map((name) => `'${name}'`).join(', ')})`, null)
    },
    strangers,
  )
  if (command === undefined) throw new GrammarTrouble('too few arguments', null)
  const grammar = tool.commands[command]!
  parsePart(grammar, command, rest, values, null, strangers)
  check(grammar, command, values)
  check(tool, null, values)
  if (strangers.length > 0) throw new GrammarTrouble(`unrecognized arguments: '${strangers.join(' ')}'`, command)
  return new Arguments(command, values)
}

/** The same for a tool without subcommands. */
export function parseFlat(tool: ToolGrammar, words: readonly string[]): Arguments {
  const values = new Map<string, string[]>()
  const strangers: string[] = []
  parsePart(tool, null, [...words], values, null, strangers)
  check(tool, null, values)
  if (strangers.length > 0) throw new GrammarTrouble(`unrecognized arguments: '${strangers.join(' ')}'`, null)
  return new Arguments('', values)
}

/** Reads options until a word that is none, where `onWord` takes those; gives that word. */
function parsePart(
  grammar: Grammar,
  command: string | null,
  rest: string[],
  values: Map<string, string[]>,
  onWord: ((word: string) => void) | null,
  strangers: string[],
): string | undefined {
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!/^-./.test(word) || /^-\d+$/.test(word)) {
      if (!onWord) {
        strangers.push(word)
        continue
      }
      onWord(word)
      return word
    }
    const at = word.startsWith('--') ? word.indexOf('=') : -1
    const typed = at < 0 ? word : word.slice(0, at)
    if (
      ['-h', '--help'].includes(typed) ||
      (typed.length > 2 && '--help'.startsWith(typed) && matches(grammar, typed).length === 0)
    ) {
      throw new HelpWanted(command)
    }
    const argument = find(grammar, typed, command)
    if (!argument) {
      strangers.push(word)
      continue
    }
    take(grammar, argument, at < 0 ? undefined : word.slice(at + 1), { command, rest, values })
  }
  return undefined
}

interface Place {
  readonly command: string | null
  readonly rest: string[]
  readonly values: Map<string, string[]>
}

function take(grammar: Grammar, argument: Argument, attached: string | undefined, { command, rest, values }: Place): void {
  const key = keyOf(argument)
  const groups = [...(grammar.oneOf ?? []), ...(grammar.atMostOne ?? [])]
  const other = groups.find((group) => group.includes(key))?.find((name) => name !== key && values.has(name))
  if (other !== undefined) {
    const named = grammar.arguments.find((each) => keyOf(each) === other)!
    throw new GrammarTrouble(`argument ${nameOf(argument)}: not allowed with argument ${nameOf(named)}`, command)
  }
  if (argument.kind === 'flag') return void values.set(key, [])
  const isValue = () => rest[0] !== undefined && !/^-[^\d\s]/.test(rest[0])
  if (argument.kind === 'list') {
    const list = attached === undefined ? [] : [attached]
    while (attached === undefined && isValue()) list.push(rest.shift()!)
    if (list.length === 0) throw new GrammarTrouble(`argument ${nameOf(argument)}: expected at least one argument`, command)
    return void values.set(key, list)
  }
  const value = attached ?? (isValue() ? rest.shift() : undefined)
  if (value === undefined) throw new GrammarTrouble(`argument ${nameOf(argument)}: expected one argument`, command)
  const number = numbers[argument.kind ?? 'text']
  if (number && !number.reads(value)) {
    const why = number.beyond?.(value) ?? `For input string: "${value}"`
    throw new GrammarTrouble(`argument ${nameOf(argument)}: could not convert '${value}' to ${number.name} (${why})`, command)
  }
  values.set(key, argument.kind === 'many' ? [...(values.get(key) ?? []), value] : [value])
}

const matches = (grammar: Grammar, typed: string) =>
  grammar.arguments.flatMap(({ flags }) => flags.filter((flag) => flag.startsWith('--') && flag.startsWith(typed)))

/** The option itself, or the only one that begins so. */
function find(grammar: Grammar, typed: string, command: string | null): Argument | undefined {
  const exact = grammar.arguments.find(({ flags }) => flags.includes(typed))
  if (exact || !typed.startsWith('--')) return exact
  const near = matches(grammar, typed)
  if (near.length > 1) throw new GrammarTrouble(`ambiguous option: ${typed} could match ${near.join(', ')}`, command)
  return grammar.arguments.find(({ flags }) => flags.includes(near[0]!))
}

function check(grammar: Grammar, command: string | null, values: ReadonlyMap<string, unknown>): void {
  // The first in the order of the alphabet is told.
  for (const argument of [...grammar.arguments].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))) {
    if (argument.isRequired && !values.has(keyOf(argument))) {
      throw new GrammarTrouble(`argument ${nameOf(argument)} is required`, command)
    }
  }
  for (const group of grammar.oneOf ?? []) {
    if (group.some((name) => values.has(name))) continue
    const names = group.map((name) => nameOf(grammar.arguments.find((argument) => keyOf(argument) === name)!))
    throw new GrammarTrouble(`one of the arguments ${names.join(' ')} is required`, command)
  }
}
