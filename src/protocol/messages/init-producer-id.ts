// InitProducerId (API 22).

import { bool, type Infer, int16, int32, int64, message, nullable, string } from '../schema.ts'

export const InitProducerIdRequest = message({
  name: 'InitProducerIdRequest',
  apiKey: 22,
  versions: '0-6',
  flexible: '2+',
  fields: {
    transactionalId: nullable(string(), { initiallyNull: false }),
    transactionTimeoutMs: int32(),
    producerId: int64({ versions: '3+', initial: -1 }),
    producerEpoch: int16({ versions: '3+', initial: -1 }),
    enable2Pc: bool({ versions: '6+' }),
    keepPreparedTxn: bool({ versions: '6+' }),
  },
})
export type InitProducerIdRequest = Infer<typeof InitProducerIdRequest>

export const InitProducerIdResponse = message({
  name: 'InitProducerIdResponse',
  apiKey: 22,
  versions: '0-6',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    errorCode: int16(),
    producerId: int64({ initial: -1 }),
    producerEpoch: int16(),
    ongoingTxnProducerId: int64({ versions: '6+', initial: -1 }),
    ongoingTxnProducerEpoch: int16({ versions: '6+', initial: -1 }),
  },
})
export type InitProducerIdResponse = Infer<typeof InitProducerIdResponse>
