// What a command of Kafka's may be given, as data: parsing, checks and help come out of it.

/** How a value is read, and called in the help. `choice` takes one of the given words, in any case. */
export type ValueType = 'String' | 'Integer' | 'Long' | { readonly name: string; readonly words: readonly string[] }

export interface Option {
  /** What it does, in a sentence for the help. */
  readonly about: string
  /** Missing: it takes no value. */
  readonly value?: {
    readonly type: ValueType
    /** What it is, for the help. */
    readonly means?: string | undefined
    /** It may stand without a value. */
    readonly isOptional?: boolean | undefined
    readonly initial?: string | number | undefined
  }
  /** The parser itself refuses a line without it; most commands look for what they need themselves. */
  readonly isRequired?: boolean
  /** Only where one of these stands, too. */
  readonly onlyWith?: readonly string[]
}

/** By name, without the dashes. */
export type OptionTable = Readonly<Record<string, Option>>

/** One that takes no value. */
export const flag = (about: string, more: Omit<Option, 'about' | 'value'> = {}): Option => ({ about, ...more })

interface ValueMore extends Omit<Option, 'about' | 'value'> {
  readonly initial?: string | number
  readonly isOptional?: boolean
}

const valued = (
  type: ValueType,
  means: string | undefined,
  about: string,
  { initial, isOptional, ...more }: ValueMore = {},
): Option => ({
  about,
  value: { type, means, initial, isOptional },
  ...more,
})

export const text = (means: string | undefined, about: string, more?: ValueMore) => valued('String', means, about, more)
export const integer = (means: string | undefined, about: string, more?: ValueMore) => valued('Integer', means, about, more)
export const long = (means: string | undefined, about: string, more?: ValueMore) => valued('Long', means, about, more)
export const oneOf = (name: string, words: readonly string[], means: string | undefined, about: string, more?: ValueMore) =>
  valued({ name, words }, means, about, more)

/** What every command has. */
export const common = {
  help: flag('Print this help.'),
  version: flag('Print the version of Kafka that the command is like.'),
} satisfies OptionTable

export const bootstrapServer = text('server to connect to', 'Required: brokers as host:port, separated by commas.')

export const commandConfig = text('command config property file', 'A file of properties for the client.')
