// CreateTopics (API 19).

import { array, bool, type Infer, int8, int16, int32, message, nullable, string, tagged, uuid } from '../schema.ts'

export const CreateTopicsRequest = message({
  name: 'CreateTopicsRequest',
  apiKey: 19,
  versions: '2-7',
  flexible: '5+',
  fields: {
    topics: array({
      name: string(),
      numPartitions: int32(),
      replicationFactor: int16(),
      assignments: array({ partitionIndex: int32(), brokerIds: array(int32()) }),
      configs: array({ name: string(), value: nullable(string(), { initiallyNull: false }) }),
    }),
    timeoutMs: int32({ initial: 60000 }),
    validateOnly: bool(),
  },
})
export type CreateTopicsRequest = Infer<typeof CreateTopicsRequest>

export const CreateTopicsResponse = message({
  name: 'CreateTopicsResponse',
  apiKey: 19,
  versions: '2-7',
  flexible: '5+',
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    topics: array({
      name: string(),
      topicId: uuid({ versions: '7+', ignorable: true }),
      errorCode: int16(),
      errorMessage: nullable(string({ ignorable: true }), { initiallyNull: false }),
      topicConfigErrorCode: tagged(0, int16({ versions: '5+', ignorable: true })),
      numPartitions: int32({ versions: '5+', initial: -1, ignorable: true }),
      replicationFactor: int16({ versions: '5+', initial: -1, ignorable: true }),
      configs: nullable(
        array(
          {
            name: string(),
            value: nullable(string(), { initiallyNull: false }),
            readOnly: bool(),
            configSource: int8({ initial: -1, ignorable: true }),
            isSensitive: bool(),
          },
          { versions: '5+', ignorable: true },
        ),
        { initiallyNull: false },
      ),
    }),
  },
})
export type CreateTopicsResponse = Infer<typeof CreateTopicsResponse>
