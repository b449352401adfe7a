// AlterConfigs (API 33).

import { array, bool, type Infer, int8, int16, int32, message, nullable, string } from '../schema.ts'

export const AlterConfigsRequest = message({
  name: 'AlterConfigsRequest',
  apiKey: 33,
  versions: '0-2',
  flexible: '2+',
  fields: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configs: array({ name: string(), value: nullable(string(), { initiallyNull: false }) }),
    }),
    validateOnly: bool(),
  },
})
export type AlterConfigsRequest = Infer<typeof AlterConfigsRequest>

export const AlterConfigsResponse = message({
  name: 'AlterConfigsResponse',
  apiKey: 33,
  versions: '0-2',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    responses: array({
      errorCode: int16(),
      errorMessage: nullable(string(), { initiallyNull: false }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
})
export type AlterConfigsResponse = Infer<typeof AlterConfigsResponse>
