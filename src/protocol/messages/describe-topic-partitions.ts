// DescribeTopicPartitions (API 75).

import { array, bool, type Infer, int16, int32, message, nullable, string, struct, uuid } from '../schema.ts'

export const DescribeTopicPartitionsRequest = message({
  name: 'DescribeTopicPartitionsRequest',
  apiKey: 75,
  versions: '0',
  flexible: '0+',
  fields: {
    topics: array({ name: string() }),
    responsePartitionLimit: int32({ initial: 2000 }),
    cursor: nullable(struct({ topicName: string(), partitionIndex: int32() })),
  },
})
export type DescribeTopicPartitionsRequest = Infer<typeof DescribeTopicPartitionsRequest>

export const DescribeTopicPartitionsResponse = message({
  name: 'DescribeTopicPartitionsResponse',
  apiKey: 75,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: array({
      errorCode: int16(),
      name: nullable(string(), { initiallyNull: false }),
      topicId: uuid({ ignorable: true }),
      isInternal: bool({ ignorable: true }),
      partitions: array({
        errorCode: int16(),
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32({ initial: -1, ignorable: true }),
        replicaNodes: array(int32()),
        isrNodes: array(int32()),
        eligibleLeaderReplicas: nullable(array(int32())),
        lastKnownElr: nullable(array(int32())),
        offlineReplicas: array(int32(), { ignorable: true }),
      }),
      topicAuthorizedOperations: int32({ initial: -2147483648 }),
    }),
    nextCursor: nullable(struct({ topicName: string(), partitionIndex: int32() })),
  },
})
export type DescribeTopicPartitionsResponse = Infer<typeof DescribeTopicPartitionsResponse>
