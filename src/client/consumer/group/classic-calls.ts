// The four requests of the classic protocol. Each throws the error of its answer; which of them mean what is the member's to know.

import { CONSUMER_PROTOCOL } from '../../../assignors/consumer-protocol.ts'
import type { ConsumerSettings } from '../../../config/client/consumer.ts'
import type { Exchange } from '../../../net/peer.ts'
import { errorCode } from '../../../protocol/errors.ts'
import { HeartbeatRequest, HeartbeatResponse } from '../../../protocol/messages/heartbeat.ts'
import { JoinGroupRequest, JoinGroupResponse } from '../../../protocol/messages/join-group.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from '../../../protocol/messages/leave-group.ts'
import { SyncGroupRequest, SyncGroupResponse } from '../../../protocol/messages/sync-group.ts'
import { ClientError } from '../../errors/index.ts'
import type { Patience } from '../../patience.ts'
import type { ConsumerGroupMetadata } from '../place.ts'
import type { CoordinatorLink } from './coordinator-link.ts'

const JOIN: Exchange<JoinGroupRequest, JoinGroupResponse> = { request: JoinGroupRequest, response: JoinGroupResponse }
const SYNC: Exchange<SyncGroupRequest, SyncGroupResponse> = { request: SyncGroupRequest, response: SyncGroupResponse }
const HEARTBEAT: Exchange<HeartbeatRequest, HeartbeatResponse> = { request: HeartbeatRequest, response: HeartbeatResponse }
const LEAVE: Exchange<LeaveGroupRequest, LeaveGroupResponse> = { request: LeaveGroupRequest, response: LeaveGroupResponse }

const MEMBER_ID_REQUIRED = errorCode('MEMBER_ID_REQUIRED')
/** From then on several members may leave at once, and static ones have names. */
const FIRST_WITH_MEMBERS = 3
/** The coordinator answers when all have joined, or their time is over: on time, as it sees it. */
const GRACE_MS = 5000

export interface Joined {
  readonly generation: number
  readonly memberId: string
  readonly answer: JoinGroupResponse
}

export class ClassicCalls {
  readonly #link: CoordinatorLink
  readonly #config: ConsumerSettings

  constructor(link: CoordinatorLink, config: ConsumerSettings) {
    this.#link = link
    this.#config = config
  }

  /** `onMemberId` hears of the id that the coordinator gives before it counts the member in (KIP-394). */
  async join(
    identity: ConsumerGroupMetadata,
    protocols: readonly { name: string; metadata: Uint8Array }[],
    patience: Patience,
    onMemberId: (memberId: string) => void,
  ): Promise<Joined> {
    const { groupId, groupInstanceId } = identity
    const { sessionTimeoutMs, maxPollIntervalMs: rebalanceTimeoutMs } = this.#config
    let { memberId } = identity
    for (;;) {
      const body = {
        groupId,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        memberId,
        groupInstanceId,
        protocols,
        protocolType: CONSUMER_PROTOCOL,
      }
      const answer = await this.#link.ask(JOIN, body, patience, this.#long)
      if (answer.errorCode !== MEMBER_ID_REQUIRED || memberId !== '') {
        this.#link.judge(answer.errorCode, 'JoinGroup')
        return { generation: answer.generationId, memberId: answer.memberId, answer }
      }
      memberId = answer.memberId
      onMemberId(memberId)
    }
  }

  /** Gives this member's assignment; the leader tells the ones of all. */
  async sync(
    { groupId, generationId, memberId, groupInstanceId }: ConsumerGroupMetadata,
    protocolName: string,
    assignments: readonly { memberId: string; assignment: Uint8Array }[],
    patience: Patience,
  ): Promise<Uint8Array> {
    const protocolType = CONSUMER_PROTOCOL
    const body = { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName, assignments }
    const answer = await this.#link.ask(SYNC, body, patience, this.#long)
    this.#link.judge(answer.errorCode, 'SyncGroup')
    return answer.assignment
  }

  async heartbeat(
    { groupId, generationId, memberId, groupInstanceId }: ConsumerGroupMetadata,
    patience: Patience,
  ): Promise<void> {
    const { errorCode: code } = await this.#link.ask(HEARTBEAT, { groupId, generationId, memberId, groupInstanceId }, patience)
    this.#link.judge(code, 'Heartbeat')
  }

  /** Asked once: a coordinator that does not hear it notices when the session is over. */
  async leave({ groupId, memberId, groupInstanceId }: ConsumerGroupMetadata, patience: Patience): Promise<void> {
    if (memberId === '') return
    try {
      await this.#link.ask(
        LEAVE,
        (version) =>
          version < FIRST_WITH_MEMBERS ? { groupId, memberId } : { groupId, members: [{ memberId, groupInstanceId }] },
        patience,
      )
    } catch (thrown) {
      if (!(thrown instanceof ClientError)) throw thrown
      this.#link.cluster.platform.logger.debug('the coordinator was not told that a member leaves', { why: thrown.message })
    }
  }

  get #long() {
    const { requestTimeoutMs, maxPollIntervalMs } = this.#config
    return { timeoutMs: Math.max(requestTimeoutMs, maxPollIntervalMs + GRACE_MS), purpose: 'join' } as const
  }
}
