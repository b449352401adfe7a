// How far a group is behind: what it has committed, against the ends of what it reads.

import type { TopicPartition } from '../../assignors/index.ts'
import type { Admin } from './admin.ts'
import type { CallOptions } from './link.ts'
import { partitionKey } from './outcomes.ts'

export interface GroupLagOptions extends CallOptions {
  /** All partitions of these topics count, also those that the group has nothing to do with yet. Default: those that it has committed or reads. */
  readonly topics?: readonly string[] | undefined
}

/** What one partition of a group has. */
export interface PartitionLag extends TopicPartition {
  /** Null where nothing was committed. */
  readonly committed: number | null
  /** Behind the last record. */
  readonly end: number
  /** Records that are not committed; where nothing was, all that there are. */
  readonly lag: number
}

/**
 * What the group has committed and reads, and how far behind it is there; in the order of topics and partitions. A group that does not exist has nothing, and what
 * is left of a topic that was deleted does not count. Throws where anything else is not known.
 */
export async function groupLag(admin: Admin, group: string, options: GroupLagOptions = {}): Promise<readonly PartitionLag[]> {
  const { topics = [] } = options
  const [committed, description, described] = await Promise.all([
    admin.listGroupOffsets(group, options),
    admin.describeConsumerGroups([group], options),
    topics.length === 0 ? null : admin.describeTopics(topics, options),
  ])
  const wanted = new Map<string, TopicPartition>()
  const add = ({ topic, partition }: TopicPartition) => wanted.set(partitionKey(topic, partition), { topic, partition })
  committed.forEach(add)
  for (const error of description.errors.values()) if (error.code !== 'GROUP_ID_NOT_FOUND') throw error
  for (const { members } of description.values.values()) for (const { assignment } of members) assignment.forEach(add)
  for (const { name, partitions } of described?.all().values() ?? [])
    for (const { partition } of partitions) add({ topic: name, partition })
  if (wanted.size === 0) return []
  const places = (at: 'earliest' | 'latest') =>
    admin.listOffsets(
      [...wanted.values()].map((each) => ({ ...each, at })),
      options,
    )
  const [begins, ends] = await Promise.all([places('earliest'), places('latest')])
  const offsets = new Map(committed.map((each) => [partitionKey(each.topic, each.partition), each.offset]))
  return [...wanted]
    .filter(([key]) => ends.errors.get(key)?.code !== 'UNKNOWN_TOPIC_OR_PARTITION')
    .map(([key, { topic, partition }]) => {
      const end = ends.get(key)!.offset
      const offset = offsets.get(key) ?? null
      return { topic, partition, committed: offset, end, lag: Math.max(0, end - (offset ?? begins.get(key)!.offset)) }
    })
    .sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition))
}
