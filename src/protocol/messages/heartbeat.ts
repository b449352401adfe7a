// Heartbeat (API 12).

import { type Infer, int16, int32, message, nullable, string } from '../schema.ts'

export const HeartbeatRequest = message({
  name: 'HeartbeatRequest',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  fields: {
    groupId: string(),
    generationId: int32(),
    memberId: string(),
    groupInstanceId: nullable(string({ versions: '3+' })),
  },
})
export type HeartbeatRequest = Infer<typeof HeartbeatRequest>

export const HeartbeatResponse = message({
  name: 'HeartbeatResponse',
  apiKey: 12,
  versions: '0-4',
  flexible: '4+',
  fields: { throttleTimeMs: int32({ versions: '1+', ignorable: true }), errorCode: int16() },
})
export type HeartbeatResponse = Infer<typeof HeartbeatResponse>
