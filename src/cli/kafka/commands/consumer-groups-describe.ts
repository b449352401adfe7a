// kafka-consumer-groups --describe: a table for each group, of its offsets, its members or its state.

import type { CommittedOffset } from '../../../client/admin/group-offsets.ts'
import type { GroupDescription, MemberDescription } from '../../../client/admin/groups.ts'
import { partitionKey } from '../../../client/admin/outcomes.ts'
import type { TopicPartition } from '../../../client/index.ts'
import { row, widthOf } from '../columns.ts'
import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'
import { javaText } from '../java.ts'
import { type GroupTask, groupsOf, printError } from './consumer-groups.ts'

const NONE = '-'

export async function describeGroups(task: GroupTask): Promise<void> {
  const { found, admin, timeoutMs } = task
  const described = await admin.describeConsumerGroups(await groupsOf(task), { timeoutMs })
  for (const error of described.errors.values()) throw new Failure(javaText(error))
  const groups = [...described.values.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
  if (found.has('members')) for (const group of groups) printMembers(task, group)
  else if (found.has('state')) await printStates(task, groups)
  else {
    // Nothing is printed before everything is known.
    const tables = await Promise.all(groups.map(async (group) => ({ group, rows: await offsetRows(task, group) })))
    for (const { group, rows } of tables) printOffsets(task, group, rows)
  }
}

/** Says what the state means; gives whether there is something to show. */
function tellState({ groupId, state }: GroupDescription, rows: number, around: Surroundings): boolean {
  switch (state) {
    case 'Dead':
      printError(around, `Consumer group '${groupId}' does not exist.`)
      return false
    case 'Empty':
      around.complain(`\nConsumer group '${groupId}' has no active members.`)
      break
    case 'PreparingRebalance':
    case 'CompletingRebalance':
    case 'Assigning':
    case 'Reconciling':
      around.complain(`\nWarning: Consumer group '${groupId}' is rebalancing.`)
      break
    case 'Stable':
      break
    default:
      throw new Failure(`Expected a valid consumer group state, but found '${state}'.`)
  }
  return rows > 0
}

interface OffsetRow {
  readonly topic: string
  readonly partition: string
  readonly leaderEpoch: string
  readonly offset: string
  readonly end: string
  readonly lag: string
  readonly member: string
  readonly host: string
  readonly clientId: string
}

/** Partitions of members first, those of the member with most of them at the top; then what was committed for others. */
async function offsetRows(
  { admin, timeoutMs }: GroupTask,
  { groupId, members }: GroupDescription,
): Promise<readonly OffsetRow[]> {
  const committed = new Map(
    (await admin.listGroupOffsets(groupId, { timeoutMs })).map((each) => [partitionKey(each.topic, each.partition), each]),
  )
  const busy = members.filter(({ assignment }) => assignment.length > 0).sort((a, b) => b.assignment.length - a.assignment.length)
  const assigned = busy.flatMap((member) => ordered(member.assignment).map((partition) => ({ partition, member })))
  const isAssigned = new Set(assigned.map(({ partition }) => partitionKey(partition.topic, partition.partition)))
  const rest = [...committed].filter(([key]) => !isAssigned.has(key)).map(([, each]) => each)
  const wanted = [...assigned, ...ordered(rest).map((partition) => ({ partition, member: null }))]
  const ends = await admin.listOffsets(
    wanted.map(({ partition: { topic, partition } }) => ({ topic, partition, at: 'latest' as const })),
    { timeoutMs },
  )
  return wanted.map(({ partition, member }) => {
    const key = partitionKey(partition.topic, partition.partition)
    return offsetRow(partition, committed.get(key), ends.values.get(key)?.offset, member)
  })
}

const ordered = <T extends TopicPartition>(partitions: readonly T[]): T[] =>
  [...partitions].sort((a, b) => (a.topic < b.topic ? -1 : Number(a.topic > b.topic)) || a.partition - b.partition)

function offsetRow(
  { topic, partition }: TopicPartition,
  committed: CommittedOffset | undefined,
  end: number | undefined,
  member: MemberDescription | null,
): OffsetRow {
  return {
    topic,
    partition: String(partition),
    leaderEpoch: String(committed?.leaderEpoch ?? NONE),
    offset: String(committed?.offset ?? NONE),
    end: String(end ?? NONE),
    lag: committed === undefined || end === undefined ? NONE : String(end - committed.offset),
    member: member?.memberId ?? NONE,
    host: member?.host ?? NONE,
    clientId: member?.clientId ?? NONE,
  }
}

function printOffsets({ found, around }: GroupTask, group: GroupDescription, rows: readonly OffsetRow[]): void {
  if (!tellState(group, rows.length, around)) return
  const isVerbose = found.has('verbose')
  const column = (name: keyof OffsetRow) =>
    widthOf(
      15,
      rows.map((each) => each[name]),
    )
  const widths = [
    widthOf(15, [group.groupId]),
    column('topic'),
    10,
    ...(isVerbose ? [15] : []),
    15,
    15,
    15,
    column('member'),
    column('host'),
    0,
  ]
  const heads = ['GROUP', 'TOPIC', 'PARTITION', ...(isVerbose ? ['LEADER-EPOCH'] : []), 'CURRENT-OFFSET', 'LOG-END-OFFSET', 'LAG']
  around.print(`\n${row(widths, [...heads, 'CONSUMER-ID', 'HOST', 'CLIENT-ID'])}`)
  for (const { topic, partition, leaderEpoch, offset, end, lag, member, host, clientId } of rows) {
    const words = [group.groupId, topic, partition, ...(isVerbose ? [leaderEpoch] : []), offset, end, lag, member, host, clientId]
    around.print(row(widths, words))
  }
}

function printMembers({ found, around }: GroupTask, group: GroupDescription): void {
  const { groupId, members } = group
  tellState(group, members.length, around)
  const isVerbose = found.has('verbose')
  const withInstances = members.some(({ groupInstanceId }) => groupInstanceId)
  const column = (least: number, words: (member: MemberDescription) => string) => widthOf(least, members.map(words))
  const widths = [
    widthOf(15, members.length > 0 ? [groupId] : []),
    column(15, ({ memberId }) => memberId),
    ...(withInstances ? [column(17, ({ groupInstanceId }) => groupInstanceId ?? '')] : []),
    column(15, ({ host }) => host),
    column(15, ({ clientId }) => clientId),
    15,
  ]
  const withUpgrade = isVerbose && group.type === 'Consumer' && members.some(({ isUpgraded }) => isUpgraded === false)
  const more = [
    15,
    column(20, (each) => assignmentText(each.assignment)),
    15,
    column(20, (each) => assignmentText(each.targetAssignment)),
    0,
  ]
  const line = (words: readonly (string | number)[], verbose: readonly string[]) =>
    around.print(`${row(widths, words)} ${isVerbose ? row(more, withUpgrade ? verbose : verbose.slice(0, 4)) : ''}`)
  around.print('')
  line(
    ['GROUP', 'CONSUMER-ID', ...(withInstances ? ['GROUP-INSTANCE-ID'] : []), 'HOST', 'CLIENT-ID', '#PARTITIONS'],
    ['CURRENT-EPOCH', 'CURRENT-ASSIGNMENT', 'TARGET-EPOCH', 'TARGET-ASSIGNMENT', 'UPGRADED'],
  )
  for (const member of members) {
    const { memberId, groupInstanceId, host, clientId, assignment, memberEpoch, isUpgraded } = member
    const instance = withInstances ? [groupInstanceId ?? ''] : []
    line(
      [groupId, memberId, ...instance, host, clientId, assignment.length],
      [
        String(memberEpoch ?? NONE),
        assignmentText(assignment),
        String(group.targetAssignmentEpoch ?? NONE),
        assignmentText(member.targetAssignment),
        String(isUpgraded ?? NONE),
      ],
    )
  }
}

/** orders:0,1;payments:2 */
function assignmentText(partitions: readonly TopicPartition[] | null): string {
  if (!partitions || partitions.length === 0) return NONE
  const topics = new Map<string, string[]>()
  for (const { topic, partition } of partitions) topics.set(topic, [...(topics.get(topic) ?? []), String(partition)])
  return [...topics]
    .map(([topic, some]) => `${topic}:${some.sort().join(',')}`)
    .sort()
    .join(';')
}

async function printStates({ found, admin, around, timeoutMs }: GroupTask, groups: readonly GroupDescription[]): Promise<void> {
  const { nodes } = await admin.describeCluster({ timeoutMs })
  const isVerbose = found.has('verbose')
  for (const group of groups) {
    if (!tellState(group, 1, around)) continue
    const node = nodes.find(({ id }) => id === group.coordinatorId)
    const coordinator = `${node?.host ?? ''}:${node?.port ?? -1}  (${group.coordinatorId})`
    const widths = [widthOf(15, [group.groupId]), widthOf(25, [coordinator]), 20, 20, ...(isVerbose ? [15, 25] : []), 0]
    const epochs = [group.groupEpoch ?? NONE, group.targetAssignmentEpoch ?? NONE]
    const heads = [
      'GROUP',
      'COORDINATOR (ID)',
      'ASSIGNMENT-STRATEGY',
      'STATE',
      ...(isVerbose ? ['GROUP-EPOCH', 'TARGET-ASSIGNMENT-EPOCH'] : []),
    ]
    const facts = [group.groupId, coordinator, group.assignor || NONE, group.state, ...(isVerbose ? epochs : [])]
    around.print(`\n${row(widths, [...heads, '#MEMBERS'])}`)
    around.print(row(widths, [...facts, group.members.length]))
  }
}
