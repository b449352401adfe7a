// Streams groups (KIP-1071): the topology that their members run, and which tasks each of them has. Their offsets are those of any group.

import type { Exchange } from '../../net/peer.ts'
import { StreamsGroupDescribeRequest, StreamsGroupDescribeResponse } from '../../protocol/messages/streams-group-describe.ts'
import { brokerError } from '../errors/index.ts'
import { type AclOperation, operationsOf } from './acl.ts'
import { outcomesOfEach } from './each.ts'
import type { DescribeGroupsOptions, GroupState } from './groups.ts'
import { type Link, onlyOne } from './link.ts'
import type { Outcomes } from './outcomes.ts'

const DESCRIBE: Exchange<StreamsGroupDescribeRequest, StreamsGroupDescribeResponse> = {
  request: StreamsGroupDescribeRequest,
  response: StreamsGroupDescribeResponse,
}

export interface StreamsTasks {
  readonly subtopologyId: string
  readonly partitions: readonly number[]
}

export interface StreamsAssignment {
  readonly activeTasks: readonly StreamsTasks[]
  readonly standbyTasks: readonly StreamsTasks[]
  readonly warmupTasks: readonly StreamsTasks[]
}

export interface StreamsTaskOffset {
  readonly subtopologyId: string
  readonly partition: number
  readonly offset: number
}

export interface StreamsMemberDescription {
  readonly memberId: string
  readonly memberEpoch: number
  readonly groupInstanceId: string | null
  readonly rackId: string | null
  readonly clientId: string
  readonly host: string
  /** Of the topology that it runs. */
  readonly topologyEpoch: number
  readonly processId: string
  /** Where interactive queries find it. */
  readonly userEndpoint: { readonly host: string; readonly port: number } | null
  readonly clientTags: Readonly<Record<string, string>>
  /** How far its state is, and how far the logs behind it are. */
  readonly taskOffsets: readonly StreamsTaskOffset[]
  readonly taskEndOffsets: readonly StreamsTaskOffset[]
  readonly assignment: StreamsAssignment
  /** What it is to have when the rebalance is over. */
  readonly targetAssignment: StreamsAssignment
  /** It speaks the classic protocol. */
  readonly isClassic: boolean
}

export interface StreamsInternalTopic {
  readonly name: string
  /** 0: as many as the source topics have. */
  readonly partitions: number
  /** 0: as the brokers give. */
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export interface StreamsSubtopology {
  readonly subtopologyId: string
  readonly sourceTopics: readonly string[]
  readonly repartitionSinkTopics: readonly string[]
  readonly stateChangelogTopics: readonly StreamsInternalTopic[]
  readonly repartitionSourceTopics: readonly StreamsInternalTopic[]
}

export interface StreamsGroupDescription {
  readonly groupId: string
  /** `NotReady`: something that the topology needs is missing, such as a source topic. */
  readonly state: GroupState
  readonly groupEpoch: number
  readonly targetAssignmentEpoch: number
  /** Null where no member has told one yet. */
  readonly topologyEpoch: number | null
  readonly subtopologies: readonly StreamsSubtopology[]
  readonly coordinatorId: number
  readonly members: readonly StreamsMemberDescription[]
  /** Null unless they were asked for. */
  readonly authorizedOperations: readonly AclOperation[] | null
}

/** Streams groups with their topologies, members and tasks. */
export function describeStreamsGroups(
  link: Link,
  groupIds: readonly string[],
  options: DescribeGroupsOptions = {},
): Promise<Outcomes<StreamsGroupDescription>> {
  const { includeAuthorizedOperations = false } = options
  const patience = link.patience('the description of streams groups', options)
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
        topologyEpoch: group.topology?.epoch ?? null,
        subtopologies: (group.topology?.subtopologies ?? []).map(subtopologyOf),
        coordinatorId: node.id!,
        members: group.members.map(memberOf),
        authorizedOperations: operationsOf(group.authorizedOperations),
      }
    }),
  )
}

type Group = StreamsGroupDescribeResponse['groups'][number]
type Subtopology = NonNullable<NonNullable<Group['topology']>['subtopologies']>[number]
type InternalTopic = Subtopology['stateChangelogTopics'][number]

function subtopologyOf({ stateChangelogTopics, repartitionSourceTopics, ...rest }: Subtopology): StreamsSubtopology {
  return {
    ...rest,
    stateChangelogTopics: stateChangelogTopics.map(internalTopicOf),
    repartitionSourceTopics: repartitionSourceTopics.map(internalTopicOf),
  }
}

function internalTopicOf({ topicConfigs, ...topic }: InternalTopic): StreamsInternalTopic {
  return { ...topic, configs: recordOf(topicConfigs) }
}

function memberOf({ instanceId, clientHost, clientTags, ...member }: Group['members'][number]): StreamsMemberDescription {
  return { ...member, groupInstanceId: instanceId, host: clientHost, clientTags: recordOf(clientTags) }
}

const recordOf = (pairs: readonly { readonly key: string; readonly value: string }[]) =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value]))
