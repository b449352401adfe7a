// kafka-share-groups --describe: offsets, members or state of share groups.

import type { ShareGroupDescription } from '../../../client/index.ts'
import { row, widthOf } from '../columns.ts'
import { printError } from './consumer-groups.ts'
import { type ShareGroupTask, shareGroupsOf } from './share-groups.ts'

export async function describeShareGroups(task: ShareGroupTask): Promise<void> {
  const groups = await shareGroupsOf(task)
  const described = [...(await task.admin.describeShareGroups(groups, { timeoutMs: task.timeoutMs })).all().values()].sort(
    (a, b) => (a.groupId < b.groupId ? -1 : 1),
  )
  for (const group of described) {
    if (task.found.has('members')) printMembers(group, task)
    else if (task.found.has('state')) await printState(group, task)
    else await printOffsets(group, task)
  }
}

/** False where there is nothing more to tell. */
function tellsMore({ groupId, state }: ShareGroupDescription, rows: number, { around }: ShareGroupTask): boolean {
  if (state === 'Dead') printError(around, `Share group '${groupId}' does not exist.`)
  else if (state === 'Empty') around.complain(`\nShare group '${groupId}' has no active members.`)
  return state !== 'Dead' && rows > 0
}

const groupWidth = (group: string) => widthOf(15, [group])

async function printOffsets(group: ShareGroupDescription, task: ShareGroupTask): Promise<void> {
  const { found, admin, around, timeoutMs } = task
  const offsets = await admin.listShareGroupOffsets(group.groupId, { timeoutMs })
  offsets.all()
  const rows = [...offsets.values].map(([key, told]) => {
    const at = key.lastIndexOf('-')
    return { topic: key.slice(0, at), partition: Number(key.slice(at + 1)), ...told }
  })
  rows.sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
  if (rows.length === 0) return around.print(`\nShare group '${group.groupId}' has no offset information.`)
  const isVerbose = found.has('verbose')
  const widths = [
    groupWidth(group.groupId),
    widthOf(
      15,
      rows.map(({ topic }) => topic),
    ),
    10,
    ...(isVerbose ? [13] : []),
    13,
    0,
  ]
  around.print(`\n${row(widths, ['GROUP', 'TOPIC', 'PARTITION', ...(isVerbose ? ['LEADER-EPOCH'] : []), 'START-OFFSET', 'LAG'])}`)
  for (const { topic, partition, startOffset, leaderEpoch, lag } of rows) {
    const epoch = isVerbose ? [leaderEpoch ?? '-'] : []
    around.print(row(widths, [group.groupId, topic, partition, ...epoch, startOffset ?? '-', lag ?? '-']))
  }
}

async function printState(group: ShareGroupDescription, task: ShareGroupTask): Promise<void> {
  const { found, admin, around } = task
  tellsMore(group, 1, task)
  const { nodes } = await admin.describeCluster()
  const node = nodes.find(({ id }) => id === group.coordinatorId)
  const coordinator = `${node?.host ?? ''}:${node?.port ?? -1}  (${group.coordinatorId})`
  const isVerbose = found.has('verbose')
  const widths = [groupWidth(group.groupId), widthOf(25, [coordinator]), 15, ...(isVerbose ? [12, 17] : []), 0]
  const epochHeads = isVerbose ? ['GROUP-EPOCH', 'ASSIGNMENT-EPOCH'] : []
  const epochs = isVerbose ? [group.groupEpoch, group.targetAssignmentEpoch] : []
  around.print(`\n${row(widths, ['GROUP', 'COORDINATOR (ID)', 'STATE', ...epochHeads, '#MEMBERS'])}`)
  around.print(row(widths, [group.groupId, coordinator, group.state, ...epochs, group.members.length]))
}

function printMembers(group: ShareGroupDescription, task: ShareGroupTask): void {
  const { found, around } = task
  const members = [...group.members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1))
  if (!tellsMore(group, members.length, task)) return
  const isVerbose = found.has('verbose')
  const widest = (word: (member: (typeof members)[number]) => string) => widthOf(15, members.map(word))
  const widths = [
    groupWidth(group.groupId),
    widest(({ memberId }) => memberId),
    widest(({ host }) => host),
    widest(({ clientId }) => clientId),
    12,
    ...(isVerbose ? [13] : []),
    0,
  ]
  const head = ['GROUP', 'CONSUMER-ID', 'HOST', 'CLIENT-ID', '#PARTITIONS', ...(isVerbose ? ['MEMBER-EPOCH'] : []), 'ASSIGNMENT']
  around.print(`\n${row(widths, head)}`)
  for (const { memberId, host, clientId, memberEpoch, assignment } of members) {
    const epoch = isVerbose ? [memberEpoch] : []
    const words = [group.groupId, memberId, host, clientId, assignment.length, ...epoch, assignmentText(assignment)]
    around.print(row(widths, words))
  }
}

/** topic:0,1;other:2 */
function assignmentText(assignment: readonly { readonly topic: string; readonly partition: number }[]): string {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of assignment) topics.set(topic, [...(topics.get(topic) ?? []), partition])
  return [...topics]
    .map(([topic, partitions]) => `${topic}:${partitions.sort((a, b) => a - b).join(',')}`)
    .sort()
    .join(';')
}
