// OffsetCommit: by members of a generation, or by anyone while the group has no members.

import type { Decision } from '../../../machine/machine.ts'
import { decide } from '../../../machine/machine.ts'
import type { ErrorName } from '../../../protocol/errors.ts'
import type { GroupMachine } from '../group-machine.ts'
import { keepAlive } from '../rebalance.ts'
import type { Group } from '../state.ts'
import type { GroupRecord, StoredOffset } from '../stored.ts'
import { validateMember } from '../validate-member.ts'

export interface PartitionToCommit {
  readonly partitionIndex: number
  /** Any 64-bit number: offsets are not compared with the log. */
  readonly committedOffset: bigint
  readonly committedLeaderEpoch: number
  readonly committedMetadata: string | null
}

export interface CommitRequest {
  readonly groupId: string
  /** -1 from those who are in no group. */
  readonly generationIdOrMemberEpoch: number
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** -1: the broker's retention. */
  readonly retentionTimeMs: number
  readonly topics: readonly {
    readonly name: string
    readonly topicId: string
    readonly partitions: readonly PartitionToCommit[]
  }[]
}

export interface CommitCall {
  readonly request: CommitRequest
  readonly version: number
}

/** Either one error for all of it, or one per partition in the request's order; NONE is success. */
export interface CommitAnswer {
  readonly error: ErrorName
  readonly topics: readonly (readonly ErrorName[])[]
}

/** From this version on an unknown group is told as such. */
const GROUP_NOT_FOUND_FROM = 9

/** Commits what may be committed; the answer comes once it is in the log for good. */
export function commitOffsets(machine: GroupMachine, call: CommitCall, now: number): Decision<GroupRecord, CommitAnswer> {
  const { request, version } = call
  const { groupId, memberId, generationIdOrMemberEpoch, retentionTimeMs } = request
  const known = machine.groups.get(groupId)
  if (!known && generationIdOrMemberEpoch >= 0) {
    return refuseAll(version >= GROUP_NOT_FOUND_FROM ? 'GROUP_ID_NOT_FOUND' : 'ILLEGAL_GENERATION')
  }
  const group = known ?? machine.unknownGroup(groupId, now)
  const refusal = mayCommit(group, request)
  if (refusal) return refuseAll(refusal)

  const step = machine.step(group, now)
  const expireTimestamp = retentionTimeMs < 0 ? -1 : now + retentionTimeMs
  const topics = request.topics.map(({ name, topicId, partitions }) =>
    partitions.map((partition) => commitOne(name, topicId, partition)),
  )
  const member = group.members.get(memberId)
  if (member) keepAlive(step, member)
  return step.out.now({ error: 'NONE', topics })

  function commitOne(topic: string, topicId: string, partition: PartitionToCommit): ErrorName {
    const metadata = partition.committedMetadata ?? ''
    if (metadata.length > machine.settings.offsetMetadataMax) return 'OFFSET_METADATA_TOO_LARGE'
    const value: StoredOffset = {
      offset: partition.committedOffset,
      leaderEpoch: partition.committedLeaderEpoch,
      metadata,
      commitTimestamp: now,
      expireTimestamp,
      topicId,
    }
    step.out.write({ kind: 'offsetCommit', groupId, topic, partition: partition.partitionIndex, value })
    return 'NONE'
  }
}

/** A record of an offset takes at least so much besides its texts, as batches are counted. */
const LEAST_RECORD = 65

/** What the records of a request take in a batch, at least. */
export function leastSizeOf({ groupId, topics }: CommitRequest): number {
  let size = 0
  for (const { name, partitions } of topics) {
    const same = LEAST_RECORD + groupId.length + name.length
    for (const { committedMetadata } of partitions) size += same + (committedMetadata?.length ?? 0)
  }
  return size
}

function refuseAll(error: ErrorName): Decision<GroupRecord, CommitAnswer> {
  return decide({ error, topics: [] })
}

/** Null where the asker may commit now. */
function mayCommit(
  group: Group,
  { generationIdOrMemberEpoch: generation, memberId, groupInstanceId }: CommitRequest,
): ErrorName | null {
  if (generation < 0 && group.state === 'Empty') return null
  if (generation < 0 && memberId === '' && groupInstanceId === null) return 'UNKNOWN_MEMBER_ID'
  const refusal = validateMember(group, memberId, groupInstanceId)
  if (refusal) return refusal
  if (generation !== group.generation) return 'ILLEGAL_GENERATION'
  // The member's generation is not settled yet: it should first ask for its assignment.
  return group.state === 'CompletingRebalance' ? 'REBALANCE_IN_PROGRESS' : null
}
