// StreamsGroupDescribe (API 89).

import { array, bool, type Infer, int16, int32, int64, message, nullable, string, struct, uint16 } from '../schema.ts'

export const StreamsGroupDescribeRequest = message({
  name: 'StreamsGroupDescribeRequest',
  apiKey: 89,
  versions: '0',
  flexible: '0+',
  fields: { groupIds: array(string()), includeAuthorizedOperations: bool() },
})
export type StreamsGroupDescribeRequest = Infer<typeof StreamsGroupDescribeRequest>

const endpoint = { host: string(), port: uint16() }

const taskOffset = { subtopologyId: string(), partition: int32(), offset: int64() }

const taskIds = { subtopologyId: string(), partitions: array(int32()) }

const assignment = { activeTasks: array(taskIds), standbyTasks: array(taskIds), warmupTasks: array(taskIds) }

const keyValue = { key: string(), value: string() }

const topicInfo = { name: string(), partitions: int32(), replicationFactor: int16(), topicConfigs: array(keyValue) }

export const StreamsGroupDescribeResponse = message({
  name: 'StreamsGroupDescribeResponse',
  apiKey: 89,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    groups: array({
      errorCode: int16(),
      errorMessage: nullable(string()),
      groupId: string(),
      groupState: string(),
      groupEpoch: int32(),
      assignmentEpoch: int32(),
      topology: nullable(
        struct({
          epoch: int32(),
          subtopologies: nullable(
            array({
              subtopologyId: string(),
              sourceTopics: array(string()),
              repartitionSinkTopics: array(string()),
              stateChangelogTopics: array(topicInfo),
              repartitionSourceTopics: array(topicInfo),
            }),
          ),
        }),
      ),
      members: array({
        memberId: string(),
        memberEpoch: int32(),
        instanceId: nullable(string()),
        rackId: nullable(string()),
        clientId: string(),
        clientHost: string(),
        topologyEpoch: int32(),
        processId: string(),
        userEndpoint: nullable(struct(endpoint)),
        clientTags: array(keyValue),
        taskOffsets: array(taskOffset),
        taskEndOffsets: array(taskOffset),
        assignment: struct(assignment),
        targetAssignment: struct(assignment),
        isClassic: bool(),
      }),
      authorizedOperations: int32({ initial: -2147483648 }),
    }),
  },
})
export type StreamsGroupDescribeResponse = Infer<typeof StreamsGroupDescribeResponse>
