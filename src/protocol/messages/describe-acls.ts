// DescribeAcls (API 29).

import { array, type Infer, int8, int16, int32, message, nullable, string } from '../schema.ts'

export const DescribeAclsRequest = message({
  name: 'DescribeAclsRequest',
  apiKey: 29,
  versions: '1-3',
  flexible: '2+',
  fields: {
    resourceTypeFilter: int8(),
    resourceNameFilter: nullable(string(), { initiallyNull: false }),
    patternTypeFilter: int8({ initial: 3 }),
    principalFilter: nullable(string(), { initiallyNull: false }),
    hostFilter: nullable(string(), { initiallyNull: false }),
    operation: int8(),
    permissionType: int8(),
  },
})
export type DescribeAclsRequest = Infer<typeof DescribeAclsRequest>

export const DescribeAclsResponse = message({
  name: 'DescribeAclsResponse',
  apiKey: 29,
  versions: '1-3',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string(), { initiallyNull: false }),
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      patternType: int8({ initial: 3 }),
      acls: array({ principal: string(), host: string(), operation: int8(), permissionType: int8() }),
    }),
  },
})
export type DescribeAclsResponse = Infer<typeof DescribeAclsResponse>
