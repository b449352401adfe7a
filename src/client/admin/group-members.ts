// Members of consumer groups that are sent away.

import type { Exchange } from '../../net/peer.ts'
import { LeaveGroupRequest, LeaveGroupResponse } from '../../protocol/messages/leave-group.ts'
import { brokerError } from '../errors/index.ts'
import { describeConsumerGroups } from './group-descriptions.ts'
import { type CallOptions, type Link, onlyOne } from './link.ts'
import { Outcomes } from './outcomes.ts'

const LEAVE: Exchange<LeaveGroupRequest, LeaveGroupResponse> = { request: LeaveGroupRequest, response: LeaveGroupResponse }
/** KIP-345: several members at once, and by their instance ids. */
const FIRST_WITH_MEMBERS = 3
/** What Java's client says. */
const REASON = 'member was removed by an admin'

export interface RemoveMembersOptions extends CallOptions {
  /** Static members by their instance ids; missing: all members of the group. */
  readonly groupInstanceIds?: readonly string[] | undefined
  /** For the log of the broker, up to 255 characters. */
  readonly reason?: string | undefined
}

interface Leaving {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

/**
 * Sends members away; those that live join again. By instance id, or by member id where there is none. Throws where the group as a whole refuses, such as
 * GROUP_ID_NOT_FOUND.
 */
export async function removeMembersFromConsumerGroup(
  link: Link,
  groupId: string,
  options: RemoveMembersOptions = {},
): Promise<Outcomes<void>> {
  const { groupInstanceIds, reason } = options
  const patience = link.patience(`removing members from ${groupId}`, options)
  const leaving: readonly Leaving[] = groupInstanceIds
    ? groupInstanceIds.map((groupInstanceId) => ({ memberId: '', groupInstanceId }))
    : await allOf(link, groupId, { ...options, timeoutMs: patience.leftMs })
  const outcomes = new Outcomes<void>()
  if (leaving.length === 0) return outcomes
  const said = (reason || REASON).slice(0, 255)
  const body = (version: number) => {
    link.needs(version, FIRST_WITH_MEMBERS, 'removing members')
    const members = leaving.map(({ memberId, groupInstanceId }) => ({ memberId, groupInstanceId, reason: said }))
    return { groupId, members }
  }
  return link.coordinator('group', groupId, patience, async (node) => {
    const { errorCode, members } = await link.send(node, LEAVE, body, patience)
    if (errorCode !== 0) throw brokerError(errorCode, patience.what)
    for (const { memberId, groupInstanceId, errorCode: code } of members) {
      const key = groupInstanceId ?? memberId
      if (code === 0) outcomes.succeeded(key, undefined)
      else outcomes.failed(key, brokerError(code, `removing ${key} from ${groupId}`))
    }
    const keys = leaving.map(({ memberId, groupInstanceId }) => groupInstanceId ?? memberId)
    return outcomes.settle(keys, patience.what)
  })
}

async function allOf(link: Link, groupId: string, options: CallOptions): Promise<readonly Leaving[]> {
  const described = (await describeConsumerGroups(link, [groupId], options)).all()
  const { members } = onlyOne([...described.values()], `group ${groupId}`)
  // A static member is named by its instance: its member id may be another one by now.
  return members.map(({ memberId, groupInstanceId }) => ({ memberId: groupInstanceId === null ? memberId : '', groupInstanceId }))
}
