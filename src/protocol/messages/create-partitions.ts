// CreatePartitions (API 37).

import { array, bool, type Infer, int16, int32, message, nullable, string } from '../schema.ts'

export const CreatePartitionsRequest = message({
  name: 'CreatePartitionsRequest',
  apiKey: 37,
  versions: '0-3',
  flexible: '2+',
  fields: {
    topics: array({
      name: string(),
      count: int32(),
      assignments: nullable(array({ brokerIds: array(int32()) }), { initiallyNull: false }),
    }),
    timeoutMs: int32(),
    validateOnly: bool(),
  },
})
export type CreatePartitionsRequest = Infer<typeof CreatePartitionsRequest>

export const CreatePartitionsResponse = message({
  name: 'CreatePartitionsResponse',
  apiKey: 37,
  versions: '0-3',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    results: array({ name: string(), errorCode: int16(), errorMessage: nullable(string()) }),
  },
})
export type CreatePartitionsResponse = Infer<typeof CreatePartitionsResponse>
