// OffsetCommit (API 8).

import { array, exact, type Infer, int16, int32, int64, message, nullable, string, uuid } from '../schema.ts'

export const OffsetCommitRequest = message({
  name: 'OffsetCommitRequest',
  apiKey: 8,
  versions: '2-10',
  flexible: '8+',
  fields: {
    groupId: string(),
    generationIdOrMemberEpoch: int32({ initial: -1, ignorable: true }),
    memberId: string({ ignorable: true }),
    groupInstanceId: nullable(string({ versions: '7+' })),
    retentionTimeMs: int64({ versions: '2-4', initial: -1, ignorable: true }),
    topics: array({
      name: string({ versions: '0-9', ignorable: true }),
      topicId: uuid({ versions: '10+', ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        committedOffset: exact(int64()),
        committedLeaderEpoch: int32({ versions: '6+', initial: -1, ignorable: true }),
        committedMetadata: nullable(string(), { initiallyNull: false }),
      }),
    }),
  },
})
export type OffsetCommitRequest = Infer<typeof OffsetCommitRequest>

export const OffsetCommitResponse = message({
  name: 'OffsetCommitResponse',
  apiKey: 8,
  versions: '2-10',
  flexible: '8+',
  fields: {
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
    topics: array({
      name: string({ versions: '0-9', ignorable: true }),
      topicId: uuid({ versions: '10+', ignorable: true }),
      partitions: array({ partitionIndex: int32(), errorCode: int16() }),
    }),
  },
})
export type OffsetCommitResponse = Infer<typeof OffsetCommitResponse>
