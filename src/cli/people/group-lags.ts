// How far groups are behind. Of many groups at once, and with gaps where nobody can say: a partition without a leader holds up none of the others.

import type { TopicPartition } from '../../assignors/index.ts'
import type { Admin } from '../../client/admin/admin.ts'
import { outcomesOfEach } from '../../client/admin/each.ts'
import { partitionKey } from '../../client/admin/outcomes.ts'
import { type Ends, endsOf } from './ends.ts'

/** What one partition of a group has. */
export interface GroupPartition extends TopicPartition {
  /** Null where nothing was committed. */
  readonly committed: number | null
  /** Behind the last record; null where nobody can say. */
  readonly end: number | null
  /** Records that are not committed; where nothing was, all that there are. Null where nobody can say. */
  readonly lag: number | null
}

export interface AskedGroup {
  readonly groupId: string
  readonly members: readonly { readonly assignment: readonly TopicPartition[] }[]
}

/** By group, what it has committed or reads, in the order of topics and partitions. */
export async function groupLags(
  admin: Admin,
  groups: readonly AskedGroup[],
): Promise<ReadonlyMap<string, readonly GroupPartition[]>> {
  const members = new Map(groups.map((group) => [group.groupId, group.members]))
  const asked = await outcomesOfEach([...members.keys()], (groupId) => committedOrRead(admin, groupId, members.get(groupId)!))
  const found = [...asked.all()]
  const topics = new Set(found.flatMap(([, partitions]) => partitions.map(({ topic }) => topic)))
  const described = topics.size === 0 ? [] : [...(await admin.describeTopics([...topics])).values.values()]
  const ends = await endsOf(admin, described)
  return new Map(found.map(([groupId, partitions]) => [groupId, partitions.map((each) => behind(each, ends.get(keyOf(each))))]))
}

interface Place extends TopicPartition {
  readonly committed: number | null
}

async function committedOrRead(admin: Admin, groupId: string, members: AskedGroup['members']): Promise<readonly Place[]> {
  const wanted = new Map<string, Place>()
  for (const each of members.flatMap(({ assignment }) => assignment)) wanted.set(keyOf(each), { ...each, committed: null })
  for (const { offset, topic, partition } of await admin.listGroupOffsets(groupId))
    wanted.set(partitionKey(topic, partition), { topic, partition, committed: offset })
  return [...wanted.values()].sort(inOrder)
}

function behind({ topic, partition, committed }: Place, ends?: Ends): GroupPartition {
  if (!ends) return { topic, partition, committed, end: null, lag: null }
  return { topic, partition, committed, end: ends.end, lag: Math.max(0, ends.end - (committed ?? ends.begin)) }
}

/** Of all partitions together; null where one of them is not known. */
export function wholeLag(partitions: readonly GroupPartition[]): number | null {
  return partitions.reduce<number | null>((sum, { lag }) => (sum === null || lag === null ? null : sum + lag), 0)
}

const keyOf = ({ topic, partition }: TopicPartition) => partitionKey(topic, partition)
const inOrder = (a: TopicPartition, b: TopicPartition) =>
  a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition
