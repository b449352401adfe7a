// kafka-consumer-groups --delete and --delete-offsets.

import { partitionKey } from '../../../client/admin/outcomes.ts'
import { ClientError } from '../../../client/errors/index.ts'
import type { TopicPartition } from '../../../client/index.ts'
import { row, widthOf } from '../columns.ts'
import { javaMessage, javaText } from '../java.ts'
import { type GroupTask, groupsOf, printError } from './consumer-groups.ts'
import { partitionsTyped } from './typed-partitions.ts'

export async function deleteGroups(task: GroupTask): Promise<void> {
  const { admin, around, timeoutMs } = task
  const { values, errors } = await admin.deleteGroups(await groupsOf(task), { timeoutMs })
  const quoted = [...values.keys()].map((group) => `'${group}'`).join(', ')
  if (errors.size === 0) {
    around.print(`Deletion of requested consumer groups (${quoted || "''"}) was successful.`)
    return
  }
  printError(around, 'Deletion of some consumer groups failed:')
  for (const [group, error] of errors) around.print(`* Group '${group}' could not be deleted due to: ${javaText(error)}`)
  if (values.size > 0) around.print(`\nThese consumer groups were deleted successfully: ${quoted}`)
}

/** Errors of a partition; others are of the group. */
const ofPartitions = ['GROUP_SUBSCRIBED_TO_TOPIC', 'TOPIC_AUTHORIZATION_FAILED', 'UNKNOWN_TOPIC_OR_PARTITION']
const ofGroup = ['INVALID_GROUP_ID', 'GROUP_ID_NOT_FOUND', 'GROUP_AUTHORIZATION_FAILED', 'NON_EMPTY_GROUP']

export async function deleteOffsets({ found, admin, around, timeoutMs }: GroupTask): Promise<void> {
  const group = found.text('group')!
  const typed = found.texts('topic')
  const whole = typed.filter((word) => !word.includes(':'))
  const described = await admin.describeTopics(whole, { timeoutMs })
  const partitions: TopicPartition[] = typed.filter((word) => word.includes(':')).flatMap(partitionsTyped)
  for (const { name, partitions: some } of described.values.values()) {
    partitions.push(...some.map(({ partition }) => ({ topic: name, partition })))
  }
  const troubles = new Map<string, ClientError>()
  const ofAll = await admin.deleteGroupOffsets(group, partitions, { timeoutMs }).then(
    ({ errors }) => {
      for (const [key, error] of errors) troubles.set(key, error)
      return [...errors.values()][0]
    },
    (thrown: unknown) => {
      if (!(thrown instanceof ClientError)) throw thrown
      for (const { topic, partition } of partitions) troubles.set(partitionKey(topic, partition), thrown)
      return thrown
    },
  )
  if (!ofAll) around.print(`Request succeeded for deleting offsets from group ${group}.`)
  else if (ofGroup.includes(ofAll.code)) printError(around, javaMessage(ofAll))
  else if (ofPartitions.includes(ofAll.code))
    printError(around, 'Encountered some partition-level error, see the follow-up details.')
  else printError(around, `Encountered some unknown error: ${ofAll.code}`)

  const rows = [
    ...[...described.errors].map(([topic, error]) => ({ topic, partition: 'Not Provided', status: `Error: ${javaText(error)}` })),
    ...partitions.map(({ topic, partition }) => {
      const error = troubles.get(partitionKey(topic, partition))
      return { topic, partition: String(partition), status: error ? `Error: ${javaText(error)}` : 'Successful' }
    }),
  ].sort((a, b) => (a.topic + a.partition < b.topic + b.partition ? -1 : 1))
  const widths = [
    widthOf(
      15,
      rows.map(({ topic }) => topic),
    ),
    10,
    15,
  ]
  around.print(`\n${row(widths, ['TOPIC', 'PARTITION', 'STATUS'])}`)
  for (const { topic, partition, status } of rows) around.print(row(widths, [topic, partition, status]))
}
