// LeaveGroup (API 13).

import { array, type Infer, int16, int32, message, nullable, string } from '../schema.ts'

export const LeaveGroupRequest = message({
  name: 'LeaveGroupRequest',
  apiKey: 13,
  versions: '0-5',
  flexible: '4+',
  fields: {
    groupId: string(),
    memberId: string({ versions: '0-2' }),
    members: array(
      {
        memberId: string(),
        groupInstanceId: nullable(string()),
        reason: nullable(string({ versions: '5+', ignorable: true })),
      },
      { versions: '3+' },
    ),
  },
})
export type LeaveGroupRequest = Infer<typeof LeaveGroupRequest>

export const LeaveGroupResponse = message({
  name: 'LeaveGroupResponse',
  apiKey: 13,
  versions: '0-5',
  flexible: '4+',
  fields: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
    members: array(
      { memberId: string(), groupInstanceId: nullable(string(), { initiallyNull: false }), errorCode: int16() },
      { versions: '3+' },
    ),
  },
})
export type LeaveGroupResponse = Infer<typeof LeaveGroupResponse>
