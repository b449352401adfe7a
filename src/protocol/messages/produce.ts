// Produce (API 0).

import { array, type Infer, int16, int32, int64, message, nullable, records, string, struct, tagged, uuid } from '../schema.ts'

export const ProduceRequest = message({
  name: 'ProduceRequest',
  apiKey: 0,
  versions: '3-13',
  flexible: '9+',
  fields: {
    transactionalId: nullable(string()),
    acks: int16(),
    timeoutMs: int32(),
    topicData: array({
      name: string({ versions: '0-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitionData: array({ index: int32(), records: nullable(records()) }),
    }),
  },
})
export type ProduceRequest = Infer<typeof ProduceRequest>

export const ProduceResponse = message({
  name: 'ProduceResponse',
  apiKey: 0,
  versions: '3-13',
  flexible: '9+',
  fields: {
    responses: array({
      name: string({ versions: '0-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        baseOffset: int64(),
        logAppendTimeMs: int64({ initial: -1, ignorable: true }),
        logStartOffset: int64({ versions: '5+', initial: -1, ignorable: true }),
        recordErrors: array(
          { batchIndex: int32(), batchIndexErrorMessage: nullable(string()) },
          { versions: '8+', ignorable: true },
        ),
        errorMessage: nullable(string({ versions: '8+', ignorable: true })),
        currentLeader: tagged(
          0,
          struct({ leaderId: int32({ initial: -1 }), leaderEpoch: int32({ initial: -1 }) }, { versions: '10+' }),
        ),
      }),
    }),
    throttleTimeMs: int32({ ignorable: true }),
    nodeEndpoints: tagged(
      0,
      array({ nodeId: int32(), host: string(), port: int32(), rack: nullable(string()) }, { versions: '10+' }),
    ),
  },
})
export type ProduceResponse = Infer<typeof ProduceResponse>
