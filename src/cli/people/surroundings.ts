// What the commands for people stand on: their terminal, and the options that all of them have.

import type { Command } from 'commander'
import type { Admin } from '../../client/admin/admin.ts'
import { suggest } from '../../config/suggest.ts'
import type { Desk } from '../../platform/desk.ts'
import { exitCodes } from '../../platform/node/process.ts'
import type { Terminal } from '../terminal.ts'
import { UsageError } from '../usage.ts'
import { type EntranceFlags, withEntrance } from './entrance.ts'

export interface People {
  readonly terminal: Terminal
  readonly desk: Desk
}

export interface CommonFlags extends EntranceFlags {
  readonly json?: boolean
}

/** Those of `withEntrance` and, unless the command says otherwise itself, `--json`. */
export function withCommonFlags(command: Command, json = 'print JSON, for machines'): Command {
  return withEntrance(command).option('--json', json)
}

/** Throws a UsageError, with the name that was probably meant, for a topic that is not there. */
export async function requireTopics(admin: Admin, names: readonly string[]): Promise<void> {
  const known = (await admin.listTopics()).map(({ name }) => name)
  requireKnown('topic', names, known)
}

export function requireKnown(kind: string, names: readonly string[], known: readonly string[]): void {
  for (const name of names) {
    if (known.includes(name)) continue
    const near = suggest(name, known)
    throw new UsageError(`there is no ${kind} ${name}${near ? `; did you mean ${near}?` : ''}`)
  }
}

/** Aborted by Ctrl-C, or when nobody reads the output any more; `over` takes that back. Who types it once more does not wait for anything. */
export function interruption({ terminal, desk }: People): { readonly signal: AbortSignal; readonly over: () => void } {
  const stop = new AbortController()
  const over = terminal.onSignal(['SIGINT', 'SIGTERM'], () => {
    if (stop.signal.aborted) return terminal.exitNow(exitCodes.failed)
    stop.abort()
  })
  desk.onDeserted(() => stop.abort())
  return { signal: stop.signal, over }
}

/** A whole number from `least` on, for commander. */
export function countFrom(least: number, option: string): (word: string) => number {
  return (word) => {
    const value = Number(word)
    if (!/^\d+$/.test(word) || !Number.isSafeInteger(value) || value < least) {
      throw new UsageError(`${option} ${word} is not valid; allowed: a whole number from ${least} on`)
    }
    return value
  }
}

/** For options that may be repeated. */
export const gathered = (word: string, before: readonly string[] = []): readonly string[] => [...before, word]

/** Each name=value, in their order. Throws a UsageError for a word that is none. */
export function pairsOf(option: string, words: readonly string[]): readonly (readonly [name: string, value: string])[] {
  return words.map((word) => {
    const at = word.indexOf('=')
    if (at < 1) throw new UsageError(`${option} ${word} is not of the form name=value`)
    return [word.slice(0, at), word.slice(at + 1)]
  })
}

/** The subcommand `list`, which is meant where none is named; a word that is the name of none is no other one's. */
export function listOf(parent: Command): Command {
  return parent
    .command('list', { isDefault: true })
    .allowExcessArguments()
    .hook('preAction', (_, { args: [word] }) => {
      if (word === undefined) return
      const names = parent.commands.map((each) => each.name())
      if (names.includes(word)) throw new UsageError(`${word} goes before the options: odradek ${parent.name()} ${word} ...`)
      const near = suggest(word, names)
      throw new UsageError(
        `there is no ${parent.name()} ${word}; ${near ? `did you mean ${near}?` : `allowed: ${names.join(', ')}`}`,
      )
    })
}
