// Share groups (KIP-932): their members, and where each partition stands.

import type { TopicPartition } from '../../assignors/index.ts'
import type { Exchange } from '../../net/peer.ts'
import {
  AlterShareGroupOffsetsRequest,
  AlterShareGroupOffsetsResponse,
} from '../../protocol/messages/alter-share-group-offsets.ts'
import {
  DeleteShareGroupOffsetsRequest,
  DeleteShareGroupOffsetsResponse,
} from '../../protocol/messages/delete-share-group-offsets.ts'
import {
  DescribeShareGroupOffsetsRequest,
  DescribeShareGroupOffsetsResponse,
} from '../../protocol/messages/describe-share-group-offsets.ts'
import { ShareGroupDescribeRequest, ShareGroupDescribeResponse } from '../../protocol/messages/share-group-describe.ts'
import { brokerError } from '../errors/index.ts'
import { type AclOperation, operationsOf } from './acl.ts'
import { byTopic, partitionsOf } from './by-topic.ts'
import { outcomesOfEach } from './each.ts'
import type { DescribeGroupsOptions, GroupState } from './groups.ts'
import { type CallOptions, type Link, onlyOne } from './link.ts'
import { Outcomes, partitionKey, partitionKeys } from './outcomes.ts'

const DESCRIBE: Exchange<ShareGroupDescribeRequest, ShareGroupDescribeResponse> = {
  request: ShareGroupDescribeRequest,
  response: ShareGroupDescribeResponse,
}
const LIST: Exchange<DescribeShareGroupOffsetsRequest, DescribeShareGroupOffsetsResponse> = {
  request: DescribeShareGroupOffsetsRequest,
  response: DescribeShareGroupOffsetsResponse,
}
const ALTER: Exchange<AlterShareGroupOffsetsRequest, AlterShareGroupOffsetsResponse> = {
  request: AlterShareGroupOffsetsRequest,
  response: AlterShareGroupOffsetsResponse,
}
const DELETE: Exchange<DeleteShareGroupOffsetsRequest, DeleteShareGroupOffsetsResponse> = {
  request: DeleteShareGroupOffsetsRequest,
  response: DeleteShareGroupOffsetsResponse,
}

export interface ShareMemberDescription {
  readonly memberId: string
  readonly memberEpoch: number
  readonly rackId: string | null
  readonly clientId: string
  readonly host: string
  readonly subscribedTopics: readonly string[]
  readonly assignment: readonly TopicPartition[]
}

export interface ShareGroupDescription {
  readonly groupId: string
  readonly state: GroupState
  readonly groupEpoch: number
  readonly targetAssignmentEpoch: number
  readonly assignor: string
  readonly coordinatorId: number
  readonly members: readonly ShareMemberDescription[]
  /** Null unless they were asked for. */
  readonly authorizedOperations: readonly AclOperation[] | null
}

export interface ShareGroupOffset {
  /** Everything below is done with; null where the group has not begun to read the partition. */
  readonly startOffset: number | null
  readonly leaderEpoch: number | null
  /** Records that are still to be delivered; null where the broker does not tell. */
  readonly lag: number | null
}

/** Share groups with their members and what each has. */
export function describeShareGroups(
  link: Link,
  groupIds: readonly string[],
  options: DescribeGroupsOptions = {},
): Promise<Outcomes<ShareGroupDescription>> {
  const { includeAuthorizedOperations = false } = options
  const patience = link.patience('the description of share groups', options)
  return outcomesOfEach(groupIds, (groupId) =>
    link.coordinator('group', groupId, patience, async (node) => {
      const { groups } = await link.send(node, DESCRIBE, { groupIds: [groupId], includeAuthorizedOperations }, patience)
      const group = onlyOne(groups, `group ${groupId}`)
      if (group.errorCode !== 0) throw brokerError(group.errorCode, `the description of ${groupId}`, group.errorMessage)
      return {
        groupId,
        state: group.groupState,
        groupEpoch: group.groupEpoch,
        targetAssignmentEpoch: group.assignmentEpoch,
        assignor: group.assignorName,
        coordinatorId: node.id!,
        members: group.members.map(({ clientHost, subscribedTopicNames, assignment, ...member }) => ({
          ...member,
          host: clientHost,
          subscribedTopics: subscribedTopicNames,
          assignment: partitionsOf(assignment),
        })),
        authorizedOperations: operationsOf(group.authorizedOperations),
      }
    }),
  )
}

/** Where the group stands, in these partitions or in all that it knows. */
export function listShareGroupOffsets(
  link: Link,
  groupId: string,
  options: CallOptions & { readonly partitions?: readonly TopicPartition[] | undefined } = {},
): Promise<Outcomes<ShareGroupOffset>> {
  const { partitions } = options
  const patience = link.patience(`the offsets of share group ${groupId}`, options)
  const topics = partitions
    ? byTopic(partitions).map(([topicName, some]) => ({ topicName, partitions: some.map(({ partition }) => partition) }))
    : null
  return link.coordinator('group', groupId, patience, async (node) => {
    const answer = await link.send(node, LIST, { groups: [{ groupId, topics }] }, patience)
    const group = onlyOne(answer.groups, `group ${groupId}`)
    if (group.errorCode !== 0) throw brokerError(group.errorCode, patience.what, group.errorMessage)
    const outcomes = new Outcomes<ShareGroupOffset>()
    for (const { topicName, partitions: some } of group.topics) {
      for (const { partitionIndex, errorCode: code, errorMessage, startOffset, leaderEpoch, lag } of some) {
        const key = partitionKey(topicName, partitionIndex)
        if (code !== 0) outcomes.failed(key, brokerError(code, `the offset of ${groupId} in ${key}`, errorMessage))
        else outcomes.succeeded(key, { startOffset: known(startOffset), leaderEpoch: known(leaderEpoch), lag: known(lag) })
      }
    }
    return outcomes.settle(partitionKeys(partitions ?? []), patience.what)
  })
}

/** Lets a group that has no members go on elsewhere. */
export function alterShareGroupOffsets(
  link: Link,
  groupId: string,
  offsets: readonly (TopicPartition & { readonly offset: number })[],
  options?: CallOptions,
): Promise<Outcomes<void>> {
  const patience = link.patience(`setting the offsets of share group ${groupId}`, options)
  const topics = byTopic(offsets).map(([topicName, some]) => ({
    topicName,
    partitions: some.map(({ partition, offset }) => ({ partitionIndex: partition, startOffset: offset })),
  }))
  return link.coordinator('group', groupId, patience, async (node) => {
    const answer = await link.send(node, ALTER, { groupId, topics }, patience)
    if (answer.errorCode !== 0) throw brokerError(answer.errorCode, patience.what, answer.errorMessage)
    const outcomes = new Outcomes<void>()
    for (const { topicName, partitions } of answer.responses) {
      for (const { partitionIndex, errorCode: code, errorMessage } of partitions) {
        const key = partitionKey(topicName, partitionIndex)
        if (code !== 0) outcomes.failed(key, brokerError(code, `the offset of ${groupId} in ${key}`, errorMessage))
        else outcomes.succeeded(key, undefined)
      }
    }
    return outcomes.settle(partitionKeys(offsets), patience.what)
  })
}

/** Forgets where a group that has no members stands in these topics. By topic. */
export function deleteShareGroupOffsets(
  link: Link,
  groupId: string,
  topics: readonly string[],
  options?: CallOptions,
): Promise<Outcomes<void>> {
  const patience = link.patience(`deleting offsets of share group ${groupId}`, options)
  return link.coordinator('group', groupId, patience, async (node) => {
    const body = { groupId, topics: topics.map((topicName) => ({ topicName })) }
    const answer = await link.send(node, DELETE, body, patience)
    if (answer.errorCode !== 0) throw brokerError(answer.errorCode, patience.what, answer.errorMessage)
    const outcomes = new Outcomes<void>()
    for (const { topicName, errorCode: code, errorMessage } of answer.responses) {
      if (code !== 0) outcomes.failed(topicName, brokerError(code, `the offsets of ${groupId} in ${topicName}`, errorMessage))
      else outcomes.succeeded(topicName, undefined)
    }
    return outcomes.settle(topics, patience.what)
  })
}

const known = (number: number) => (number < 0 ? null : number)
