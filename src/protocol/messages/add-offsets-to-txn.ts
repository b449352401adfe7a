// AddOffsetsToTxn (API 25).

import { type Infer, int16, int32, int64, message, string } from '../schema.ts'

export const AddOffsetsToTxnRequest = message({
  name: 'AddOffsetsToTxnRequest',
  apiKey: 25,
  versions: '0-4',
  flexible: '3+',
  fields: { transactionalId: string(), producerId: int64(), producerEpoch: int16(), groupId: string() },
})
export type AddOffsetsToTxnRequest = Infer<typeof AddOffsetsToTxnRequest>

export const AddOffsetsToTxnResponse = message({
  name: 'AddOffsetsToTxnResponse',
  apiKey: 25,
  versions: '0-4',
  flexible: '3+',
  fields: { throttleTimeMs: int32(), errorCode: int16() },
})
export type AddOffsetsToTxnResponse = Infer<typeof AddOffsetsToTxnResponse>
