// DeleteShareGroupOffsets (API 92).

import { array, type Infer, int16, int32, message, nullable, string, uuid } from '../schema.ts'

export const DeleteShareGroupOffsetsRequest = message({
  name: 'DeleteShareGroupOffsetsRequest',
  apiKey: 92,
  versions: '0',
  flexible: '0+',
  fields: { groupId: string(), topics: array({ topicName: string() }) },
})
export type DeleteShareGroupOffsetsRequest = Infer<typeof DeleteShareGroupOffsetsRequest>

export const DeleteShareGroupOffsetsResponse = message({
  name: 'DeleteShareGroupOffsetsResponse',
  apiKey: 92,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string()),
    responses: array({ topicName: string(), topicId: uuid(), errorCode: int16(), errorMessage: nullable(string()) }),
  },
})
export type DeleteShareGroupOffsetsResponse = Infer<typeof DeleteShareGroupOffsetsResponse>
