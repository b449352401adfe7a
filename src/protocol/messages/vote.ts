// Vote (API 52).

import { array, bool, type Infer, int16, int32, int64, message, nullable, string, tagged, uint16, uuid } from '../schema.ts'

export const VoteRequest = message({
  name: 'VoteRequest',
  apiKey: 52,
  versions: '0-2',
  flexible: '0+',
  fields: {
    clusterId: nullable(string()),
    voterId: int32({ versions: '1+', initial: -1, ignorable: true }),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        replicaEpoch: int32(),
        replicaId: int32(),
        replicaDirectoryId: uuid({ versions: '1+', ignorable: true }),
        voterDirectoryId: uuid({ versions: '1+', ignorable: true }),
        lastOffsetEpoch: int32(),
        lastOffset: int64(),
        preVote: bool({ versions: '2+' }),
      }),
    }),
  },
})
export type VoteRequest = Infer<typeof VoteRequest>

export const VoteResponse = message({
  name: 'VoteResponse',
  apiKey: 52,
  versions: '0-2',
  flexible: '0+',
  fields: {
    errorCode: int16(),
    topics: array({
      topicName: string(),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        leaderId: int32(),
        leaderEpoch: int32(),
        voteGranted: bool(),
      }),
    }),
    nodeEndpoints: tagged(0, array({ nodeId: int32(), host: string(), port: uint16() }, { versions: '1+' })),
  },
})
export type VoteResponse = Infer<typeof VoteResponse>
