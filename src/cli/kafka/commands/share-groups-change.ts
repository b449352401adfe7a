// kafka-share-groups --delete, --delete-offsets and --reset-offsets.

import { ClientError } from '../../../client/errors/index.ts'
import type { TopicPartition } from '../../../client/index.ts'
import { row, widthOf } from '../columns.ts'
import { Failure } from '../failure.ts'
import { javaMessage, javaText } from '../java.ts'
import { inJavaOrder } from '../java-order.ts'
import { parseDateTime } from '../times.ts'
import { printError } from './consumer-groups.ts'
import { type NewOffset, offsetsAt, offsetsSince, ordered } from './new-offsets.ts'
import { type ShareGroupTask, shareGroupsOf } from './share-groups.ts'
import { partitionsTyped } from './typed-partitions.ts'

export async function deleteShareGroups(task: ShareGroupTask): Promise<void> {
  const { admin, around, timeoutMs } = task
  const listed = await admin.listGroups({ types: ['Share'], timeoutMs })
  const failed = new Map<string, string>()
  const wanted = new Set(await shareGroupsOf(task))
  for (const group of wanted) {
    const state = listed.find(({ groupId }) => groupId === group)?.state
    if (state === undefined) failed.set(group, illegal(`Group '${group}' is not a share group.`))
    else if (state === 'Dead') failed.set(group, illegalState(`Share group '${group}' group state is DEAD.`))
    else if (state !== 'Empty') failed.set(group, notEmpty(`Share group '${group}' is not EMPTY.`))
  }
  const rest = [...wanted].filter((group) => !failed.has(group))
  const outcomes = rest.length === 0 ? null : await admin.deleteGroups(rest, { timeoutMs })
  for (const [group, error] of outcomes?.errors ?? []) failed.set(group, javaText(error))
  const quoted = [...(outcomes?.values.keys() ?? [])].map((group) => `'${group}'`).join(', ')
  if (failed.size === 0) return around.print(`Deletion of requested share groups (${quoted}) was successful.`)
  printError(around, 'Deletion of some share groups failed:')
  for (const group of inJavaOrder([...failed.keys()])) {
    around.print(`* Group '${group}' could not be deleted due to: ${failed.get(group)}`)
  }
  if (quoted !== '') around.print(`\nThese share groups were deleted successfully: ${quoted}`)
}

const illegal = (message: string) => `java.lang.IllegalArgumentException: ${message}`
const illegalState = (message: string) => `java.lang.IllegalStateException: ${message}`
const notEmpty = (message: string) => `org.apache.kafka.common.errors.GroupNotEmptyException: ${message}`

/** Errors of the group are told before the table, those of its topics in it alone. */
const ofGroup = ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND', 'GROUP_AUTHORIZATION_FAILED', 'NON_EMPTY_GROUP']
const ofTopics = ['TOPIC_AUTHORIZATION_FAILED', 'UNKNOWN_TOPIC_OR_PARTITION', 'GROUP_SUBSCRIBED_TO_TOPIC']

export async function deleteShareOffsets({ found, admin, around, timeoutMs }: ShareGroupTask): Promise<void> {
  const topics = [...new Set(found.texts('topic'))].sort()
  const troubles = new Map<string, ClientError>()
  const trouble = await admin.deleteShareGroupOffsets(found.text('group')!, topics, { timeoutMs }).then(
    ({ errors }) => {
      for (const [topic, error] of errors) troubles.set(topic, error)
      return [...errors.values()][0]
    },
    (thrown: unknown) => {
      if (!(thrown instanceof ClientError)) throw thrown
      for (const topic of topics) troubles.set(topic, thrown)
      return thrown
    },
  )
  if (trouble && ofGroup.includes(trouble.code)) printError(around, javaMessage(trouble))
  else if (trouble && !ofTopics.includes(trouble.code)) printError(around, `Encounter some unknown error: ${javaText(trouble)}`)
  const widths = [widthOf(15, topics), 0]
  around.print(`\n${row(widths, ['TOPIC', 'STATUS'])}`)
  for (const topic of topics) {
    const error = troubles.get(topic)
    around.print(row(widths, [topic, error ? `Error: ${javaMessage(error)}` : 'Successful']))
  }
}

export async function resetShareOffsets(task: ShareGroupTask): Promise<void> {
  const { found, admin, around, timeoutMs } = task
  const group = found.text('group')!
  const described = await admin.describeShareGroups([group], { timeoutMs })
  const error = described.errors.get(group)
  // One that is not there yet may be given offsets to begin with.
  if (error && error.code !== 'GROUP_ID_NOT_FOUND') throw error
  const state = described.values.get(group)?.state ?? 'Dead'
  if (state !== 'Empty' && state !== 'Dead') throw new NotEmpty(`Share group '${group}' is not empty.`)
  const plan = ordered(await planFor(task, await scopeOf(task, group)))
  if (!found.has('dry-run') && plan.length > 0) (await admin.alterShareGroupOffsets(group, plan, { timeoutMs })).all()
  const topics = plan.map(({ topic }) => topic)
  const widths = [widthOf(15, [group]), widthOf(15, topics), 10, 0]
  around.print(`\n${row(widths, ['GROUP', 'TOPIC', 'PARTITION', 'NEW-OFFSET'])}`)
  for (const { topic, partition, offset } of plan) around.print(row(widths, [group, topic, partition, offset]))
}

/** Told alone on stderr, with exit code 1. */
export class NotEmpty extends Failure {}

async function scopeOf({ found, admin, timeoutMs }: ShareGroupTask, group: string): Promise<readonly TopicPartition[]> {
  if (!found.has('topic')) {
    const offsets = await admin.listShareGroupOffsets(group, { timeoutMs })
    return [...offsets.all().keys()].map((key) => {
      const at = key.lastIndexOf('-')
      return { topic: key.slice(0, at), partition: Number(key.slice(at + 1)) }
    })
  }
  const typed = found.texts('topic')
  const some = typed.filter((word) => word.includes(':')).flatMap(partitionsTyped)
  const whole = typed.filter((word) => !word.includes(':'))
  const described = (await admin.describeTopics(whole, { timeoutMs })).all()
  for (const { name, partitions } of described.values()) {
    some.push(...partitions.map(({ partition }) => ({ topic: name, partition })))
  }
  return some
}

function planFor(task: ShareGroupTask, scope: readonly TopicPartition[]): Promise<readonly NewOffset[]> {
  if (task.found.has('to-earliest')) return offsetsAt(task, scope, 'earliest')
  if (task.found.has('to-latest')) return offsetsAt(task, scope, 'latest')
  return offsetsSince(task, scope, parseDateTime(task.found.text('to-datetime')!))
}
