// DeleteShareGroupState (API 86).

import { array, type Infer, int16, int32, message, nullable, string, uuid } from '../schema.ts'

export const DeleteShareGroupStateRequest = message({
  name: 'DeleteShareGroupStateRequest',
  apiKey: 86,
  versions: '0',
  flexible: '0+',
  fields: { groupId: string(), topics: array({ topicId: uuid(), partitions: array({ partition: int32() }) }) },
})
export type DeleteShareGroupStateRequest = Infer<typeof DeleteShareGroupStateRequest>

export const DeleteShareGroupStateResponse = message({
  name: 'DeleteShareGroupStateResponse',
  apiKey: 86,
  versions: '0',
  flexible: '0+',
  fields: {
    results: array({
      topicId: uuid(),
      partitions: array({ partition: int32(), errorCode: int16(), errorMessage: nullable(string()) }),
    }),
  },
})
export type DeleteShareGroupStateResponse = Infer<typeof DeleteShareGroupStateResponse>
