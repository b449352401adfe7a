// OffsetDelete (API 47).

import { array, type Infer, int16, int32, message, string } from '../schema.ts'

export const OffsetDeleteRequest = message({
  name: 'OffsetDeleteRequest',
  apiKey: 47,
  versions: '0',
  fields: { groupId: string(), topics: array({ name: string(), partitions: array({ partitionIndex: int32() }) }) },
})
export type OffsetDeleteRequest = Infer<typeof OffsetDeleteRequest>

export const OffsetDeleteResponse = message({
  name: 'OffsetDeleteResponse',
  apiKey: 47,
  versions: '0',
  fields: {
    errorCode: int16(),
    throttleTimeMs: int32({ ignorable: true }),
    topics: array({ name: string(), partitions: array({ partitionIndex: int32(), errorCode: int16() }) }),
  },
})
export type OffsetDeleteResponse = Infer<typeof OffsetDeleteResponse>
