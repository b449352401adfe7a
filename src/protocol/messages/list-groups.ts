// ListGroups (API 16).

import { array, type Infer, int16, int32, message, string } from '../schema.ts'

export const ListGroupsRequest = message({
  name: 'ListGroupsRequest',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  fields: { statesFilter: array(string(), { versions: '4+' }), typesFilter: array(string(), { versions: '5+' }) },
})
export type ListGroupsRequest = Infer<typeof ListGroupsRequest>

export const ListGroupsResponse = message({
  name: 'ListGroupsResponse',
  apiKey: 16,
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    errorCode: int16(),
    groups: array({
      groupId: string(),
      protocolType: string(),
      groupState: string({ versions: '4+', ignorable: true }),
      groupType: string({ versions: '5+', ignorable: true }),
    }),
  },
})
export type ListGroupsResponse = Infer<typeof ListGroupsResponse>
