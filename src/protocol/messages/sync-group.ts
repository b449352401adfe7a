// SyncGroup (API 14).

import { array, bytes, type Infer, int16, int32, message, nullable, string } from '../schema.ts'

export const SyncGroupRequest = message({
  name: 'SyncGroupRequest',
  apiKey: 14,
  versions: '0-5',
  flexible: '4+',
  fields: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: nullable(string({ versions: '3+' })),
    protocolType: nullable(string({ versions: '5+', ignorable: true })),
    protocolName: nullable(string({ versions: '5+', ignorable: true })),
    assignments: array({ memberId: string(), assignment: bytes() }),
  },
})
export type SyncGroupRequest = Infer<typeof SyncGroupRequest>

export const SyncGroupResponse = message({
  name: 'SyncGroupResponse',
  apiKey: 14,
  versions: '0-5',
  flexible: '4+',
  fields: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
    protocolType: nullable(string({ versions: '5+', ignorable: true })),
    protocolName: nullable(string({ versions: '5+', ignorable: true })),
    assignment: bytes(),
  },
})
export type SyncGroupResponse = Infer<typeof SyncGroupResponse>
