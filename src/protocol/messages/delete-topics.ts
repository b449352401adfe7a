// DeleteTopics (API 20).

import { array, type Infer, int16, int32, message, nullable, string, uuid } from '../schema.ts'

export const DeleteTopicsRequest = message({
  name: 'DeleteTopicsRequest',
  apiKey: 20,
  versions: '1-6',
  flexible: '4+',
  fields: {
    topics: array({ name: nullable(string()), topicId: uuid() }, { versions: '6+' }),
    topicNames: array(string(), { versions: '0-5', ignorable: true }),
    timeoutMs: int32(),
  },
})
export type DeleteTopicsRequest = Infer<typeof DeleteTopicsRequest>

export const DeleteTopicsResponse = message({
  name: 'DeleteTopicsResponse',
  apiKey: 20,
  versions: '1-6',
  flexible: '4+',
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    responses: array({
      name: nullable(string(), { versions: '6+', initiallyNull: false }),
      topicId: uuid({ versions: '6+', ignorable: true }),
      errorCode: int16(),
      errorMessage: nullable(string({ versions: '5+', ignorable: true })),
    }),
  },
})
export type DeleteTopicsResponse = Infer<typeof DeleteTopicsResponse>
