// A command with one of Kafka's names: its options, and what it does with them.

import { OptionError } from '../../client/errors/index.ts'
import type { Terminal } from '../terminal.ts'
import { examples as exampleText } from '../usage.ts'
import { Failure, UsageFailure } from './failure.ts'
import { helpLines } from './options/help.ts'
import { type Found, parseOptions } from './options/parse.ts'
import type { OptionTable } from './options/table.ts'
import { OptionTrouble } from './options/trouble.ts'

/** What a command is like; it prints this for `--version`. */
export const KAFKA_VERSION = '4.2.0'

/** What that was built from: few commands print it, too. */
export const KAFKA_COMMIT = 'a18251bae0b825c6'

/** What a command sees of the world. */
export type Surroundings = Pick<
  Terminal,
  | 'clock'
  | 'print'
  | 'complain'
  | 'write'
  | 'input'
  | 'isInteractive'
  | 'readText'
  | 'randomBytes'
  | 'utcOffsetMs'
  | 'onSignal'
  | 'endBy'
>

/** Does what the words say; resolves to the exit code. Rejects only where a bug of ours shows. */
export type RunCommand = (words: readonly string[], around: Surroundings) => Promise<number>

export interface CommandParts<T extends OptionTable> {
  readonly options: T
  /** The first line of the help. */
  readonly about: string
  /** The first line where nothing was typed; else the same. */
  readonly aboutNothing?: string
  /** Whole lines, for the end of the help. */
  readonly examples: readonly string[]
  /** Throws a UsageFailure, or a Failure, where options do not fit together. */
  check?(found: Found<T>, around: Surroundings): void
  /** Resolves to the exit code, or throws a Failure. */
  run(found: Found<T>, around: Surroundings, words: readonly string[]): Promise<number>
  /** How it tells that something went wrong; else its message is a line of complaint. */
  explain?(error: Error, around: Surroundings, words: readonly string[]): number
  /** The parser's own complaints show the help, too. */
  readonly helpsWithTrouble?: boolean
}

/** A command whose options are read as most of Kafka's commands read them. */
export function command<T extends OptionTable>(parts: CommandParts<T>): RunCommand {
  const { options, about, aboutNothing = about, examples, check, run, explain = complain, helpsWithTrouble = false } = parts
  const withHelp = (message: string, around: Surroundings) => {
    around.complain(message)
    for (const line of helpLines(options)) around.complain(line)
    return 1
  }
  const explained = (title: string, around: Surroundings) => {
    withHelp(title, around)
    around.complain(exampleText(...examples))
    return 1
  }
  return async (words, around) => {
    let found: Found<T>
    try {
      found = parseOptions(options, words)
      if (words.length === 0) return explained(aboutNothing, around)
      if (found.has('help')) return explained(about, around)
      if (found.has('version')) {
        around.print(KAFKA_VERSION)
        return 0
      }
      check?.(found, around)
    } catch (thrown) {
      if (thrown instanceof UsageFailure) return withHelp(thrown.message, around)
      if (thrown instanceof OptionTrouble && helpsWithTrouble) return withHelp(thrown.message, around)
      if (thrown instanceof OptionTrouble || thrown instanceof Failure) return complain(thrown, around)
      throw thrown
    }
    try {
      return await run(found, around, words)
    } catch (thrown) {
      if (thrown instanceof UsageFailure) return withHelp(thrown.message, around)
      if (thrown instanceof OptionError) return complain(thrown, around)
      return explain(thrown as Error, around, words)
    }
  }
}

/** One line, and the exit code for what failed. */
export function complain(error: Error, around: Surroundings): number {
  around.complain(error.message)
  return error instanceof Failure ? error.exitCode : 1
}
