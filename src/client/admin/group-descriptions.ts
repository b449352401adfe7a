// Consumer groups and classic groups of any kind, with their members and what each of them has.

import { CONSUMER_PROTOCOL, readAssignment } from '../../assignors/consumer-protocol.ts'
import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import { ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse } from '../../protocol/messages/consumer-group-describe.ts'
import { DescribeGroupsRequest, DescribeGroupsResponse } from '../../protocol/messages/describe-groups.ts'
import { brokerError, clientError } from '../errors/index.ts'
import type { Patience } from '../patience.ts'
import { type AclOperation, operationsOf } from './acl.ts'
import { partitionsOf } from './by-topic.ts'
import { outcomesOfEach } from './each.ts'
import type { DescribeGroupsOptions, GroupState } from './groups.ts'
import { clientErrorOf, type Link, onlyOne } from './link.ts'
import type { Outcomes } from './outcomes.ts'

const DESCRIBE: Exchange<DescribeGroupsRequest, DescribeGroupsResponse> = {
  request: DescribeGroupsRequest,
  response: DescribeGroupsResponse,
}
const DESCRIBE_CONSUMER: Exchange<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse> = {
  request: ConsumerGroupDescribeRequest,
  response: ConsumerGroupDescribeResponse,
}
const FIRST_WITH_OPERATIONS = 3

export interface MemberDescription {
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** Null where it has none, or a classic group does not tell. */
  readonly rackId: string | null
  readonly clientId: string
  readonly host: string
  /** Empty where the members are no consumers: only they know what they have. */
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
  /** Null unless they were asked for. */
  readonly authorizedOperations: readonly AclOperation[] | null
}

/** Consumer groups of both protocols, with their members and what each has. */
export function describeConsumerGroups(
  link: Link,
  groupIds: readonly string[],
  options: DescribeGroupsOptions = {},
): Promise<Outcomes<GroupDescription>> {
  const { includeAuthorizedOperations = false } = options
  const patience = link.patience('the description of groups', options)
  // One that the newer protocol does not know is asked for in the older one, and so is every one of an older broker.
  return outcomesOfEach(groupIds, async (groupId) => {
    try {
      return await describeConsumer(link, groupId, includeAuthorizedOperations, patience)
    } catch (thrown) {
      const { code } = clientErrorOf(thrown)
      if (code !== 'GROUP_ID_NOT_FOUND' && code !== 'UNSUPPORTED_VERSION') throw thrown
      return describeClassic(link, groupId, includeAuthorizedOperations, patience)
    }
  })
}

/** Groups of the classic protocol, whatever their members are: consumers, workers of Connect. */
export function describeClassicGroups(
  link: Link,
  groupIds: readonly string[],
  options: DescribeGroupsOptions = {},
): Promise<Outcomes<GroupDescription>> {
  const { includeAuthorizedOperations = false } = options
  const patience = link.patience('the description of classic groups', options)
  return outcomesOfEach(groupIds, (groupId) => describeClassic(link, groupId, includeAuthorizedOperations, patience))
}

function describeConsumer(
  link: Link,
  groupId: string,
  includeAuthorizedOperations: boolean,
  patience: Patience,
): Promise<GroupDescription> {
  return link.coordinator('group', groupId, patience, async (node) => {
    const body = { groupIds: [groupId], includeAuthorizedOperations }
    const { groups } = await link.send(node, DESCRIBE_CONSUMER, body, patience)
    const group = onlyOne(groups, `group ${groupId}`)
    if (group.errorCode !== 0) throw brokerError(group.errorCode, `the description of ${groupId}`, group.errorMessage)
    return {
      groupId,
      type: 'Consumer' as const,
      state: group.groupState,
      protocolType: CONSUMER_PROTOCOL,
      assignor: group.assignorName,
      groupEpoch: group.groupEpoch,
      targetAssignmentEpoch: group.assignmentEpoch,
      coordinatorId: node.id!,
      members: group.members.map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.instanceId,
        rackId: member.rackId,
        clientId: member.clientId,
        host: member.clientHost,
        assignment: partitionsOf(member.assignment),
        targetAssignment: partitionsOf(member.targetAssignment),
        memberEpoch: member.memberEpoch,
        isUpgraded: member.memberType < 0 ? null : member.memberType === 1,
      })),
      authorizedOperations: operationsOf(group.authorizedOperations),
    }
  })
}

function describeClassic(
  link: Link,
  groupId: string,
  includeAuthorizedOperations: boolean,
  patience: Patience,
): Promise<GroupDescription> {
  return link.coordinator('group', groupId, patience, async (node) => {
    const body = (version: number) => {
      if (includeAuthorizedOperations) link.needs(version, FIRST_WITH_OPERATIONS, 'authorized operations of groups')
      return { groups: [groupId], ...(includeAuthorizedOperations ? { includeAuthorizedOperations } : {}) }
    }
    const { groups } = await link.send(node, DESCRIBE, body, patience)
    const group = onlyOne(groups, `group ${groupId}`)
    if (group.errorCode !== 0) throw brokerError(group.errorCode, `the description of ${groupId}`, group.errorMessage)
    const hasConsumers = group.protocolType === CONSUMER_PROTOCOL
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
        rackId: null,
        clientId: member.clientId,
        host: member.clientHost,
        assignment: hasConsumers ? assignmentOf(member, groupId) : [],
        targetAssignment: null,
        memberEpoch: null,
        isUpgraded: null,
      })),
      authorizedOperations: operationsOf(group.authorizedOperations),
    }
  })
}

type ClassicMember = DescribeGroupsResponse['groups'][number]['members'][number]

/** Members write it themselves: what one of them wrote badly is wrong with its group, and with no other. */
function assignmentOf({ memberId, memberAssignment }: ClassicMember, groupId: string): readonly TopicPartition[] {
  try {
    return [...readAssignment(memberAssignment).partitions]
  } catch (thrown) {
    throw clientError(thrown, `the assignment of ${memberId} in group ${groupId}`)
  }
}
