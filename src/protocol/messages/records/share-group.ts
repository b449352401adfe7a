// Share groups (KIP-932) in __consumer_offsets.

import { array, type Infer, int8, int32, int64, message, nullable, string, uuid } from '../../schema.ts'

export const ShareGroupCurrentMemberAssignmentKey = message({
  name: 'ShareGroupCurrentMemberAssignmentKey',
  apiKey: 14,
  versions: '0',
  fields: { groupId: string(), memberId: string() },
})
export type ShareGroupCurrentMemberAssignmentKey = Infer<typeof ShareGroupCurrentMemberAssignmentKey>

const topicPartitions = { topicId: uuid(), partitions: array(int32()) }

export const ShareGroupCurrentMemberAssignmentValue = message({
  name: 'ShareGroupCurrentMemberAssignmentValue',
  apiKey: 14,
  versions: '0',
  flexible: '0+',
  fields: { memberEpoch: int32(), previousMemberEpoch: int32(), state: int8(), assignedPartitions: array(topicPartitions) },
})
export type ShareGroupCurrentMemberAssignmentValue = Infer<typeof ShareGroupCurrentMemberAssignmentValue>

export const ShareGroupMemberMetadataKey = message({
  name: 'ShareGroupMemberMetadataKey',
  apiKey: 10,
  versions: '0',
  fields: { groupId: string(), memberId: string() },
})
export type ShareGroupMemberMetadataKey = Infer<typeof ShareGroupMemberMetadataKey>

export const ShareGroupMemberMetadataValue = message({
  name: 'ShareGroupMemberMetadataValue',
  apiKey: 10,
  versions: '0',
  flexible: '0+',
  fields: {
    rackId: nullable(string(), { initiallyNull: false }),
    clientId: string(),
    clientHost: string(),
    subscribedTopicNames: array(string()),
  },
})
export type ShareGroupMemberMetadataValue = Infer<typeof ShareGroupMemberMetadataValue>

export const ShareGroupMetadataKey = message({
  name: 'ShareGroupMetadataKey',
  apiKey: 11,
  versions: '0',
  fields: { groupId: string() },
})
export type ShareGroupMetadataKey = Infer<typeof ShareGroupMetadataKey>

export const ShareGroupMetadataValue = message({
  name: 'ShareGroupMetadataValue',
  apiKey: 11,
  versions: '0',
  flexible: '0+',
  fields: { epoch: int32(), metadataHash: int64() },
})
export type ShareGroupMetadataValue = Infer<typeof ShareGroupMetadataValue>

export const ShareGroupStatePartitionMetadataKey = message({
  name: 'ShareGroupStatePartitionMetadataKey',
  apiKey: 15,
  versions: '0',
  fields: { groupId: string() },
})
export type ShareGroupStatePartitionMetadataKey = Infer<typeof ShareGroupStatePartitionMetadataKey>

const topicPartitionsInfo = { topicId: uuid(), topicName: string(), partitions: array(int32()) }

const topicInfo = { topicId: uuid(), topicName: string() }

export const ShareGroupStatePartitionMetadataValue = message({
  name: 'ShareGroupStatePartitionMetadataValue',
  apiKey: 15,
  versions: '0',
  flexible: '0+',
  fields: {
    initializingTopics: array(topicPartitionsInfo),
    initializedTopics: array(topicPartitionsInfo),
    deletingTopics: array(topicInfo),
  },
})
export type ShareGroupStatePartitionMetadataValue = Infer<typeof ShareGroupStatePartitionMetadataValue>

export const ShareGroupTargetAssignmentMemberKey = message({
  name: 'ShareGroupTargetAssignmentMemberKey',
  apiKey: 13,
  versions: '0',
  fields: { groupId: string(), memberId: string() },
})
export type ShareGroupTargetAssignmentMemberKey = Infer<typeof ShareGroupTargetAssignmentMemberKey>

export const ShareGroupTargetAssignmentMemberValue = message({
  name: 'ShareGroupTargetAssignmentMemberValue',
  apiKey: 13,
  versions: '0',
  flexible: '0+',
  fields: { topicPartitions: array({ topicId: uuid(), partitions: array(int32()) }) },
})
export type ShareGroupTargetAssignmentMemberValue = Infer<typeof ShareGroupTargetAssignmentMemberValue>

export const ShareGroupTargetAssignmentMetadataKey = message({
  name: 'ShareGroupTargetAssignmentMetadataKey',
  apiKey: 12,
  versions: '0',
  fields: { groupId: string() },
})
export type ShareGroupTargetAssignmentMetadataKey = Infer<typeof ShareGroupTargetAssignmentMetadataKey>

export const ShareGroupTargetAssignmentMetadataValue = message({
  name: 'ShareGroupTargetAssignmentMetadataValue',
  apiKey: 12,
  versions: '0',
  flexible: '0+',
  fields: { assignmentEpoch: int32() },
})
export type ShareGroupTargetAssignmentMetadataValue = Infer<typeof ShareGroupTargetAssignmentMetadataValue>
