// The commands of `odradek`. Each one's work is in its own file; here stand their words, flags and help.

import { Command, CommanderError, Option } from 'commander'
import { version } from '../base/version.ts'
import type { Desk } from '../platform/desk.ts'
import type { Level } from '../platform/logger.ts'
import { nodeDesk } from '../platform/node/desk.ts'
import { exitCodes } from '../platform/node/process.ts'
import { countOfBrokers } from './broker-plans.ts'
import { type StartNode, start } from './start.ts'
import { addStorage } from './storage.ts'
import type { Terminal } from './terminal.ts'
import { examples, sentenceOf, UsageError } from './usage.ts'

const levels: readonly Level[] = ['debug', 'info', 'warn', 'error']

/** What works on nodes alone; the rest are clients, which need not be loaded for these. */
const OF_NODES: readonly (string | undefined)[] = ['start', 'storage', 'version', '--version', '-V']

/** Does what the words say; whatever goes wrong becomes one line and an exit code (2 for wrong words, 1 for the rest). Never rejects. */
export async function run(
  words: readonly string[],
  startNode: StartNode,
  terminal: Terminal,
  desk: () => Desk = nodeDesk,
): Promise<void> {
  try {
    const odradek = program(startNode, terminal)
    if (!OF_NODES.includes(words[0])) {
      const people = { terminal, desk: desk() }
      people.desk.onDeserted((why) => {
        if (!why) return // whoever reads has enough
        terminal.complain(`odradek: the output cannot be written: ${oneLine(why.message)}`)
        terminal.setExitCode(exitCodes.failed)
      })
      ;(await import('./people/index.ts')).addPeople(odradek, people)
    }
    await odradek.parseAsync([...words], { from: 'user' })
  } catch (thrown) {
    terminal.setExitCode(exitCodeOf(thrown, terminal))
  }
}

function program(startNode: StartNode, terminal: Terminal): Command {
  const odradek = new Command('odradek')
    .description('The Apache Kafka platform in TypeScript.')
    .version(version, '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.trimEnd()),
      writeErr: (text) => terminal.complain(text.trimEnd()),
      // Commander would print the complaint before it throws it; it is printed once, by whoever catches it.
      outputError: () => {},
    })
    .addHelpText(
      'after',
      examples(
        'odradek start',
        'odradek topics create orders',
        'odradek produce orders one two',
        'odradek consume orders',
        'odradek help consume',
      ),
    )

  odradek
    .command('start')
    .summary('run a broker')
    .description(
      'Runs a broker in the foreground until a signal stops it. Without a file: a single node on localhost:9092 with its data in ./data. ' +
        'Values come from the file, then KAFKA_* variables (KAFKA_LOG_DIRS is log.dirs), then --override; the later goes before the earlier.',
    )
    .argument('[file]', "a server.properties with Kafka's own keys")
    .option('-o, --override <key=value>', 'set one key; may be repeated', (word: string, before: string[] = []) => [
      ...before,
      word,
    ])
    .addOption(new Option('--log-level <level>', 'how much is said on stderr').choices(levels).default('info'))
    .option(
      '--brokers <count>',
      'a cluster of so many brokers on this machine, one process each: ports from that of the first listener on, directories below log.dirs',
      countOfBrokers,
    )
    .addHelpText(
      'after',
      examples(
        'odradek start',
        'odradek start --brokers 3',
        'odradek start config/server.properties',
        'odradek start --override listeners=PLAINTEXT://:9092 --override advertised.listeners=PLAINTEXT://kafka.example.com:9092',
        'KAFKA_LOG_DIRS=/var/lib/kafka odradek start',
      ),
    )
    .action(
      (
        file: string | undefined,
        { override = [], logLevel, brokers }: { override?: string[]; logLevel: Level; brokers?: number },
      ) => start({ file, overrides: override, level: logLevel, brokers }, startNode, terminal),
    )

  addStorage(odradek, terminal)

  odradek
    .command('version')
    .description('print the version')
    .action(() => terminal.print(version))
  return odradek
}

/** Says what went wrong, in one line, and what the process should end with. */
function exitCodeOf(thrown: unknown, terminal: Terminal): number {
  if (thrown instanceof CommanderError) {
    // Help and version end by being thrown, too.
    if (thrown.exitCode === 0) return exitCodes.ok
    if (thrown.code === 'commander.help') return exitCodes.usage
    terminal.complain(`odradek: ${oneLine(thrown.message.replace(/^error: /, ''))} (odradek --help shows the commands)`)
    return exitCodes.usage
  }
  if (thrown instanceof UsageError) {
    terminal.complain(`odradek: ${oneLine(thrown.message)}`)
    return exitCodes.usage
  }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  terminal.complain(`odradek: ${sentenceOf(error)}`)
  if ((error as { code?: unknown }).code === 'INVALID_OPTION') return exitCodes.usage
  if (terminal.env['ODRADEK_DEBUG']) terminal.complain(error.stack ?? '')
  return exitCodes.failed
}

const oneLine = (text: string) => text.trim().replace(/\s*\n\s*/g, ' ')
