// UpdateRaftVoter (API 82).

import { array, type Infer, int16, int32, message, nullable, string, struct, tagged, uint16, uuid } from '../schema.ts'

export const UpdateRaftVoterRequest = message({
  name: 'UpdateRaftVoterRequest',
  apiKey: 82,
  versions: '0',
  flexible: '0+',
  fields: {
    clusterId: nullable(string(), { initiallyNull: false }),
    currentLeaderEpoch: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array({ name: string(), host: string(), port: uint16() }),
    kRaftVersionFeature: struct({ minSupportedVersion: int16(), maxSupportedVersion: int16() }),
  },
})
export type UpdateRaftVoterRequest = Infer<typeof UpdateRaftVoterRequest>

export const UpdateRaftVoterResponse = message({
  name: 'UpdateRaftVoterResponse',
  apiKey: 82,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    currentLeader: tagged(
      0,
      struct({ leaderId: int32({ initial: -1 }), leaderEpoch: int32({ initial: -1 }), host: string(), port: int32() }),
    ),
  },
})
export type UpdateRaftVoterResponse = Infer<typeof UpdateRaftVoterResponse>
