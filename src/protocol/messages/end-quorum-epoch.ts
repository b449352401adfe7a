// EndQuorumEpoch (API 54).

import { array, type Infer, int16, int32, message, nullable, string, tagged, uint16, uuid } from '../schema.ts'

export const EndQuorumEpochRequest = message({
  name: 'EndQuorumEpochRequest',
  apiKey: 54,
  versions: '0-1',
  flexible: '1+',
  fields: {
    clusterId: nullable(string()),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        leaderId: int32(),
        leaderEpoch: int32(),
        preferredSuccessors: array(int32(), { versions: '0', ignorable: true }),
        preferredCandidates: array({ candidateId: int32(), candidateDirectoryId: uuid() }, { versions: '1+', ignorable: true }),
      }),
    }),
    leaderEndpoints: array({ name: string(), host: string(), port: uint16() }, { versions: '1+', ignorable: true }),
  },
})
export type EndQuorumEpochRequest = Infer<typeof EndQuorumEpochRequest>

export const EndQuorumEpochResponse = message({
  name: 'EndQuorumEpochResponse',
  apiKey: 54,
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
export type EndQuorumEpochResponse = Infer<typeof EndQuorumEpochResponse>
