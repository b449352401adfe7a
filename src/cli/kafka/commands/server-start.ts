// kafka-server-start: a node, with the configuration of a file.

import { type StartNode, start } from '../../start.ts'
import type { Terminal } from '../../terminal.ts'
import { examples } from '../../usage.ts'
import { KAFKA_VERSION } from '../command.ts'
import { helpLines } from '../options/help.ts'
import { parseOptions } from '../options/parse.ts'
import { flag, text } from '../options/table.ts'

const options = {
  override: text(undefined, 'Set one key, as key=value; may be repeated.'),
  version: flag('Print the version of Kafka that the command is like.'),
}
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
    terminal.complain(
      examples(
        'kafka-server-start server.properties',
        'kafka-server-start -daemon server.properties --override log.dirs=/var/lib/kafka --override node.id=2',
      ),
    )
    return 1
  }
  if (rest.includes('--version')) {
    terminal.print(KAFKA_VERSION)
    return 0
  }
  const [file, ...others] = rest as [string, ...string[]]
  if ((await terminal.readText(file)) === null) {
    terminal.complain(file)
    return 1
  }
  try {
    const found = parseOptions(options, others)
    if (found.others.length > 0) {
      terminal.complain(`Found non argument parameters: ${found.others.join(',')}`)
      for (const line of helpLines(options)) terminal.complain(line)
      return 1
    }
    if (isDaemon) return daemon(rest, terminal)
    await start({ file, overrides: found.texts('override'), level: 'info' }, startNode, terminal)
    return 0
  } catch (thrown) {
    terminal.complain((thrown as Error).message)
    return 1
  }
}

/** In a process of its own that goes on when this one and its terminal are gone; what it says is in a file. */
function daemon(words: readonly string[], { env, processes }: Terminal): number {
  const directory = env['LOG_DIR'] || 'logs'
  processes.startDetached(words, env['CONSOLE_OUTPUT_FILE'] || `${directory}/kafkaServer.out`)
  return 0
}
