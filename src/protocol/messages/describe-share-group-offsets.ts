// DescribeShareGroupOffsets (API 90).

import { array, type Infer, int16, int32, int64, message, nullable, string, uuid } from '../schema.ts'

export const DescribeShareGroupOffsetsRequest = message({
  name: 'DescribeShareGroupOffsetsRequest',
  apiKey: 90,
  versions: '0-1',
  flexible: '0+',
  fields: {
    groups: array({
      groupId: string(),
      topics: nullable(array({ topicName: string(), partitions: array(int32()) }), { initiallyNull: false }),
    }),
  },
})
export type DescribeShareGroupOffsetsRequest = Infer<typeof DescribeShareGroupOffsetsRequest>

export const DescribeShareGroupOffsetsResponse = message({
  name: 'DescribeShareGroupOffsetsResponse',
  apiKey: 90,
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    groups: array({
      groupId: string(),
      topics: array({
        topicName: string(),
        topicId: uuid(),
        partitions: array({
          partitionIndex: int32(),
          startOffset: int64(),
          leaderEpoch: int32(),
          lag: int64({ versions: '1+', initial: -1, ignorable: true }),
          errorCode: int16(),
          errorMessage: nullable(string()),
        }),
      }),
      errorCode: int16(),
      errorMessage: nullable(string()),
    }),
  },
})
export type DescribeShareGroupOffsetsResponse = Infer<typeof DescribeShareGroupOffsetsResponse>
