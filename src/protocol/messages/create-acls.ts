// CreateAcls (API 30).

import { array, type Infer, int8, int16, int32, message, nullable, string } from '../schema.ts'

export const CreateAclsRequest = message({
  name: 'CreateAclsRequest',
  apiKey: 30,
  versions: '1-3',
  flexible: '2+',
  fields: {
    creations: array({
      resourceType: int8(),
      resourceName: string(),
      resourcePatternType: int8({ initial: 3 }),
      principal: string(),
      host: string(),
      operation: int8(),
      permissionType: int8(),
    }),
  },
})
export type CreateAclsRequest = Infer<typeof CreateAclsRequest>

export const CreateAclsResponse = message({
  name: 'CreateAclsResponse',
  apiKey: 30,
  versions: '1-3',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    results: array({ errorCode: int16(), errorMessage: nullable(string(), { initiallyNull: false }) }),
  },
})
export type CreateAclsResponse = Infer<typeof CreateAclsResponse>
