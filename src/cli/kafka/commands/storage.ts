// kafka-storage: the log directories of a node, formatted and looked at.

import { randomUuid } from '../../../base/uuid.ts'
import type { QuorumChoice } from '../../../broker/storage/format.ts'
import { formatStorage, storageInfo } from '../../../broker/storage/tool.ts'
import { type LoadedConfig, loadConfig } from '../../../config/index.ts'
import type { Terminal } from '../../terminal.ts'
import { Failure } from '../failure.ts'
import type { Argument, Arguments } from '../options/argparse.ts'
import { tool } from '../tool.ts'
import { printDependencies, printMapping } from './features-releases.ts'

const config: Argument = { flags: ['--config', '-c'], about: 'The configuration file of the node.', isRequired: true }
const release: Argument = { flags: ['--release-version', '-r'], about: 'The release whose feature levels are meant.' }
const feature: Argument = { flags: ['--feature', '-f'], about: 'A feature and its level; may be repeated.', kind: 'many' }

export const storage = tool<Terminal>(
  {
    name: 'kafka-storage',
    examples: [
      'kafka-storage random-uuid',
      'kafka-storage format -c server.properties -t MkU3OEVBNTcwNTJENDM2Qk --standalone',
      'kafka-storage info -c server.properties',
      'kafka-storage version-mapping -r 4.0',
      'kafka-storage feature-dependencies -f transaction.version=2',
    ],
    about: 'The Kafka storage tool.',
    arguments: [],
    commands: {
      info: { about: 'Get information about the Kafka log directories on this node.', arguments: [config] },
      format: {
        about: 'Format the Kafka log directories on this node.',
        arguments: [
          config,
          { flags: ['--cluster-id', '-t'], about: 'The cluster ID to use.', isRequired: true },
          { flags: ['--add-scram', '-S'], about: 'Not supported: a SCRAM credential to begin with.', kind: 'many' },
          { flags: ['--ignore-formatted', '-g'], about: 'Leave what is formatted as it is.', kind: 'flag' },
          release,
          feature,
          { flags: ['--standalone', '-s'], about: 'A quorum of this controller alone.', kind: 'flag' },
          { flags: ['--no-initial-controllers', '-N'], about: 'Join the voters of others.', kind: 'flag' },
          { flags: ['--initial-controllers', '-I'], about: 'The first voters, as id@host:port:directory-id with commas.' },
        ],
        atMostOne: [['standalone', 'no-initial-controllers', 'initial-controllers']],
      },
      'version-mapping': { about: 'The levels of all features that belong to a release.', arguments: [release] },
      'feature-dependencies': {
        about: 'What a level of a feature needs of others.',
        arguments: [{ ...feature, isRequired: true }],
      },
      'random-uuid': { about: 'Print a random UUID.', arguments: [] },
    },
  },
  async (found, terminal) => {
    switch (found.command) {
      case 'info':
        return info(await load(found, terminal), terminal)
      case 'format':
        return format(found, await load(found, terminal), terminal)
      case 'version-mapping':
        printMapping(found.text('release-version'), terminal)
        return 0
      case 'feature-dependencies':
        printDependencies(found.texts('feature'), terminal)
        return 0
      default:
        terminal.print(randomUuid(terminal.randomBytes))
        return 0
    }
  },
)

async function load(found: Arguments, terminal: Terminal): Promise<LoadedConfig> {
  const path = found.text('config')!
  const file = await terminal.readText(path)
  if (file === null) throw new Failure(path)
  return told(() => loadConfig({ profile: 'file', file, fileName: path }))
}

async function info(loaded: LoadedConfig, { disk, print }: Terminal): Promise<number> {
  const { lines, hasProblems } = await told(() => storageInfo(disk, loaded))
  for (const line of lines) print(line)
  return hasProblems ? 1 : 0
}

async function format(
  found: Arguments,
  loaded: LoadedConfig,
  { clock, disk, randomBytes, hostName, print }: Terminal,
): Promise<number> {
  if (found.has('add-scram')) throw new Failure('--add-scram is not supported yet: there are no SCRAM users (docs/limits.md)')
  const lines = await told(() =>
    formatStorage({ clock, disk, randomBytes, hostName }, loaded, {
      clusterId: found.text('cluster-id')!,
      ignoreFormatted: found.has('ignore-formatted'),
      quorum: choiceOf(found),
      releaseVersion: found.text('release-version'),
      features: found.texts('feature'),
    }),
  )
  for (const line of lines) print(line)
  return 0
}

function choiceOf(found: Arguments): QuorumChoice {
  if (found.has('standalone')) return { kind: 'standalone' }
  if (found.has('no-initial-controllers')) return { kind: 'none' }
  const voters = found.text('initial-controllers')
  return voters === undefined ? { kind: 'configured' } : { kind: 'initial', voters }
}

/** What the rooms below refuse is told in their words. */
async function told<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw new Failure((thrown as Error).message)
  }
}
