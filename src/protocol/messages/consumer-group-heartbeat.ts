// ConsumerGroupHeartbeat (API 68).

import { array, type Infer, int16, int32, message, nullable, string, struct, uuid } from '../schema.ts'

export const ConsumerGroupHeartbeatRequest = message({
  name: 'ConsumerGroupHeartbeatRequest',
  apiKey: 68,
  versions: '0-1',
  flexible: '0+',
  fields: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    instanceId: nullable(string()),
    rackId: nullable(string()),
    rebalanceTimeoutMs: int32({ initial: -1 }),
    subscribedTopicNames: nullable(array(string())),
    subscribedTopicRegex: nullable(string({ versions: '1+' })),
    serverAssignor: nullable(string()),
    topicPartitions: nullable(array({ topicId: uuid(), partitions: array(int32()) })),
  },
})
export type ConsumerGroupHeartbeatRequest = Infer<typeof ConsumerGroupHeartbeatRequest>

const topicPartitions = { topicId: uuid(), partitions: array(int32()) }

export const ConsumerGroupHeartbeatResponse = message({
  name: 'ConsumerGroupHeartbeatResponse',
  apiKey: 68,
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    memberId: nullable(string()),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    assignment: nullable(struct({ topicPartitions: array(topicPartitions) })),
  },
})
export type ConsumerGroupHeartbeatResponse = Infer<typeof ConsumerGroupHeartbeatResponse>
