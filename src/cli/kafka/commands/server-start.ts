// kafka-server-start: a node, with the configuration of a file.

import { type StartNode, start } from '../../start.ts'
import type { Terminal } from '../../terminal.ts'
import { UsageError } from '../../usage.ts'
import { KAFKA_VERSION } from '../command.ts'

const USAGE = 'USAGE: kafka-server-start [-daemon] server.properties [--override property=value]*'

/** Resolves when the node serves, and leaves it running; with -daemon when its process has begun. */
export async function serverStart(words: readonly string[], terminal: Terminal, startNode: StartNode): Promise<number> {
  if (words.length === 0) {
    terminal.print(USAGE)
    return 1
  }
  const isDaemon = words[0] === '-daemon'
  const rest = isDaemon ? words.slice(1) : words
  if (rest.length === 0 || rest.includes('--help')) {
    terminal.complain(USAGE)
    return 1
  }
  if (rest.includes('--version')) {
    terminal.print(KAFKA_VERSION)
    return 0
  }
  try {
    const typed = parse(rest)
    if (isDaemon) return daemon(rest, terminal)
    await start({ file: typed.file, overrides: typed.overrides, level: 'info' }, startNode, terminal)
    return 0
  } catch (thrown) {
    terminal.complain((thrown as Error).message)
    return 1
  }
}

/** The file stands first; behind it only overrides may. */
function parse(words: readonly string[]): { readonly file: string; readonly overrides: readonly string[] } {
  const [file, ...rest] = words as [string, ...string[]]
  const overrides: string[] = []
  const strangers: string[] = []
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--override') {
      const value = rest.shift()
      if (value === undefined) throw new UsageError('Option override requires an argument')
      overrides.push(value)
    } else if (word.startsWith('--override=')) overrides.push(word.slice('--override='.length))
    else if (word.startsWith('-')) throw new UsageError(`${word.replace(/^-+/, '')} is not a recognized option`)
    else strangers.push(word)
  }
  if (strangers.length > 0) throw new UsageError(`Found non argument parameters: ${strangers.join(',')}`)
  return { file, overrides }
}

/** In a process of its own that goes on when this one and its terminal are gone; what it says is in a file. */
function daemon(words: readonly string[], { env, processes }: Terminal): number {
  const directory = env['LOG_DIR'] || 'logs'
  processes.startDetached(words, env['CONSOLE_OUTPUT_FILE'] || `${directory}/kafkaServer.out`)
  return 0
}
