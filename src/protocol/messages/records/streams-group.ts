// Streams groups (KIP-1071) in __consumer_offsets.

import { array, type Infer, int8, int16, int32, int64, message, nullable, string, struct, tagged, uint16 } from '../../schema.ts'

export const StreamsGroupCurrentMemberAssignmentKey = message({
  name: 'StreamsGroupCurrentMemberAssignmentKey',
  apiKey: 22,
  versions: '0',
  fields: { groupId: string(), memberId: string() },
})
export type StreamsGroupCurrentMemberAssignmentKey = Infer<typeof StreamsGroupCurrentMemberAssignmentKey>

const taskIds = {
  subtopologyId: string(),
  partitions: array(int32()),
  assignmentEpochs: tagged(0, nullable(array(int32()), { initiallyNull: false })),
}

export const StreamsGroupCurrentMemberAssignmentValue = message({
  name: 'StreamsGroupCurrentMemberAssignmentValue',
  apiKey: 22,
  versions: '0',
  flexible: '0+',
  fields: {
    memberEpoch: int32(),
    previousMemberEpoch: int32(),
    state: int8(),
    activeTasks: array(taskIds),
    standbyTasks: array(taskIds),
    warmupTasks: array(taskIds),
    activeTasksPendingRevocation: array(taskIds),
    standbyTasksPendingRevocation: array(taskIds),
    warmupTasksPendingRevocation: array(taskIds),
  },
})
export type StreamsGroupCurrentMemberAssignmentValue = Infer<typeof StreamsGroupCurrentMemberAssignmentValue>

export const StreamsGroupMemberMetadataKey = message({
  name: 'StreamsGroupMemberMetadataKey',
  apiKey: 19,
  versions: '0',
  fields: { groupId: string(), memberId: string() },
})
export type StreamsGroupMemberMetadataKey = Infer<typeof StreamsGroupMemberMetadataKey>

const endpoint = { host: string(), port: uint16() }

const keyValue = { key: string(), value: string() }

export const StreamsGroupMemberMetadataValue = message({
  name: 'StreamsGroupMemberMetadataValue',
  apiKey: 19,
  versions: '0',
  flexible: '0+',
  fields: {
    instanceId: nullable(string(), { initiallyNull: false }),
    rackId: nullable(string(), { initiallyNull: false }),
    clientId: string(),
    clientHost: string(),
    rebalanceTimeoutMs: int32({ initial: -1 }),
    topologyEpoch: int32(),
    processId: string(),
    userEndpoint: nullable(struct(endpoint)),
    clientTags: array(keyValue),
  },
})
export type StreamsGroupMemberMetadataValue = Infer<typeof StreamsGroupMemberMetadataValue>

export const StreamsGroupMetadataKey = message({
  name: 'StreamsGroupMetadataKey',
  apiKey: 17,
  versions: '0',
  fields: { groupId: string() },
})
export type StreamsGroupMetadataKey = Infer<typeof StreamsGroupMetadataKey>

const lastAssignmentConfig = { key: string(), value: string() }

export const StreamsGroupMetadataValue = message({
  name: 'StreamsGroupMetadataValue',
  apiKey: 17,
  versions: '0',
  flexible: '0+',
  fields: {
    epoch: int32(),
    metadataHash: int64(),
    validatedTopologyEpoch: tagged(0, int32({ initial: -1 })),
    lastAssignmentConfigs: tagged(1, nullable(array(lastAssignmentConfig), { initiallyNull: false })),
  },
})
export type StreamsGroupMetadataValue = Infer<typeof StreamsGroupMetadataValue>

export const StreamsGroupTargetAssignmentMemberKey = message({
  name: 'StreamsGroupTargetAssignmentMemberKey',
  apiKey: 21,
  versions: '0',
  fields: { groupId: string(), memberId: string() },
})
export type StreamsGroupTargetAssignmentMemberKey = Infer<typeof StreamsGroupTargetAssignmentMemberKey>

const streamsGroupTargetAssignmentMemberValueTaskIds = { subtopologyId: string(), partitions: array(int32()) }

export const StreamsGroupTargetAssignmentMemberValue = message({
  name: 'StreamsGroupTargetAssignmentMemberValue',
  apiKey: 21,
  versions: '0',
  flexible: '0+',
  fields: {
    activeTasks: array(streamsGroupTargetAssignmentMemberValueTaskIds),
    standbyTasks: array(streamsGroupTargetAssignmentMemberValueTaskIds),
    warmupTasks: array(streamsGroupTargetAssignmentMemberValueTaskIds),
  },
})
export type StreamsGroupTargetAssignmentMemberValue = Infer<typeof StreamsGroupTargetAssignmentMemberValue>

export const StreamsGroupTargetAssignmentMetadataKey = message({
  name: 'StreamsGroupTargetAssignmentMetadataKey',
  apiKey: 20,
  versions: '0',
  fields: { groupId: string() },
})
export type StreamsGroupTargetAssignmentMetadataKey = Infer<typeof StreamsGroupTargetAssignmentMetadataKey>

export const StreamsGroupTargetAssignmentMetadataValue = message({
  name: 'StreamsGroupTargetAssignmentMetadataValue',
  apiKey: 20,
  versions: '0',
  flexible: '0+',
  fields: { assignmentEpoch: int32() },
})
export type StreamsGroupTargetAssignmentMetadataValue = Infer<typeof StreamsGroupTargetAssignmentMetadataValue>

export const StreamsGroupTopologyKey = message({
  name: 'StreamsGroupTopologyKey',
  apiKey: 23,
  versions: '0',
  fields: { groupId: string() },
})
export type StreamsGroupTopologyKey = Infer<typeof StreamsGroupTopologyKey>

const topicConfig = { key: string(), value: string() }

const topicInfo = { name: string(), partitions: int32(), replicationFactor: int16(), topicConfigs: array(topicConfig) }

export const StreamsGroupTopologyValue = message({
  name: 'StreamsGroupTopologyValue',
  apiKey: 23,
  versions: '0',
  flexible: '0+',
  fields: {
    epoch: int32(),
    subtopologies: array({
      subtopologyId: string(),
      sourceTopics: array(string()),
      sourceTopicRegex: array(string()),
      stateChangelogTopics: array(topicInfo),
      repartitionSinkTopics: array(string()),
      repartitionSourceTopics: array(topicInfo),
      copartitionGroups: array({
        sourceTopics: array(int16()),
        sourceTopicRegex: array(int16()),
        repartitionSourceTopics: array(int16()),
      }),
    }),
  },
})
export type StreamsGroupTopologyValue = Infer<typeof StreamsGroupTopologyValue>
