// JoinGroup (API 11).

import { array, bool, bytes, type Infer, int16, int32, message, nullable, string } from '../schema.ts'

export const JoinGroupRequest = message({
  name: 'JoinGroupRequest',
  apiKey: 11,
  versions: '0-9',
  flexible: '6+',
  fields: {
    groupId: string(),
    sessionTimeoutMs: int32(),
    rebalanceTimeoutMs: int32({ versions: '1+', initial: -1, ignorable: true }),
    memberId: string(),
    groupInstanceId: nullable(string({ versions: '5+' })),
    protocolType: string(),
    protocols: array({ name: string(), metadata: bytes() }),
    reason: nullable(string({ versions: '8+', ignorable: true })),
  },
})
export type JoinGroupRequest = Infer<typeof JoinGroupRequest>

export const JoinGroupResponse = message({
  name: 'JoinGroupResponse',
  apiKey: 11,
  versions: '0-9',
  flexible: '6+',
  fields: {
    throttleTimeMs: int32({ versions: '2+', ignorable: true }),
    errorCode: int16(),
    generationId: int32({ initial: -1 }),
    protocolType: nullable(string({ versions: '7+', ignorable: true })),
    protocolName: nullable(string(), { versions: '7+', initiallyNull: false }),
    leader: string(),
    skipAssignment: bool({ versions: '9+' }),
    memberId: string(),
    members: array({
      memberId: string(),
      groupInstanceId: nullable(string({ versions: '5+', ignorable: true })),
      metadata: bytes(),
    }),
  },
})
export type JoinGroupResponse = Infer<typeof JoinGroupResponse>
