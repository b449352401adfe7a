// StreamsGroupHeartbeat (API 88).

import { array, bool, type Infer, int8, int16, int32, int64, message, nullable, string, struct, uint16 } from '../schema.ts'

const keyValue = { key: string(), value: string() }

const topicInfo = { name: string(), partitions: int32(), replicationFactor: int16(), topicConfigs: array(keyValue) }

const endpoint = { host: string(), port: uint16() }

const taskOffset = { subtopologyId: string(), partition: int32(), offset: int64() }

const taskIds = { subtopologyId: string(), partitions: array(int32()) }

export const StreamsGroupHeartbeatRequest = message({
  name: 'StreamsGroupHeartbeatRequest',
  apiKey: 88,
  versions: '0',
  flexible: '0+',
  fields: {
    groupId: string(),
    memberId: string(),
    memberEpoch: int32(),
    endpointInformationEpoch: int32(),
    instanceId: nullable(string()),
    rackId: nullable(string()),
    rebalanceTimeoutMs: int32({ initial: -1 }),
    topology: nullable(
      struct({
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
      }),
    ),
    activeTasks: nullable(array(taskIds)),
    standbyTasks: nullable(array(taskIds)),
    warmupTasks: nullable(array(taskIds)),
    processId: nullable(string()),
    userEndpoint: nullable(struct(endpoint)),
    clientTags: nullable(array(keyValue)),
    taskOffsets: nullable(array(taskOffset)),
    taskEndOffsets: nullable(array(taskOffset)),
    shutdownApplication: bool(),
  },
})
export type StreamsGroupHeartbeatRequest = Infer<typeof StreamsGroupHeartbeatRequest>

const status = { statusCode: int8(), statusDetail: string() }

const topicPartition = { topic: string(), partitions: array(int32()) }

export const StreamsGroupHeartbeatResponse = message({
  name: 'StreamsGroupHeartbeatResponse',
  apiKey: 88,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    memberId: string(),
    memberEpoch: int32(),
    heartbeatIntervalMs: int32(),
    acceptableRecoveryLag: int32(),
    taskOffsetIntervalMs: int32(),
    status: nullable(array(status), { initiallyNull: false }),
    activeTasks: nullable(array(taskIds)),
    standbyTasks: nullable(array(taskIds)),
    warmupTasks: nullable(array(taskIds)),
    endpointInformationEpoch: int32(),
    partitionsByUserEndpoint: nullable(
      array({
        userEndpoint: struct(endpoint),
        activePartitions: array(topicPartition),
        standbyPartitions: array(topicPartition),
      }),
    ),
  },
})
export type StreamsGroupHeartbeatResponse = Infer<typeof StreamsGroupHeartbeatResponse>
