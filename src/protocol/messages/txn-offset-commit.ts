// TxnOffsetCommit (API 28).

import { array, exact, type Infer, int16, int32, int64, message, nullable, string } from '../schema.ts'

export const TxnOffsetCommitRequest = message({
  name: 'TxnOffsetCommitRequest',
  apiKey: 28,
  versions: '0-5',
  flexible: '3+',
  fields: {
    transactionalId: string(),
    groupId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    generationId: int32({ versions: '3+', initial: -1 }),
    memberId: string({ versions: '3+' }),
    groupInstanceId: nullable(string({ versions: '3+' })),
    topics: array({
      name: string(),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: exact(int64()),
        committedLeaderEpoch: int32({ versions: '2+', initial: -1, ignorable: true }),
        committedMetadata: nullable(string(), { initiallyNull: false }),
      }),
    }),
  },
})
export type TxnOffsetCommitRequest = Infer<typeof TxnOffsetCommitRequest>

export const TxnOffsetCommitResponse = message({
  name: 'TxnOffsetCommitResponse',
  apiKey: 28,
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: int32(),
    topics: array({ name: string(), partitions: array({ partitionIndex: int32(), errorCode: int16() }) }),
  },
})
export type TxnOffsetCommitResponse = Infer<typeof TxnOffsetCommitResponse>
