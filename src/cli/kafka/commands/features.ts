// kafka-features: the levels of features that a cluster has, shown and changed, and what releases mean by them.

import type { Admin } from '../../../client/admin/admin.ts'
import type { FeatureUpdate, FeatureUpdateType } from '../../../client/admin/features.ts'
import { withAdmin } from '../client.ts'
import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import { javaMessage } from '../java.ts'
import type { Argument, Arguments } from '../options/argparse.ts'
import { allReleases, levelAt, metadataVersionOf, nameAndLevel, otherFeatures, releaseOf } from '../releases.ts'
import { tool } from '../tool.ts'
import { printDependencies, printMapping } from './features-releases.ts'

const dryRun: Argument = { flags: ['--dry-run'], about: 'Only say whether it could be done.', kind: 'flag' }
const unsafe: Argument = { flags: ['--unsafe'], about: 'Even where metadata may be lost by it.', kind: 'flag' }
const levels: readonly Argument[] = [
  { flags: ['--metadata'], about: 'Deprecated: the level of metadata.version, as the name of a release.' },
  { flags: ['--release-version'], about: 'The release whose levels all features are to have.' },
  { flags: ['--feature'], about: 'One feature and its level, such as metadata.version=5; may be repeated.', kind: 'many' },
]

export const features = tool(
  {
    name: 'kafka-features',
    examples: [
      'kafka-features --bootstrap-server localhost:9092 describe',
      'kafka-features --bootstrap-server localhost:9092 upgrade --release-version 4.2 --dry-run',
      'kafka-features --bootstrap-server localhost:9092 downgrade --feature share.version=0',
      'kafka-features --bootstrap-server localhost:9092 disable --feature share.version',
      'kafka-features --bootstrap-server localhost:9092 version-mapping --release-version 4.0',
      'kafka-features --bootstrap-server localhost:9092 feature-dependencies --feature transaction.version=2',
    ],
    helpExitCode: 1,
    about: 'This tool manages feature flags in Kafka.',
    arguments: [
      { flags: ['--command-config'], about: 'A file of properties for the client.' },
      { flags: ['--bootstrap-server'], about: 'Brokers as host:port, separated by commas.' },
      { flags: ['--bootstrap-controller'], about: 'Controllers as host:port, separated by commas; in place of brokers.' },
    ],
    oneOf: [['bootstrap-server', 'bootstrap-controller']],
    commands: {
      describe: {
        about: 'Describes the current active feature flags.',
        arguments: [{ flags: ['--node-id'], about: 'The node that is asked.', kind: 'integer' }],
      },
      upgrade: { about: 'Upgrade one or more feature flags.', arguments: [...levels, dryRun] },
      downgrade: { about: 'Downgrade one or more feature flags.', arguments: [...levels, unsafe, dryRun] },
      disable: {
        about: 'Disable one or more feature flags: set them to 0.',
        arguments: [{ flags: ['--feature'], about: 'The feature; may be repeated.', kind: 'many' }, unsafe, dryRun],
      },
      'version-mapping': {
        about: 'The levels of all features that belong to a release.',
        arguments: [{ flags: ['--release-version'], about: 'The release; without it the newest.' }],
      },
      'feature-dependencies': {
        about: 'What a level of a feature needs of others.',
        arguments: [
          { flags: ['--feature'], about: 'The feature and its level; may be repeated.', kind: 'many', isRequired: true },
        ],
      },
    },
  },
  (found, around) => {
    const use = (admin: Admin) => carryOut(found, admin, around)
    const bootstrapServers = found.text('bootstrap-server')
    const bootstrapControllers = found.text('bootstrap-controller')
    return withAdmin({ bootstrapServers, bootstrapControllers, config: found.text('command-config') }, around, use)
  },
)

async function carryOut(found: Arguments, admin: Admin, around: Surroundings): Promise<number> {
  switch (found.command) {
    case 'describe':
      await describe(found, admin, around)
      break
    case 'version-mapping':
      printMapping(found.text('release-version'), around)
      break
    case 'feature-dependencies':
      printDependencies(found.texts('feature'), around)
      break
    default:
      await update(found, admin, around)
  }
  return 0
}

async function describe(found: Arguments, admin: Admin, around: Surroundings): Promise<void> {
  const nodeId = found.has('node-id') ? Number(found.text('node-id')) : undefined
  const { supported, finalized, epoch } = await admin.describeFeatures({ nodeId })
  for (const name of [...supported.keys()].sort()) {
    const shown = (level: number) => (name === 'metadata.version' ? (releaseOf(level) ?? `UNKNOWN [${level}]`) : String(level))
    const { min, max } = supported.get(name)!
    const words = [
      `Feature: ${name}`,
      `SupportedMinVersion: ${shown(min)}`,
      `SupportedMaxVersion: ${shown(max)}`,
      `FinalizedVersionLevel: ${shown(finalized.get(name) ?? 0)}`,
      `Epoch: ${epoch ?? '-'}`,
    ]
    around.print(words.join('\t'))
  }
}

async function update(found: Arguments, admin: Admin, around: Surroundings): Promise<void> {
  const { command } = found
  const type: FeatureUpdateType = command === 'upgrade' ? 'upgrade' : found.has('unsafe') ? 'unsafeDowngrade' : 'safeDowngrade'
  const wanted = command === 'disable' ? disabled(found) : levelsOf(found, around)
  if (wanted.size === 0) throw new Failure(`You must specify at least one feature to ${command}`)
  const updates: FeatureUpdate[] = [...wanted].map(([name, level]) => ({ name, level, type }))
  const isDry = found.has('dry-run')
  const outcomes = await admin.updateFeatures(updates, { validateOnly: isDry })
  for (const name of [...wanted.keys()].sort()) {
    const error = outcomes.errors.get(name)
    const level = wanted.get(name)!
    if (error) {
      const what = command === 'disable' ? `disable ${name}` : `${command} ${name} to ${level}`
      around.print(`${isDry ? 'Can not ' : 'Could not '}${what}. ${javaMessage(error)}`)
    } else
      around.print(`${name}${isDry ? ' can be ' : ' was '}${command === 'disable' ? 'disabled.' : `${command}d to ${level}.`}`)
  }
  const failures = outcomes.errors.size
  if (failures > 0) throw new Failure(`${failures} out of ${wanted.size} operation(s) failed.`)
}

function disabled(found: Arguments): ReadonlyMap<string, number> {
  const wanted = new Map<string, number>()
  for (const name of found.texts('feature')) once(wanted, name, 0)
  return wanted
}

function levelsOf(found: Arguments, around: Surroundings): ReadonlyMap<string, number> {
  const release = found.text('release-version')
  const metadata = found.text('metadata')
  const wanted = new Map<string, number>()
  if (release !== undefined && (metadata !== undefined || found.has('feature'))) {
    throw new Failure('Can not specify `release-version` with other feature flags.')
  }
  if (release !== undefined) {
    const version = known(release)
    wanted.set('metadata.version', version)
    for (const feature of otherFeatures) {
      const level = levelAt(feature, version)
      // An upgrade to 0 is none.
      if (found.command !== 'upgrade' || level > 0) wanted.set(feature.name, level)
    }
    return wanted
  }
  if (metadata !== undefined) {
    around.print(' `metadata` flag is deprecated and may be removed in a future release.')
    wanted.set('metadata.version', known(metadata))
  }
  for (const text of found.texts('feature')) {
    const { name, level } = nameAndLevel(text)
    once(wanted, name, level)
  }
  return wanted
}

function once(wanted: Map<string, number>, name: string, level: number): void {
  if (wanted.has(name)) throw new Failure(`Feature ${name} was specified more than once.`)
  wanted.set(name, level)
}

function known(release: string): number {
  const version = metadataVersionOf(release)
  if (version === undefined)
    throw new Failure(`Unknown metadata.version '${release}'. Supported metadata.version are: ${allReleases}`)
  return version
}
