// OffsetFetch (API 9).

import { array, bool, exact, type Infer, int16, int32, int64, message, nullable, string, uuid } from '../schema.ts'

export const OffsetFetchRequest = message({
  name: 'OffsetFetchRequest',
  apiKey: 9,
  versions: '1-10',
  flexible: '6+',
  fields: {
    groupId: string({ versions: '0-7' }),
    topics: nullable(array({ name: string(), partitionIndexes: array(int32()) }, { versions: '0-7' }), {
      versions: '2-7',
      initiallyNull: false,
    }),
    groups: array(
      {
        groupId: string(),
        memberId: nullable(string({ versions: '9+', ignorable: true })),
        memberEpoch: int32({ versions: '9+', initial: -1, ignorable: true }),
        topics: nullable(
          array({
            name: string({ versions: '8-9', ignorable: true }),
            topicId: uuid({ versions: '10+', ignorable: true }),
            partitionIndexes: array(int32()),
          }),
          { initiallyNull: false },
        ),
      },
      { versions: '8+' },
    ),
    requireStable: bool({ versions: '7+' }),
  },
})
export type OffsetFetchRequest = Infer<typeof OffsetFetchRequest>

export const OffsetFetchResponse = message({
  name: 'OffsetFetchResponse',
  apiKey: 9,
  versions: '1-10',
  flexible: '6+',
  fields: {
    throttleTimeMs: int32({ versions: '3+', ignorable: true }),
    topics: array(
      {
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          committedOffset: exact(int64()),
          committedLeaderEpoch: int32({ versions: '5-7', initial: -1, ignorable: true }),
          metadata: nullable(string(), { initiallyNull: false }),
          errorCode: int16(),
        }),
      },
      { versions: '0-7' },
    ),
    errorCode: int16({ versions: '2-7', ignorable: true }),
    groups: array(
      {
        groupId: string(),
        topics: array({
          name: string({ versions: '8-9', ignorable: true }),
          topicId: uuid({ versions: '10+', ignorable: true }),
          partitions: array({
            partitionIndex: int32(),
            committedOffset: exact(int64()),
            committedLeaderEpoch: int32({ initial: -1, ignorable: true }),
            metadata: nullable(string(), { initiallyNull: false }),
            errorCode: int16(),
          }),
        }),
        errorCode: int16(),
      },
      { versions: '8+' },
    ),
  },
})
export type OffsetFetchResponse = Infer<typeof OffsetFetchResponse>
