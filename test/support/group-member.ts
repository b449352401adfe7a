// A member of a consumer group as tests want it: each step of the classic protocol is one call, and errors are names.

import { errorName } from '../../src/protocol/errors.ts'
import { FindCoordinatorRequest, FindCoordinatorResponse } from '../../src/protocol/messages/find-coordinator.ts'
import { HeartbeatRequest, HeartbeatResponse } from '../../src/protocol/messages/heartbeat.ts'
import { JoinGroupRequest, JoinGroupResponse } from '../../src/protocol/messages/join-group.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from '../../src/protocol/messages/leave-group.ts'
import { OffsetCommitRequest, OffsetCommitResponse } from '../../src/protocol/messages/offset-commit.ts'
import { OffsetFetchRequest, OffsetFetchResponse } from '../../src/protocol/messages/offset-fetch.ts'
import { SyncGroupRequest, SyncGroupResponse } from '../../src/protocol/messages/sync-group.ts'
import type { KafkaCalls } from './kafka-client.ts'

const PROTOCOL = { protocolType: 'consumer', protocolName: 'range' } as const

export interface MemberOptions {
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  readonly groupInstanceId?: string | null
}

export class GroupMember {
  readonly #client: KafkaCalls
  readonly #groupId: string
  readonly #options: Required<MemberOptions>
  memberId = ''
  generationId = -1
  leader = ''
  /** Who is in the generation; told to the leader alone. */
  members: readonly string[] = []

  constructor(client: KafkaCalls, groupId: string, options: MemberOptions = {}) {
    this.#client = client
    this.#groupId = groupId
    this.#options = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000, groupInstanceId: null, ...options }
  }

  get isLeader(): boolean {
    return this.memberId === this.leader
  }

  /** Joins, with the id that the coordinator gives where it wants one (KIP-394). */
  async join(): Promise<string> {
    const first = await this.#join()
    return first === 'MEMBER_ID_REQUIRED' ? this.#join() : first
  }

  async #join(): Promise<string> {
    const { sessionTimeoutMs, rebalanceTimeoutMs, groupInstanceId } = this.#options
    const answer = await this.#client.call(JoinGroupRequest, JoinGroupResponse, 9, {
      groupId: this.#groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      memberId: this.memberId,
      groupInstanceId,
      protocolType: PROTOCOL.protocolType,
      protocols: [{ name: PROTOCOL.protocolName, metadata: new Uint8Array(0) }],
    })
    if (answer.memberId !== '') this.memberId = answer.memberId
    this.generationId = answer.generationId
    this.leader = answer.leader
    this.members = answer.members.map(({ memberId }) => memberId)
    return errorName(answer.errorCode)
  }

  /** What this member was assigned, after the leader told the assignments; or the error. */
  async sync(assignments: Readonly<Record<string, string>> = {}): Promise<string> {
    const answer = await this.#client.call(SyncGroupRequest, SyncGroupResponse, 5, {
      ...this.#self,
      ...PROTOCOL,
      assignments: Object.entries(assignments).map(([memberId, text]) => ({ memberId, assignment: Buffer.from(text) })),
    })
    return answer.errorCode === 0 ? Buffer.from(answer.assignment).toString() : errorName(answer.errorCode)
  }

  async heartbeat(): Promise<string> {
    return errorName((await this.#client.call(HeartbeatRequest, HeartbeatResponse, 4, this.#self)).errorCode)
  }

  async leave(): Promise<string> {
    const members = [{ memberId: this.memberId, groupInstanceId: this.#options.groupInstanceId }]
    const answer = await this.#client.call(LeaveGroupRequest, LeaveGroupResponse, 5, { groupId: this.#groupId, members })
    return errorName(answer.errorCode || answer.members[0]!.errorCode)
  }

  async commit(name: string, offset: number, partition = 0): Promise<string> {
    const partitions = [{ partitionIndex: partition, committedOffset: BigInt(offset), committedMetadata: '' }]
    const { generationId, ...self } = this.#self
    const body = { ...self, generationIdOrMemberEpoch: generationId, topics: [{ name, partitions }] }
    const { topics } = await this.#client.call(OffsetCommitRequest, OffsetCommitResponse, 9, body)
    return errorName(topics[0]!.partitions[0]!.errorCode)
  }

  get #self() {
    const { groupInstanceId } = this.#options
    return { groupId: this.#groupId, memberId: this.memberId, generationId: this.generationId, groupInstanceId }
  }
}

/** Where a group's coordinator is; made ready where it is not yet. Throws with the error's name. */
export async function findCoordinator(client: KafkaCalls, groupId: string): Promise<{ host: string; port: number }> {
  const body = { keyType: 0, coordinatorKeys: [groupId] }
  const [found] = (await client.call(FindCoordinatorRequest, FindCoordinatorResponse, 4, body)).coordinators
  if (found!.errorCode !== 0) throw new Error(`FindCoordinator of ${groupId} failed with ${errorName(found!.errorCode)}`)
  return { host: found!.host, port: found!.port }
}

/** All committed offsets of a group, as `topic-partition` to offset. */
export async function committedOffsets(client: KafkaCalls, groupId: string): Promise<Record<string, number>> {
  const body = { groups: [{ groupId, topics: null }], requireStable: false }
  const [group] = (await client.call(OffsetFetchRequest, OffsetFetchResponse, 9, body)).groups
  if (group!.errorCode !== 0) throw new Error(`OffsetFetch of ${groupId} failed with ${errorName(group!.errorCode)}`)
  const all = group!.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, committedOffset }) => [`${name}-${partitionIndex}`, Number(committedOffset)] as const),
  )
  return Object.fromEntries(all)
}
