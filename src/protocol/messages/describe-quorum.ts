// DescribeQuorum (API 55).

import { array, type Infer, int16, int32, int64, message, nullable, string, uint16, uuid } from '../schema.ts'

export const DescribeQuorumRequest = message({
  name: 'DescribeQuorumRequest',
  apiKey: 55,
  versions: '0-2',
  flexible: '0+',
  fields: { topics: array({ topicName: string(), partitions: array({ partitionIndex: int32() }) }) },
})
export type DescribeQuorumRequest = Infer<typeof DescribeQuorumRequest>

const replicaState = {
  replicaId: int32(),
  replicaDirectoryId: uuid({ versions: '2+' }),
  logEndOffset: int64(),
  lastFetchTimestamp: int64({ versions: '1+', initial: -1, ignorable: true }),
  lastCaughtUpTimestamp: int64({ versions: '1+', initial: -1, ignorable: true }),
}

export const DescribeQuorumResponse = message({
  name: 'DescribeQuorumResponse',
  apiKey: 55,
  versions: '0-2',
  flexible: '0+',
  fields: {
    errorCode: int16(),
    errorMessage: nullable(string({ versions: '2+', ignorable: true }), { initiallyNull: false }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        errorMessage: nullable(string({ versions: '2+', ignorable: true }), { initiallyNull: false }),
        leaderId: int32(),
        leaderEpoch: int32(),
        highWatermark: int64(),
        currentVoters: array(replicaState),
        observers: array(replicaState),
      }),
    }),
    nodes: array({ nodeId: int32(), listeners: array({ name: string(), host: string(), port: uint16() }) }, { versions: '2+' }),
  },
})
export type DescribeQuorumResponse = Infer<typeof DescribeQuorumResponse>
