// Where a group is to go on, for the commands that set its offsets.

import type { Admin } from '../../../client/admin/admin.ts'
import { partitionKey } from '../../../client/admin/outcomes.ts'
import type { OffsetSpec } from '../../../client/admin/records.ts'
import type { TopicPartition } from '../../../client/index.ts'
import type { Surroundings } from '../command.ts'
import { Failure } from '../failure.ts'

/** A partition with the offset that its group is to have. */
export interface NewOffset extends TopicPartition {
  readonly offset: number
}

type Plan = readonly NewOffset[]

/** With whom brokers are asked. */
interface Task {
  readonly admin: Admin
  readonly around: Surroundings
  readonly timeoutMs: number
}

/** By topic, then by partition. */
export const ordered = (plan: Plan): Plan =>
  [...plan].sort((a, b) => (a.topic < b.topic ? -1 : Number(a.topic > b.topic)) || a.partition - b.partition)

/** Throws what is wrong with the first partitions that are not there. */
async function expectPartitions({ admin, timeoutMs }: Task, partitions: readonly TopicPartition[]): Promise<void> {
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

/** The offset of the first record, behind the last, or of the first since a time: -1 where there is none. */
export async function offsetsAt(task: Task, partitions: readonly TopicPartition[], at: OffsetSpec): Promise<Plan> {
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
export async function offsetsSince(task: Task, partitions: readonly TopicPartition[], timestamp: number): Promise<Plan> {
  const since = await offsetsAt(task, partitions, timestamp)
  const none = since.filter(({ offset }) => offset < 0)
  for (const { topic, partition } of ordered(none)) {
    task.around.print(`\nWarn: Partition ${partition} from topic ${topic} is empty. Falling back to latest known offset.`)
  }
  const ends = none.length > 0 ? await offsetsAt(task, none, 'latest') : []
  return [...since.filter(({ offset }) => offset >= 0), ...ends]
}
