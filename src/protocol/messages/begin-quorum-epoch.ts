// BeginQuorumEpoch (API 53).

import { array, type Infer, int16, int32, message, nullable, string, tagged, uint16, uuid } from '../schema.ts'

export const BeginQuorumEpochRequest = message({
  name: 'BeginQuorumEpochRequest',
  apiKey: 53,
  versions: '0-1',
  flexible: '1+',
  fields: {
    clusterId: nullable(string()),
    voterId: int32({ versions: '1+', initial: -1, ignorable: true }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        voterDirectoryId: uuid({ versions: '1+', ignorable: true }),
        leaderId: int32(),
        leaderEpoch: int32(),
      }),
    }),
    leaderEndpoints: array({ name: string(), host: string(), port: uint16() }, { versions: '1+', ignorable: true }),
  },
})
export type BeginQuorumEpochRequest = Infer<typeof BeginQuorumEpochRequest>

export const BeginQuorumEpochResponse = message({
  name: 'BeginQuorumEpochResponse',
  apiKey: 53,
  versions: '0-1',
  flexible: '1+',
  fields: {
    errorCode: int16(),
    topics: array({
      topicName: string(),
      partitions: array({ partitionIndex: int32(), errorCode: int16(), leaderId: int32(), leaderEpoch: int32() }),
    }),
    nodeEndpoints: tagged(0, array({ nodeId: int32(), host: string(), port: uint16() }, { versions: '1+' })),
  },
})
export type BeginQuorumEpochResponse = Infer<typeof BeginQuorumEpochResponse>
