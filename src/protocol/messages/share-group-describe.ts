// ShareGroupDescribe (API 77).

import { array, bool, type Infer, int16, int32, message, nullable, string, struct, uuid } from '../schema.ts'

export const ShareGroupDescribeRequest = message({
  name: 'ShareGroupDescribeRequest',
  apiKey: 77,
  versions: '1',
  flexible: '0+',
  fields: { groupIds: array(string()), includeAuthorizedOperations: bool() },
})
export type ShareGroupDescribeRequest = Infer<typeof ShareGroupDescribeRequest>

const topicPartitions = { topicId: uuid(), topicName: string(), partitions: array(int32()) }

const assignment = { topicPartitions: array(topicPartitions) }

export const ShareGroupDescribeResponse = message({
  name: 'ShareGroupDescribeResponse',
  apiKey: 77,
  versions: '1',
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
      assignorName: string(),
      members: array({
        memberId: string(),
        rackId: nullable(string()),
        memberEpoch: int32(),
        clientId: string(),
        clientHost: string(),
        subscribedTopicNames: array(string()),
        assignment: struct(assignment),
      }),
      authorizedOperations: int32({ initial: -2147483648 }),
    }),
  },
})
export type ShareGroupDescribeResponse = Infer<typeof ShareGroupDescribeResponse>
