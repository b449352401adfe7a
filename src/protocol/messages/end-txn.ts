// EndTxn (API 26).

import { bool, type Infer, int16, int32, int64, message, string } from '../schema.ts'

export const EndTxnRequest = message({
  name: 'EndTxnRequest',
  apiKey: 26,
  versions: '0-5',
  flexible: '3+',
  fields: { transactionalId: string(), producerId: int64(), producerEpoch: int16(), committed: bool() },
})
export type EndTxnRequest = Infer<typeof EndTxnRequest>

export const EndTxnResponse = message({
  name: 'EndTxnResponse',
  apiKey: 26,
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ versions: '5+', initial: -1, ignorable: true }),
    producerEpoch: int16({ versions: '5+', initial: -1, ignorable: true }),
  },
})
export type EndTxnResponse = Infer<typeof EndTxnResponse>
