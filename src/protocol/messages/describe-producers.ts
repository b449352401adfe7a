// DescribeProducers (API 61).

import { array, type Infer, int16, int32, int64, message, nullable, string } from '../schema.ts'

export const DescribeProducersRequest = message({
  name: 'DescribeProducersRequest',
  apiKey: 61,
  versions: '0',
  flexible: '0+',
  fields: { topics: array({ name: string(), partitionIndexes: array(int32()) }) },
})
export type DescribeProducersRequest = Infer<typeof DescribeProducersRequest>

export const DescribeProducersResponse = message({
  name: 'DescribeProducersResponse',
  apiKey: 61,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string()),
        activeProducers: array({
          producerId: int64(),
          producerEpoch: int32(),
          lastSequence: int32({ initial: -1 }),
          lastTimestamp: int64({ initial: -1 }),
          coordinatorEpoch: int32(),
          currentTxnStartOffset: int64({ initial: -1 }),
        }),
      }),
    }),
  },
})
export type DescribeProducersResponse = Infer<typeof DescribeProducersResponse>
