// AlterPartition (API 56).

import { array, type Infer, int8, int16, int32, int64, message, uuid } from '../schema.ts'

export const AlterPartitionRequest = message({
  name: 'AlterPartitionRequest',
  apiKey: 56,
  versions: '2-3',
  flexible: '0+',
  fields: {
    brokerId: int32(),
    brokerEpoch: int64({ initial: -1 }),
    topics: array({
      topicId: uuid({ ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        leaderEpoch: int32(),
        newIsr: array(int32(), { versions: '0-2' }),
        newIsrWithEpochs: array({ brokerId: int32(), brokerEpoch: int64({ initial: -1 }) }, { versions: '3+' }),
        leaderRecoveryState: int8(),
        partitionEpoch: int32(),
      }),
    }),
  },
})
export type AlterPartitionRequest = Infer<typeof AlterPartitionRequest>

export const AlterPartitionResponse = message({
  name: 'AlterPartitionResponse',
  apiKey: 56,
  versions: '2-3',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    topics: array({
      topicId: uuid({ ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        isr: array(int32()),
        leaderRecoveryState: int8({ ignorable: true }),
        partitionEpoch: int32(),
      }),
    }),
  },
})
export type AlterPartitionResponse = Infer<typeof AlterPartitionResponse>
