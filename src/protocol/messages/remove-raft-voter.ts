// RemoveRaftVoter (API 81).

import { type Infer, int16, int32, message, nullable, string, uuid } from '../schema.ts'

export const RemoveRaftVoterRequest = message({
  name: 'RemoveRaftVoterRequest',
  apiKey: 81,
  versions: '0',
  flexible: '0+',
  fields: { clusterId: nullable(string(), { initiallyNull: false }), voterId: int32(), voterDirectoryId: uuid() },
})
export type RemoveRaftVoterRequest = Infer<typeof RemoveRaftVoterRequest>

export const RemoveRaftVoterResponse = message({
  name: 'RemoveRaftVoterResponse',
  apiKey: 81,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string({ ignorable: true }), { initiallyNull: false }),
  },
})
export type RemoveRaftVoterResponse = Infer<typeof RemoveRaftVoterResponse>
