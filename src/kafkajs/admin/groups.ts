// Groups, as their coordinators describe them.

import { listGroups } from '../../client/admin/groups.ts'
import type { Link } from '../../client/admin/link.ts'
import { brokerError, ClientError } from '../../client/errors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { errorCode } from '../../protocol/errors.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../protocol/messages/delete-groups.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../protocol/messages/describe-groups.ts'
import { type KafkaJSError, KafkaJSProtocolError } from '../errors/classes.ts'
import { KafkaJSDeleteGroupsError } from '../errors/special.ts'
import { translated } from '../errors/translate.ts'
import { told } from '../retry.ts'
import type { ConsumerGroupState, DeleteGroupsResult, GroupDescription, GroupOverview } from '../types/index.ts'
import { need } from './checks.ts'
import type { Desk } from './desk.ts'

const DESCRIBE: Exchange<DescribeGroupsRequest, DescribeGroupsResponse> = {
  request: DescribeGroupsRequest,
  response: DescribeGroupsResponse,
}
const DELETE: Exchange<DeleteGroupsRequest, DeleteGroupsResponse> = {
  request: DeleteGroupsRequest,
  response: DeleteGroupsResponse,
}
/** Later ones have an error for a group that is not there, which KafkaJS tells as a dead one. */
const LAST_WITH_DEAD = 5

export function list(desk: Desk): Promise<{ groups: GroupOverview[] }> {
  return told(desk.retry, async () => {
    const groups = await listGroups(desk.link)
    return { groups: groups.map(({ groupId, protocolType }) => ({ groupId, protocolType })) }
  })
}

export async function describe(desk: Desk, groupIds: readonly string[]): Promise<{ groups: GroupDescription[] }> {
  return { groups: await told(desk.retry, () => Promise.all(groupIds.map((groupId) => describeGroup(desk.link, groupId)))) }
}

/** Throws a ClientError. */
export function describeGroup(link: Link, groupId: string): Promise<GroupDescription> {
  const patience = link.patience(`the description of ${groupId}`)
  return link.coordinator('group', groupId, patience, async (node) => {
    const { groups } = await link.send(node, DESCRIBE, { groups: [groupId] }, patience, { maxVersion: LAST_WITH_DEAD })
    const group = groups.find((each) => each.groupId === groupId)
    if (!group) throw new ClientError('MALFORMED_ANSWER', `the answer does not speak of group ${groupId}`)
    if (group.errorCode !== 0) throw brokerError(group.errorCode, patience.what)
    return {
      // Programs print it, or compare it with what KafkaJS gives.
      errorCode: 0,
      groupId,
      protocol: group.protocolData,
      protocolType: group.protocolType,
      state: group.groupState as ConsumerGroupState,
      members: group.members.map(({ memberId, clientId, clientHost, memberMetadata, memberAssignment }) => ({
        memberId,
        clientId,
        clientHost,
        memberMetadata: Buffer.from(memberMetadata),
        memberAssignment: Buffer.from(memberAssignment),
      })),
    }
  })
}

/** Throws a KafkaJSDeleteGroupsError that names those that are still there. */
export async function remove(desk: Desk, groupIds: string[]): Promise<DeleteGroupsResult[]> {
  need(Array.isArray(groupIds), `Invalid groupIds array ${groupIds}`)
  const wrong = groupIds.find((groupId) => typeof groupId !== 'string')
  need(wrong === undefined, `Invalid groupId name: ${JSON.stringify(wrong)}`)
  const results = await Promise.all(groupIds.map((groupId) => removeOne(desk, groupId)))
  const failed = results.flatMap(({ groupId, error, errorCode: code = 0 }) =>
    error ? [{ groupId, errorCode: code, error: error as KafkaJSError }] : [],
  )
  if (failed.length > 0) throw new KafkaJSDeleteGroupsError('Error in DeleteGroups', failed)
  return results
}

async function removeOne({ link, retry }: Desk, groupId: string): Promise<DeleteGroupsResult> {
  const patience = link.patience(`deleting ${groupId}`)
  try {
    await link.coordinator('group', groupId, patience, async (node) => {
      const { results } = await link.send(node, DELETE, { groupsNames: [groupId] }, patience)
      const code = results[0]?.errorCode ?? errorCode('UNKNOWN_SERVER_ERROR')
      if (code !== 0) throw brokerError(code, patience.what)
    })
    return { groupId, errorCode: 0 }
  } catch (thrown) {
    const error = translated(thrown)
    if (error instanceof KafkaJSProtocolError) return { groupId, errorCode: error.code, error }
    return told(retry, () => Promise.reject(thrown))
  }
}
