// DescribeGroups (API 15).

import { array, bool, bytes, type Infer, int16, int32, message, nullable, string } from '../schema.ts'

export const DescribeGroupsRequest = message({
  name: 'DescribeGroupsRequest',
  apiKey: 15,
  versions: '0-6',
  flexible: '5+',
  fields: { groups: array(string()), includeAuthorizedOperations: bool({ versions: '3+' }) },
})
export type DescribeGroupsRequest = Infer<typeof DescribeGroupsRequest>

export const DescribeGroupsResponse = message({
  name: 'DescribeGroupsResponse',
  apiKey: 15,
  versions: '0-6',
  flexible: '5+',
  fields: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    groups: array({
      errorCode: int16(),
      errorMessage: nullable(string({ versions: '6+' })),
      groupId: string(),
      groupState: string(),
      protocolType: string(),
      protocolData: string(),
      members: array({
        memberId: string(),
        groupInstanceId: nullable(string({ versions: '4+', ignorable: true })),
        clientId: string(),
        clientHost: string(),
        memberMetadata: bytes(),
        memberAssignment: bytes(),
      }),
      authorizedOperations: int32({ versions: '3+', initial: -2147483648 }),
    }),
  },
})
export type DescribeGroupsResponse = Infer<typeof DescribeGroupsResponse>
