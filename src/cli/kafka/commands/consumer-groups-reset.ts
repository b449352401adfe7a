// kafka-consumer-groups --reset-offsets: a plan of new offsets for each group, shown, exported or carried out.

import { partitionKey } from '../../../client/admin/outcomes.ts'
import type { OffsetSpec } from '../../../client/admin/records.ts'
import type { TopicPartition } from '../../../client/index.ts'
import { row, widthOf } from '../columns.ts'
import { Failure, UsageFailure } from '../failure.ts'
import { parseDateTime, parseDuration } from '../times.ts'
import { type GroupTask, groupsOf, printError } from './consumer-groups.ts'
import { parsePlan, planText } from './reset-plan.ts'
import { partitionsTyped } from './typed-partitions.ts'

/** A partition with the offset that its group is to have. */
export interface NewOffset extends TopicPartition {
  readonly offset: number
}

type Plan = readonly NewOffset[]

export async function resetOffsets(task: GroupTask): Promise<void> {
  const { found, admin, around, timeoutMs } = task
  // A number that is none is told before anybody is asked.
  for (const option of ['to-offset', 'shift-by'] as const) found.number(option)
  const groups = await groupsOf(task)
  const described = await admin.describeConsumerGroups(groups, { timeoutMs })
  const plans: [group: string, plan: Plan][] = []
  for (const group of groups) {
    const error = described.errors.get(group)
    // One that is not there yet may be given offsets to begin with.
    if (error && error.code !== 'GROUP_ID_NOT_FOUND') throw error
    const state = described.values.get(group)?.state ?? 'Dead'
    if (state !== 'Empty' && state !== 'Dead') {
      printError(around, `Assignments can only be reset if the group '${group}' is inactive, but the current state is ${state}.`)
      plans.push([group, []])
      continue
    }
    const plan = ordered(await planFor(task, group, await scopeOf(task, group)))
    if (found.has('execute') && plan.length > 0) (await admin.alterGroupOffsets(group, plan, { timeoutMs })).all()
    plans.push([group, plan])
  }
  if (found.has('export')) around.print(planText(plans, found.texts('group').length === 1))
  else print(task, plans)
}

const ordered = (plan: Plan): Plan =>
  [...plan].sort((a, b) => (a.topic < b.topic ? -1 : Number(a.topic > b.topic)) || a.partition - b.partition)

function print({ around }: GroupTask, plans: readonly [string, Plan][]): void {
  const offsets = plans.flatMap(([, plan]) => plan)
  const widths = [
    widthOf(
      15,
      plans.filter(([, plan]) => plan.length > 0).map(([group]) => group),
    ),
    widthOf(
      15,
      offsets.map(({ topic }) => topic),
    ),
    10,
    0,
  ]
  if (plans.length > 0) around.print(`\n${row(widths, ['GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET'])}`)
  for (const [group, plan] of plans) {
    for (const { topic, partition, offset } of plan) around.print(row(widths, [group, topic, partition, offset]))
  }
}

/** The partitions that are to be set. */
async function scopeOf({ found, admin, timeoutMs }: GroupTask, group: string): Promise<readonly TopicPartition[]> {
  if (found.has('all-topics')) return admin.listGroupOffsets(group, { timeoutMs })
  if (found.has('topic')) {
    const typed = found.texts('topic')
    const some = typed.filter((word) => word.includes(':')).flatMap(partitionsTyped)
    const whole = typed.filter((word) => !word.includes(':'))
    const described = (await admin.describeTopics(whole, { timeoutMs })).all()
    for (const { name, partitions } of described.values())
      some.push(...partitions.map(({ partition }) => ({ topic: name, partition })))
    return some
  }
  if (!found.has('from-file')) throw new UsageFailure('One of the reset scopes should be defined: --all-topics, --topic.')
  return []
}

async function planFor(task: GroupTask, group: string, scope: readonly TopicPartition[]): Promise<Plan> {
  const { found, around } = task
  if (found.has('to-offset')) {
    const offset = found.number('to-offset')!
    return withinRange(
      task,
      scope.map(({ topic, partition }) => ({ topic, partition, offset })),
    )
  }
  if (found.has('to-earliest')) return offsetsAt(task, scope, 'earliest')
  if (found.has('to-latest')) return offsetsAt(task, scope, 'latest')
  if (found.has('shift-by')) return shifted(task, group, scope)
  if (found.has('to-datetime')) return offsetsSince(task, scope, parseDateTime(found.text('to-datetime')!))
  if (found.has('by-duration')) return offsetsSince(task, scope, around.clock.now() - parseDuration(found.text('by-duration')!))
  if (found.has('from-file')) return fromFile(task, group)
  if (found.has('to-current')) return current(task, group, scope)
  throw new UsageFailure(
    "Option '[reset-offsets]' requires one of the following scenarios: [[to-offset], [to-latest], [to-current], [by-duration], [to-datetime], [from-file], [shift-by], [to-earliest]]",
  )
}

/** Throws what is wrong with the first partitions that are not there. */
async function expectPartitions({ admin, timeoutMs }: GroupTask, partitions: readonly TopicPartition[]): Promise<void> {
  const described = (await admin.describeTopics([...new Set(partitions.map(({ topic }) => topic))], { timeoutMs })).all()
  const leaderOf = ({ topic, partition }: TopicPartition) =>
    described.get(topic)?.partitions.find((each) => each.partition === partition)?.leader
  const tell = (some: readonly TopicPartition[], what: string) => {
    if (some.length === 0) return
    throw new Failure(`The partitions "${some.map(({ topic, partition }) => partitionKey(topic, partition)).join(',')}" ${what}`)
  }
  tell(
    partitions.filter((each) => leaderOf(each) === undefined),
    'do not exist',
  )
  tell(
    partitions.filter((each) => leaderOf(each) === null),
    'have no leader',
  )
}

async function offsetsAt(task: GroupTask, partitions: readonly TopicPartition[], at: OffsetSpec): Promise<Plan> {
  const { admin, timeoutMs } = task
  await expectPartitions(task, partitions)
  const found = (
    await admin.listOffsets(
      partitions.map(({ topic, partition }) => ({ topic, partition, at })),
      { timeoutMs },
    )
  ).all()
  return partitions.map(({ topic, partition }) => ({
    topic,
    partition,
    offset: found.get(partitionKey(topic, partition))!.offset,
  }))
}

/** The first record since then; behind the last one where there is none. */
async function offsetsSince(task: GroupTask, partitions: readonly TopicPartition[], timestamp: number): Promise<Plan> {
  const since = await offsetsAt(task, partitions, timestamp)
  const none = since.filter(({ offset }) => offset < 0)
  for (const { topic, partition } of ordered(none)) {
    task.around.print(`\nWarn: Partition ${partition} from topic ${topic} is empty. Falling back to latest known offset.`)
  }
  const ends = none.length > 0 ? await offsetsAt(task, none, 'latest') : []
  return [...since.filter(({ offset }) => offset >= 0), ...ends]
}

async function committedBy({ admin, timeoutMs }: GroupTask, group: string): Promise<ReadonlyMap<string, number>> {
  const committed = await admin.listGroupOffsets(group, { timeoutMs })
  return new Map(committed.map(({ topic, partition, offset }) => [partitionKey(topic, partition), offset]))
}

async function shifted(task: GroupTask, group: string, scope: readonly TopicPartition[]): Promise<Plan> {
  const by = task.found.number('shift-by')!
  const committed = await committedBy(task, group)
  const wanted = scope.map(({ topic, partition }) => {
    const offset = committed.get(partitionKey(topic, partition))
    if (offset === undefined) {
      throw new UsageFailure(
        `Cannot shift offset for partition ${partitionKey(topic, partition)} since there is no current committed offset`,
      )
    }
    return { topic, partition, offset: offset + by }
  })
  return withinRange(task, wanted)
}

/** Partitions for which nothing is committed go behind their last record. */
async function current(task: GroupTask, group: string, scope: readonly TopicPartition[]): Promise<Plan> {
  const committed = await committedBy(task, group)
  const known = scope.flatMap(({ topic, partition }) => {
    const offset = committed.get(partitionKey(topic, partition))
    return offset === undefined ? [] : [{ topic, partition, offset }]
  })
  const rest = scope.filter(({ topic, partition }) => !committed.has(partitionKey(topic, partition)))
  return [...known, ...(rest.length > 0 ? await offsetsAt(task, rest, 'latest') : [])]
}

async function fromFile(task: GroupTask, group: string): Promise<Plan> {
  const { found, around } = task
  const path = found.text('from-file')!
  const csv = await around.readText(path)
  if (csv === null) throw new Failure(`java.nio.file.NoSuchFileException: ${path}`)
  const plan = parsePlan(csv, found.texts('group')).get(group)
  if (plan) return withinRange(task, plan)
  printError(around, `No reset plan for group ${group} found`)
  return []
}

/** What lies before the first or behind the last record is brought to there. */
async function withinRange(task: GroupTask, wanted: Plan): Promise<Plan> {
  if (wanted.length === 0) return []
  const first = await offsetsAt(task, wanted, 'earliest')
  const end = await offsetsAt(task, wanted, 'latest')
  return wanted.map((each, at) => ({ ...each, offset: Math.min(Math.max(each.offset, first[at]!.offset), end[at]!.offset) }))
}
