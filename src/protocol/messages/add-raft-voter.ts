// AddRaftVoter (API 80).

import { array, bool, type Infer, int16, int32, message, nullable, string, uint16, uuid } from '../schema.ts'

export const AddRaftVoterRequest = message({
  name: 'AddRaftVoterRequest',
  apiKey: 80,
  versions: '0-1',
  flexible: '0+',
  fields: {
    clusterId: nullable(string(), { initiallyNull: false }),
    timeoutMs: int32(),
    voterId: int32(),
    voterDirectoryId: uuid(),
    listeners: array({ name: string(), host: string(), port: uint16() }),
    ackWhenCommitted: bool({ versions: '1+', initial: true }),
  },
})
export type AddRaftVoterRequest = Infer<typeof AddRaftVoterRequest>

export const AddRaftVoterResponse = message({
  name: 'AddRaftVoterResponse',
  apiKey: 80,
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string({ ignorable: true }), { initiallyNull: false }),
  },
})
export type AddRaftVoterResponse = Infer<typeof AddRaftVoterResponse>
