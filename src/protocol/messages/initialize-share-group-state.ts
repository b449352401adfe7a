// InitializeShareGroupState (API 83).

import { array, type Infer, int16, int32, int64, message, nullable, string, uuid } from '../schema.ts'

export const InitializeShareGroupStateRequest = message({
  name: 'InitializeShareGroupStateRequest',
  apiKey: 83,
  versions: '0',
  flexible: '0+',
  fields: {
    groupId: string(),
    topics: array({ topicId: uuid(), partitions: array({ partition: int32(), stateEpoch: int32(), startOffset: int64() }) }),
  },
})
export type InitializeShareGroupStateRequest = Infer<typeof InitializeShareGroupStateRequest>

export const InitializeShareGroupStateResponse = message({
  name: 'InitializeShareGroupStateResponse',
  apiKey: 83,
  versions: '0',
  flexible: '0+',
  fields: {
    results: array({
      topicId: uuid(),
      partitions: array({ partition: int32(), errorCode: int16(), errorMessage: nullable(string()) }),
    }),
  },
})
export type InitializeShareGroupStateResponse = Infer<typeof InitializeShareGroupStateResponse>
