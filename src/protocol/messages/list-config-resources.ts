// ListConfigResources (API 74).

import { array, type Infer, int8, int16, int32, message, string } from '../schema.ts'

export const ListConfigResourcesRequest = message({
  name: 'ListConfigResourcesRequest',
  apiKey: 74,
  versions: '0-1',
  flexible: '0+',
  fields: { resourceTypes: array(int8(), { versions: '1+' }) },
})
export type ListConfigResourcesRequest = Infer<typeof ListConfigResourcesRequest>

export const ListConfigResourcesResponse = message({
  name: 'ListConfigResourcesResponse',
  apiKey: 74,
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: array({ resourceName: string(), resourceType: int8({ versions: '1+', initial: 16, ignorable: true }) }),
  },
})
export type ListConfigResourcesResponse = Infer<typeof ListConfigResourcesResponse>
