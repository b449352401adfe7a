// kafka-consumer-groups: consumer groups listed, described and deleted, their offsets set and deleted.

import type { Admin } from '../../../client/admin/admin.ts'
import { ClientError } from '../../../client/errors/index.ts'
import { withAdmin } from '../client.ts'
import { command, type Surroundings } from '../command.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { javaMessage } from '../java.ts'
import { count, demand, forbid } from '../options/checks.ts'
import type { Found } from '../options/parse.ts'
import { bootstrapServer, commandConfig, common, flag, long, text } from '../options/table.ts'
import { OptionTrouble } from '../options/trouble.ts'
import { deleteGroups, deleteOffsets } from './consumer-groups-delete.ts'
import { describeGroups } from './consumer-groups-describe.ts'
import { listGroups } from './consumer-groups-list.ts'
import { resetOffsets } from './consumer-groups-reset.ts'

const options = {
  ...common,
  'bootstrap-server': bootstrapServer,
  'command-config': commandConfig,
  list: flag('List groups.'),
  describe: flag('Show a group: its offsets and how far it is behind, its members, or its state.'),
  delete: flag('Delete groups that have no members.'),
  'delete-offsets': flag('Delete what a group has committed for topics.'),
  'reset-offsets': flag('Set the offsets of a group that has no members. Shows what it would do, unless --execute is given.'),
  'validate-regex': text(undefined, 'Not supported: whether a regular expression is one that brokers subscribe by.'),
  group: text('consumer group', 'The group; may be repeated.'),
  'all-groups': flag('Every group.'),
  topic: text('topic', 'The topic, or topic:0,1,2 for some of its partitions; may be repeated.'),
  'all-topics': flag('Every topic that the group has committed for.'),
  offsets: flag('With --describe: offsets and lag. This is what it does without another word.', { onlyWith: ['describe'] }),
  members: flag('With --describe: the members.', { onlyWith: ['describe'] }),
  verbose: flag('With --describe: more about each.', { onlyWith: ['describe'] }),
  state: text(undefined, 'With --describe: the state. With --list: states, only these where some are named, with commas.', {
    isOptional: true,
    onlyWith: ['describe', 'list'],
  }),
  type: text(undefined, 'With --list: types, only these where some are named, with commas.', {
    isOptional: true,
    onlyWith: ['list'],
  }),
  timeout: long('timeout (ms)', 'Milliseconds that the brokers may take for one question.', { initial: 30_000 }),
  'dry-run': flag('With --reset-offsets: only show what would be done.'),
  execute: flag('With --reset-offsets: do it.'),
  export: flag('With --reset-offsets: print it as CSV.'),
  'to-offset': long('offset', 'To this offset.'),
  'from-file': text('path to CSV file', 'To the offsets of a file, as --export prints them.'),
  'to-datetime': text('datetime', 'To the first record of this time or later: YYYY-MM-DDTHH:mm:SS.sss, with or without a zone.'),
  'by-duration': text('duration', 'To the first record since so long ago, such as P1DT2H3M4S.'),
  'to-earliest': flag('To the first record.'),
  'to-latest': flag('Behind the last record.'),
  'to-current': flag('To where they are.'),
  'shift-by': long('number-of-offsets', 'So many records on, or back where it is negative.'),
}

export type GroupOptions = Found<typeof options>
type Name = keyof typeof options

/** What every part of the command works with. */
export interface GroupTask {
  readonly found: GroupOptions
  readonly admin: Admin
  readonly around: Surroundings
  /** For each question to the brokers. */
  readonly timeoutMs: number
}

const actions = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets', 'validate-regex'] as const
const scenarios: readonly Name[] = [
  'to-offset',
  'to-datetime',
  'by-duration',
  'to-earliest',
  'to-latest',
  'to-current',
  'shift-by',
  'from-file',
]
const WARNING =
  'WARN: No action will be performed as the --execute option is missing. In version 5.0, this command will require either --dry-run or --execute to be specified. ' +
  'You should add the --dry-run option explicitly if you are scripting this command and want to keep the current default behavior without prompting.'

export const consumerGroups = command({
  options,
  examples: [
    'kafka-consumer-groups --bootstrap-server localhost:9092 --list --state',
    'kafka-consumer-groups --bootstrap-server localhost:9092 --describe --group billing',
    'kafka-consumer-groups --bootstrap-server localhost:9092 --reset-offsets --group billing --topic orders --to-datetime 2026-01-31T00:00:00.000 --dry-run',
    'kafka-consumer-groups --bootstrap-server localhost:9092 --reset-offsets --group billing --all-topics --to-earliest --execute',
  ],
  about:
    'This tool helps to list all consumer groups, describe a consumer group, delete consumer group info, or reset consumer group offsets.',
  check,
  run,
})

function check(found: GroupOptions, around: Surroundings): void {
  if (found.has('validate-regex')) throw new Failure('--validate-regex is not supported yet (docs/limits.md)')
  demand(found, 'bootstrap-server')
  if (found.has('describe')) checkDescribe(found)
  const needsGroup = (name: Name) => {
    if (found.has('group') || found.has('all-groups')) return
    throw new UsageFailure(`Option [${name}] takes one of these options: [all-groups], [group]`)
  }
  if (found.has('delete')) {
    needsGroup('delete')
    if (found.has('topic'))
      throw new UsageFailure('The consumer does not support topic-specific offset deletion from a consumer group.')
  }
  if (found.has('delete-offsets') && count(found, ['group', 'topic']) < 2) {
    throw new UsageFailure('Option [delete-offsets] takes the following options: [topic], [group]')
  }
  if (found.has('reset-offsets')) {
    if (count(found, ['dry-run', 'execute']) === 2) {
      throw new UsageFailure('Option [reset-offsets] only accepts one of [execute] and [dry-run]')
    }
    if (count(found, ['dry-run', 'execute']) === 0) around.complain(WARNING)
    needsGroup('reset-offsets')
    for (const scenario of scenarios) forbid(found, scenario, scenarios)
  }
  forbid(found, 'group', ['all-groups'])
  forbid(found, 'group', ['list'])
  forbid(found, 'topic', ['list', 'describe'])
  if (count(found, actions) !== 1) {
    throw new UsageFailure(`Command must include exactly one action: ${actions.map((name) => `--${name}`).join(', ')}`)
  }
}

function checkDescribe(found: GroupOptions): void {
  if (count(found, ['group', 'all-groups']) === 0) {
    throw new UsageFailure('Option [describe] takes one of these options: [all-groups], [group]')
  }
  if (count(found, ['members', 'offsets', 'state']) > 1) {
    throw new UsageFailure('Option [describe] takes at most one of these options: [members], [offsets], [state]')
  }
  if (found.text('state') !== undefined) throw new UsageFailure('Option [describe] does not take a value for [state]')
}

/** Kafka's command ends with 0 even where a broker refuses, or its client cannot be made: it says so on its output. */
async function run(found: GroupOptions, around: Surroundings): Promise<number> {
  try {
    const bootstrapServers = found.text('bootstrap-server')!
    const timeoutMs = found.number('timeout')!
    await withAdmin({ bootstrapServers, config: found.text('command-config') }, around, (admin) =>
      carryOut({ found, admin, around, timeoutMs }),
    )
  } catch (thrown) {
    if (thrown instanceof UsageFailure) throw thrown
    if (!(thrown instanceof ClientError || thrown instanceof Failure || thrown instanceof OptionTrouble)) throw thrown
    printError(around, `Executing consumer group command failed due to ${javaMessage(thrown)}`)
  }
  return 0
}

async function carryOut(task: GroupTask): Promise<void> {
  const { found } = task
  if (found.has('list')) await listGroups(task)
  else if (found.has('describe')) await describeGroups(task)
  else if (found.has('delete')) await deleteGroups(task)
  else if (found.has('delete-offsets')) await deleteOffsets(task)
  else await resetOffsets(task)
}

export function printError(around: Surroundings, message: string): void {
  around.print(`\nError: ${message}`)
}

/** The groups that were typed, or all there are. */
export async function groupsOf({ found, admin, timeoutMs }: GroupTask): Promise<readonly string[]> {
  if (!found.has('all-groups')) return [...new Set(found.texts('group'))]
  return (await consumerGroupsOf(admin, timeoutMs)).map(({ groupId }) => groupId)
}

/** Those that consumers, or nobody but commits, have made. */
export async function consumerGroupsOf(admin: Admin, timeoutMs: number, filter: Parameters<Admin['listGroups']>[0] = {}) {
  const types = filter.types?.length ? filter.types : ['Consumer', 'Classic']
  const groups = await admin.listGroups({ ...filter, types, timeoutMs }).catch((thrown: unknown) => {
    // Brokers that know no types have no others than these.
    if (thrown instanceof ClientError && thrown.code === 'UNSUPPORTED_VERSION' && !filter.types?.length) {
      return admin.listGroups({ ...filter, timeoutMs })
    }
    throw thrown
  })
  return groups.filter(({ protocolType }) => protocolType === 'consumer' || protocolType === '')
}
