// OffsetFetch: what a group has committed. Members are not looked at: in a classic group anyone who may describe it may ask.

import type { ErrorName } from '../../../protocol/errors.ts'
import type { GroupMachine } from '../group-machine.ts'
import type { Group } from '../state.ts'

export interface FetchedOffset {
  readonly partitionIndex: number
  /** -1 where nothing is committed. */
  readonly committedOffset: bigint
  readonly committedLeaderEpoch: number
  readonly metadata: string
  readonly error: ErrorName
}

export interface FetchedTopic {
  readonly name: string
  readonly partitions: readonly FetchedOffset[]
}

export interface OffsetsWanted {
  readonly groupId: string
  /** Null: all that the group has. */
  readonly topics: readonly { readonly name: string; readonly partitions: readonly number[] }[] | null
  /** Partitions with an open transactional commit answer UNSTABLE_OFFSET_COMMIT (KIP-447). */
  readonly requireStable: boolean
}

/** An unknown group has committed nothing, which is no error. */
export function fetchOffsets(machine: GroupMachine, { groupId, topics, requireStable }: OffsetsWanted): readonly FetchedTopic[] {
  const group = machine.groups.get(groupId)
  if (topics) {
    return topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((partition) => fetchOne(group, name, partition, requireStable)),
    }))
  }
  return [...(group?.offsets.topics() ?? [])].map(([name, partitions]) => ({
    name,
    partitions: [...partitions.keys()].map((partition) => fetchOne(group, name, partition, requireStable)),
  }))
}

/** What stands in an answer where there is no offset to give. */
export function noOffset(partitionIndex: number, error: ErrorName): FetchedOffset {
  return { partitionIndex, committedOffset: -1n, committedLeaderEpoch: -1, metadata: '', error }
}

function fetchOne(group: Group | undefined, topic: string, partitionIndex: number, requireStable: boolean): FetchedOffset {
  if (requireStable && group?.offsets.isUnstable(topic, partitionIndex)) return noOffset(partitionIndex, 'UNSTABLE_OFFSET_COMMIT')
  const found = group?.offsets.get(topic, partitionIndex)
  if (!found) return noOffset(partitionIndex, 'NONE')
  const { offset, leaderEpoch, metadata } = found
  return { partitionIndex, committedOffset: offset, committedLeaderEpoch: leaderEpoch, metadata, error: 'NONE' }
}
