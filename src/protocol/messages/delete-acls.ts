// DeleteAcls (API 31).

import { array, type Infer, int8, int16, int32, message, nullable, string } from '../schema.ts'

export const DeleteAclsRequest = message({
  name: 'DeleteAclsRequest',
  apiKey: 31,
  versions: '1-3',
  flexible: '2+',
  fields: {
    filters: array({
      resourceTypeFilter: int8(),
      resourceNameFilter: nullable(string(), { initiallyNull: false }),
      patternTypeFilter: int8({ initial: 3 }),
      principalFilter: nullable(string(), { initiallyNull: false }),
      hostFilter: nullable(string(), { initiallyNull: false }),
      operation: int8(),
      permissionType: int8(),
    }),
  },
})
export type DeleteAclsRequest = Infer<typeof DeleteAclsRequest>

export const DeleteAclsResponse = message({
  name: 'DeleteAclsResponse',
  apiKey: 31,
  versions: '1-3',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    filterResults: array({
      errorCode: int16(),
      errorMessage: nullable(string(), { initiallyNull: false }),
      matchingAcls: array({
        errorCode: int16(),
        errorMessage: nullable(string(), { initiallyNull: false }),
        resourceType: int8(),
        resourceName: string(),
        patternType: int8({ initial: 3 }),
        principal: string(),
        host: string(),
        operation: int8(),
        permissionType: int8(),
      }),
    }),
  },
})
export type DeleteAclsResponse = Infer<typeof DeleteAclsResponse>
