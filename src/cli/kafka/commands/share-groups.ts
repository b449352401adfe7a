// kafka-share-groups: share groups listed, described, deleted, and set to other offsets.

import type { Admin } from '../../../client/admin/admin.ts'
import { ClientError } from '../../../client/errors/index.ts'
import { withAdmin } from '../client.ts'
import { row, widthOf } from '../columns.ts'
import { command, type Surroundings } from '../command.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { javaText } from '../java.ts'
import { count, demand, forbid } from '../options/checks.ts'
import type { Found } from '../options/parse.ts'
import { bootstrapServer, common, flag, long, text } from '../options/table.ts'
import { OptionTrouble } from '../options/trouble.ts'
import { printError } from './consumer-groups.ts'
import { deleteShareGroups, deleteShareOffsets, NotEmpty, resetShareOffsets } from './share-groups-change.ts'
import { describeShareGroups } from './share-groups-describe.ts'

const options = {
  ...common,
  'bootstrap-server': bootstrapServer,
  group: text('share group', 'The group; may be repeated.'),
  topic: text('topic', 'A topic whose offsets are meant; with --reset-offsets also topic:0,1,2. May be repeated.'),
  'all-topics': flag('With --reset-offsets: all topics of the group.'),
  list: flag('List all share groups.'),
  describe: flag('Describe groups: offsets, or members, or state.'),
  'all-groups': flag('All share groups.'),
  delete: flag('Delete groups that have no members.'),
  timeout: long('timeout (ms)', 'Milliseconds that an answer may take.', { initial: 30_000 }),
  'command-config': text('command config property file', 'A file of properties for the client.'),
  'reset-offsets': flag('Set the offsets of a group that has no members.'),
  'delete-offsets': flag('Forget the offsets of a group that has no members.'),
  'dry-run': flag('With --reset-offsets: show only.'),
  execute: flag('With --reset-offsets: do it.'),
  'to-datetime': text('datetime', 'To the first record since then: YYYY-MM-DDThh:mm:ss.sss.'),
  'to-earliest': flag('To the first record.'),
  'to-latest': flag('Behind the last record.'),
  members: flag('With --describe: members.', { onlyWith: ['describe'] }),
  offsets: flag('With --describe: offsets, which is what is told without a word.', { onlyWith: ['describe'] }),
  state: text(undefined, 'With --describe: the state. With --list: states, or only groups in these: Empty, Dead, Stable.', {
    isOptional: true,
    onlyWith: ['describe', 'list'],
  }),
  verbose: flag('With --describe: more.', { onlyWith: ['describe'] }),
}

type Name = keyof typeof options
export type ShareGroupOptions = Found<typeof options>

/** What every part of the command works with. */
export interface ShareGroupTask {
  readonly found: ShareGroupOptions
  readonly admin: Admin
  readonly around: Surroundings
  readonly timeoutMs: number
}

const actions = ['list', 'describe', 'delete', 'reset-offsets', 'delete-offsets'] as const
const scenarios: readonly Name[] = ['to-datetime', 'to-earliest', 'to-latest']

export const shareGroups = command({
  options,
  examples: [
    'kafka-share-groups --bootstrap-server localhost:9092 --describe --group workers',
    'kafka-share-groups --bootstrap-server localhost:9092 --reset-offsets --group workers --topic orders --to-earliest --execute',
  ],
  about: 'This tool helps to list, describe, reset and delete share groups.',
  check,
  run,
})

function check(found: ShareGroupOptions): void {
  demand(found, 'bootstrap-server')
  if (found.has('describe')) checkDescribe(found)
  if (found.has('delete')) checkDelete(found)
  if (found.has('delete-offsets') && count(found, ['group', 'topic']) < 2) {
    throw new UsageFailure('Option [delete-offsets] takes the following options: [topic], [group]')
  }
  if (found.has('reset-offsets')) checkReset(found)
  forbid(found, 'group', ['all-groups'])
  forbid(found, 'group', ['list'])
  forbid(found, 'topic', ['list', 'describe'])
  if (count(found, actions) !== 1) {
    throw new UsageFailure(`Command must include exactly one action: ${actions.map((name) => `--${name}`).join(', ')}.`)
  }
}

function checkDescribe(found: ShareGroupOptions): void {
  if (count(found, ['group', 'all-groups']) === 0) {
    throw new UsageFailure('Option [describe] takes one of these options: [all-groups], [group]')
  }
  if (count(found, ['members', 'offsets', 'state']) > 1) {
    throw new UsageFailure('Option [describe] takes at most one of these options: [members], [offsets], [state]')
  }
  if (found.text('state') !== undefined) throw new UsageFailure('Option [describe] does not take a value for [state]')
}

function checkDelete(found: ShareGroupOptions): void {
  const both = count(found, ['group', 'all-groups'])
  if (both === 0) throw new UsageFailure('Option [delete] takes the options [group] or [all-groups]')
  if (both === 2) throw new UsageFailure('Option [delete] takes either [group] or [all-groups], not both.')
  if (found.has('topic')) throw new UsageFailure('Option [delete] does not take the option: [topic]')
}

function checkReset(found: ShareGroupOptions): void {
  const both = count(found, ['dry-run', 'execute'])
  if (both === 2) throw new UsageFailure('Option [reset-offsets] only accepts one of [execute] and [dry-run]')
  if (both === 0) throw new UsageFailure('Option [reset-offsets] takes the option: [execute] or [dry-run]')
  if (!found.has('group')) throw new UsageFailure('Option [reset-offsets] takes the option: [group]')
  if (count(found, ['topic', 'all-topics']) === 0) {
    throw new UsageFailure('Option [reset-offsets] takes one of these options: [all-topics], [topic]')
  }
  if (count(found, scenarios) === 0) {
    throw new UsageFailure('Option [reset-offsets] takes one of these options: [to-datetime], [to-earliest], [to-latest]')
  }
  for (const scenario of scenarios) forbid(found, scenario, scenarios)
}

/** Kafka's command ends with 0 even where a broker refuses, or its client cannot be made: it says so on its output. */
async function run(found: ShareGroupOptions, around: Surroundings): Promise<number> {
  try {
    const bootstrapServers = found.text('bootstrap-server')!
    const timeoutMs = found.number('timeout')!
    await withAdmin({ bootstrapServers, config: found.text('command-config') }, around, (admin) =>
      carryOut({ found, admin, around, timeoutMs }),
    )
  } catch (thrown) {
    if (thrown instanceof UsageFailure) throw thrown
    if (thrown instanceof NotEmpty) {
      around.complain(thrown.message)
      return 1
    }
    if (!(thrown instanceof ClientError || thrown instanceof Failure || thrown instanceof OptionTrouble)) throw thrown
    // What a broker said is told with its class here, otherwise than by kafka-consumer-groups.
    const why = thrown instanceof ClientError ? javaText(thrown) : thrown.message
    printError(around, `Executing share group command failed due to ${why}`)
  }
  return 0
}

async function carryOut(task: ShareGroupTask): Promise<void> {
  const { found } = task
  if (found.has('list')) await list(task)
  else if (found.has('describe')) await describeShareGroups(task)
  else if (found.has('delete')) await deleteShareGroups(task)
  else if (found.has('delete-offsets')) await deleteShareOffsets(task)
  else await resetShareOffsets(task)
}

const states = ['Stable', 'Dead', 'Empty']

async function list({ found, admin, around, timeoutMs }: ShareGroupTask): Promise<void> {
  const typed = found.text('state') ?? ''
  const words = typed === '' ? [] : typed.split(',').map((word) => word.trim().toLowerCase())
  const wanted = words.map((word) => states.find((state) => state.toLowerCase() === word))
  if (wanted.includes(undefined)) {
    throw new UsageFailure(`Invalid state list '${typed}'. Valid states are: ${states.join(', ')}`)
  }
  const groups = await admin.listGroups({ types: ['Share'], states: wanted as string[], timeoutMs })
  if (!found.has('state')) {
    for (const { groupId } of groups) around.print(groupId)
    return
  }
  const widths = [
    widthOf(
      15,
      groups.map(({ groupId }) => groupId),
    ),
    0,
  ]
  around.print(row(widths, ['GROUP', 'STATE']))
  for (const { groupId, state } of groups) around.print(row(widths, [groupId, state || 'Unknown']))
}

/** The groups that were typed, or all there are. */
export async function shareGroupsOf({ found, admin, timeoutMs }: ShareGroupTask): Promise<readonly string[]> {
  if (!found.has('all-groups')) return [...new Set(found.texts('group'))]
  return (await admin.listGroups({ types: ['Share'], timeoutMs })).map(({ groupId }) => groupId)
}
