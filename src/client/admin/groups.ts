// Groups of every kind: consumer groups of both protocols, share groups, streams groups.

import { readAssignment } from '../../assignors/consumer-protocol.ts'
import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse } from '../../protocol/messages/consumer-group-describe.ts'
import { DeleteGroupsRequest, DeleteGroupsResponse } from '../../protocol/messages/delete-groups.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../protocol/messages/describe-groups.ts'
import { ListGroupsRequest, ListGroupsResponse } from '../../protocol/messages/list-groups.ts'
import { brokerError, ClientError, clientError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import { type CallOptions, clientErrorOf, type Link } from './link.ts'
import { Outcomes } from './outcomes.ts'

const LIST: Exchange<ListGroupsRequest, ListGroupsResponse> = { request: ListGroupsRequest, response: ListGroupsResponse }
const DESCRIBE: Exchange<DescribeGroupsRequest, DescribeGroupsResponse> = {
  request: DescribeGroupsRequest,
  response: DescribeGroupsResponse,
}
const DESCRIBE_CONSUMER: Exchange<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse> = {
  request: ConsumerGroupDescribeRequest,
  response: ConsumerGroupDescribeResponse,
}
const DELETE: Exchange<DeleteGroupsRequest, DeleteGroupsResponse> = {
  request: DeleteGroupsRequest,
  response: DeleteGroupsResponse,
}
const FIRST_WITH_STATES = 4
const FIRST_WITH_TYPES = 5

/** As brokers call them; others may come. */
export type GroupType = 'Classic' | 'Consumer' | 'Share' | 'Streams' | (string & {})
export type GroupState =
  | 'PreparingRebalance'
  | 'CompletingRebalance'
  | 'Stable'
  | 'Dead'
  | 'Empty'
  | 'Assigning'
  | 'Reconciling'
  | (string & {})

export interface GroupListing {
  readonly groupId: string
  /** "consumer" with members that are consumers; empty for a group that only commits. */
  readonly protocolType: string
  /** Empty where the broker is too old to tell. */
  readonly state: GroupState
  /** Empty where the broker is too old to tell. */
  readonly type: GroupType
}

export interface GroupFilter extends CallOptions {
  /** Only groups in these states; missing or empty: in any. */
  readonly states?: readonly GroupState[]
  /** Only groups of these types; missing or empty: of any. */
  readonly types?: readonly GroupType[]
}

export interface MemberDescription {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly host: string
  readonly assignment: readonly TopicPartition[]
  /** What it is to have when the rebalance is over; null for a classic group. */
  readonly targetAssignment: readonly TopicPartition[] | null
  /** Null for a classic group. */
  readonly memberEpoch: number | null
  /** Whether it speaks the protocol of its group already (KIP-1071); null where the broker does not tell. */
  readonly isUpgraded: boolean | null
}

export interface GroupDescription {
  readonly groupId: string
  readonly type: 'Classic' | 'Consumer'
  readonly state: GroupState
  readonly protocolType: string
  /** The assignor that the group uses; empty where it has none. */
  readonly assignor: string
  /** Null for a classic group. */
  readonly groupEpoch: number | null
  readonly targetAssignmentEpoch: number | null
  readonly coordinatorId: number
  readonly members: readonly MemberDescription[]
}

/** All groups that the brokers coordinate. Throws what one of them says, where it says nothing else. */
export async function listGroups(
  link: Link,
  { states = [], types = [], ...options }: GroupFilter = {},
): Promise<readonly GroupListing[]> {
  const patience = link.patience('the list of groups', options)
  const found = new Map<string, GroupListing>()
  const ids = await link.brokerIds(patience)
  await Promise.all(
    ids.map(async (id) => {
      const answer = await link.broker(
        id,
        LIST,
        (version) => ({
          ...(version >= FIRST_WITH_STATES || states.length > 0 ? { statesFilter: [...states] } : {}),
          ...(version >= FIRST_WITH_TYPES || types.length > 0 ? { typesFilter: [...types] } : {}),
        }),
        patience,
      )
      for (const { groupId, protocolType, groupState, groupType } of answer.groups)
        found.set(groupId, { groupId, protocolType, state: groupState, type: called(groupType) })
    }),
  )
  return [...found.values()].sort((a, b) => (a.groupId < b.groupId ? -1 : 1))
}

/** Brokers do not agree on the first letter. */
const called = (type: string): GroupType => type.slice(0, 1).toUpperCase() + type.slice(1)

/** Consumer groups of both protocols, with their members and what each has. */
export async function describeConsumerGroups(
  link: Link,
  groupIds: readonly string[],
  options?: CallOptions,
): Promise<Outcomes<GroupDescription>> {
  const patience = link.patience('the description of groups', options)
  const outcomes = new Outcomes<GroupDescription>()
  await Promise.all(
    groupIds.map(async (groupId) => {
      try {
        outcomes.succeeded(groupId, await describeOne(link, groupId, patience))
      } catch (thrown) {
        outcomes.failed(groupId, clientErrorOf(thrown))
      }
    }),
  )
  return outcomes
}

/** One that the newer protocol does not know is asked for in the older one, and so is every one of an older broker. */
async function describeOne(link: Link, groupId: string, patience: Patience): Promise<GroupDescription> {
  try {
    return await describeConsumer(link, groupId, patience)
  } catch (thrown) {
    const { code } = clientErrorOf(thrown)
    if (code !== 'GROUP_ID_NOT_FOUND' && code !== 'UNSUPPORTED_VERSION') throw thrown
    return describeClassic(link, groupId, patience)
  }
}

function describeConsumer(link: Link, groupId: string, patience: Patience): Promise<GroupDescription> {
  return link.coordinator('group', groupId, patience, async (node) => {
    const { groups } = await link.send(node, DESCRIBE_CONSUMER, { groupIds: [groupId] }, patience)
    const group = onlyOne(groups, groupId)
    if (group.errorCode !== 0) throw brokerError(group.errorCode, `the description of ${groupId}`, group.errorMessage)
    return {
      groupId,
      type: 'Consumer' as const,
      state: group.groupState,
      protocolType: 'consumer',
      assignor: group.assignorName,
      groupEpoch: group.groupEpoch,
      targetAssignmentEpoch: group.assignmentEpoch,
      coordinatorId: node.id!,
      members: group.members.map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.instanceId,
        clientId: member.clientId,
        host: member.clientHost,
        assignment: partitionsOf(member.assignment),
        targetAssignment: partitionsOf(member.targetAssignment),
        memberEpoch: member.memberEpoch,
        isUpgraded: member.memberType < 0 ? null : member.memberType === 1,
      })),
    }
  })
}

function describeClassic(link: Link, groupId: string, patience: Patience): Promise<GroupDescription> {
  return link.coordinator('group', groupId, patience, async (node) => {
    const { groups } = await link.send(node, DESCRIBE, { groups: [groupId] }, patience)
    const group = onlyOne(groups, groupId)
    if (group.errorCode !== 0) throw brokerError(group.errorCode, `the description of ${groupId}`, group.errorMessage)
    return {
      groupId,
      type: 'Classic' as const,
      state: group.groupState,
      protocolType: group.protocolType,
      assignor: group.protocolData,
      groupEpoch: null,
      targetAssignmentEpoch: null,
      coordinatorId: node.id!,
      members: group.members.map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        host: member.clientHost,
        assignment: group.protocolType === 'consumer' ? assignmentOf(member, groupId) : [],
        targetAssignment: null,
        memberEpoch: null,
        isUpgraded: null,
      })),
    }
  })
}

/** Members write it themselves: what one of them wrote badly is wrong with its group, and with no other. */
function assignmentOf({ memberId, memberAssignment }: { memberId: string; memberAssignment: Uint8Array }, groupId: string) {
  try {
    return [...readAssignment(memberAssignment).partitions]
  } catch (thrown) {
    throw clientError(thrown, `the assignment of ${memberId} in group ${groupId}`)
  }
}

/** Deletes groups that have no members, with their offsets. */
export async function deleteGroups(link: Link, groupIds: readonly string[], options?: CallOptions): Promise<Outcomes<void>> {
  const patience = link.patience('deleting groups', options)
  const outcomes = new Outcomes<void>()
  await Promise.all(
    groupIds.map(async (groupId) => {
      try {
        await link.coordinator('group', groupId, patience, async (node) => {
          const { results } = await link.send(node, DELETE, { groupsNames: [groupId] }, patience)
          const { errorCode: code } = onlyOne(results, groupId)
          if (code !== 0) throw brokerError(code, `deleting ${groupId}`)
        })
        outcomes.succeeded(groupId, undefined)
      } catch (thrown) {
        outcomes.failed(groupId, clientErrorOf(thrown))
      }
    }),
  )
  return outcomes
}

function onlyOne<T>(items: readonly T[], groupId: string): T {
  const [item] = items
  if (item === undefined) throw new ClientError('MALFORMED_ANSWER', `the answer does not speak of group ${groupId}`)
  return item
}

type Assignment = ConsumerGroupDescribeResponse['groups'][number]['members'][number]['assignment']

function partitionsOf({ topicPartitions }: Assignment): TopicPartition[] {
  return topicPartitions.flatMap(({ topicName, partitions }) => partitions.map((partition) => ({ topic: topicName, partition })))
}
