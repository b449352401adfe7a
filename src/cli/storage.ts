// `odradek storage`: what `kafka-storage` does, with its words and flags.

import { type Command, Option } from 'commander'
import { randomUuid } from '../base/uuid.ts'
import type { FormatRequest, QuorumChoice } from '../broker/storage/format.ts'
import { type LoadedConfig, loadConfig } from '../config/index.ts'
import { exitCodes } from '../platform/node/process.ts'
import type { Terminal } from './terminal.ts'
import { examples, UsageError } from './usage.ts'

interface FormatFlags {
  readonly config: string
  readonly clusterId: string
  readonly addScram?: readonly string[]
  readonly ignoreFormatted?: boolean
  readonly releaseVersion?: string
  readonly feature?: readonly string[]
  readonly standalone?: boolean
  /** Commander takes the "no" away, and gives false where it stood. */
  readonly initialControllers?: string | false
}

const gathered = (word: string, before: readonly string[] = []) => [...before, word]

export function addStorage(odradek: Command, terminal: Terminal): void {
  const storage = odradek
    .command('storage')
    .summary('format the log directories of a node, and tell of them')
    .description('The log directories of a node: what kafka-storage does.')
  storage
    .command('info')
    .description('Get information about the log directories on this node.')
    .requiredOption('-c, --config <file>', 'the configuration file to use')
    .action(async ({ config }: { config: string }) => info(await load(config, terminal), terminal))
  storage
    .command('format')
    .description('Format the log directories on this node.')
    .requiredOption('-c, --config <file>', 'the configuration file to use')
    .requiredOption('-t, --cluster-id <id>', 'the cluster id to use; odradek storage random-uuid prints a new one')
    .option('-S, --add-scram <credential>', 'a SCRAM credential to begin with; may be repeated', gathered)
    .option('-g, --ignore-formatted', 'skip directories that are formatted already')
    .option('-r, --release-version <version>', 'the release whose feature levels to use')
    .option('-f, --feature <feature=level>', 'the level of one feature; may be repeated', gathered)
    .addOption(new Option('-s, --standalone', 'a quorum of this controller alone').conflicts(['initialControllers']))
    .addOption(
      new Option(
        '-I, --initial-controllers <voters>',
        'the first voters, as id@host:port:directory-id separated by commas',
      ).conflicts(['standalone']),
    )
    .addOption(new Option('-N, --no-initial-controllers', 'join the voters of others').conflicts(['standalone']))
    .addHelpText(
      'after',
      examples(
        'odradek storage format -c server.properties -t $(odradek storage random-uuid) --standalone',
        'odradek storage format -c server.properties -t MkU3OEVBNTcwNTJENDM2Qk   # voters stand in controller.quorum.voters',
        'odradek storage format -c server.properties -t MkU3OEVBNTcwNTJENDM2Qk --initial-controllers 1@one:9093:$ID1,2@two:9093:$ID2,3@three:9093:$ID3',
      ),
    )
    .action(async (flags: FormatFlags) => format(await load(flags.config, terminal), flags, terminal))
  storage
    .command('random-uuid')
    .description('Print a random UUID.')
    .action(() => terminal.print(randomUuid(terminal.randomBytes)))
}

async function load(path: string, terminal: Terminal): Promise<LoadedConfig> {
  const text = await terminal.readText(path)
  if (text === null) throw new UsageError(`there is no file ${path}`)
  return loadConfig({ profile: 'file', file: text, fileName: path })
}

/** Loaded when it is wanted: help and complaints need nothing of it. */
async function info(loaded: LoadedConfig, terminal: Terminal): Promise<void> {
  const { storageInfo } = await import('../broker/storage/tool.ts')
  const { lines, hasProblems } = await storageInfo(terminal.disk, loaded)
  for (const line of lines) terminal.print(line)
  if (hasProblems) terminal.setExitCode(exitCodes.failed)
}

async function format(loaded: LoadedConfig, flags: FormatFlags, terminal: Terminal): Promise<void> {
  if (flags.addScram) throw new UsageError('--add-scram is not supported yet: there are no SCRAM users (docs/limits.md)')
  const request: FormatRequest = {
    clusterId: flags.clusterId,
    ignoreFormatted: flags.ignoreFormatted ?? false,
    quorum: choiceOf(flags),
    releaseVersion: flags.releaseVersion,
    features: flags.feature ?? [],
  }
  const { formatStorage } = await import('../broker/storage/tool.ts')
  const { clock, disk, randomBytes, hostName } = terminal
  for (const line of await formatStorage({ clock, disk, randomBytes, hostName }, loaded, request)) terminal.print(line)
}

function choiceOf({ standalone, initialControllers }: FormatFlags): QuorumChoice {
  if (standalone) return { kind: 'standalone' }
  if (initialControllers === false) return { kind: 'none' }
  return typeof initialControllers === 'string' ? { kind: 'initial', voters: initialControllers } : { kind: 'configured' }
}
