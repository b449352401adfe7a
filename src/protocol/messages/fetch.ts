// Fetch (API 1).

import {
  array,
  exact,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  message,
  nullable,
  records,
  string,
  struct,
  tagged,
  uuid,
} from '../schema.ts'

export const FetchRequest = message({
  name: 'FetchRequest',
  apiKey: 1,
  versions: '4-18',
  flexible: '12+',
  fields: {
    clusterId: tagged(0, nullable(string({ versions: '12+', ignorable: true }))),
    replicaId: int32({ versions: '0-14', initial: -1 }),
    replicaState: tagged(
      1,
      struct({ replicaId: int32({ initial: -1 }), replicaEpoch: int64({ initial: -1 }) }, { versions: '15+' }),
    ),
    maxWaitMs: int32(),
    minBytes: int32(),
    maxBytes: int32({ initial: 0x7fffffff, ignorable: true }),
    isolationLevel: int8({ ignorable: true }),
    sessionId: int32({ versions: '7+', ignorable: true }),
    sessionEpoch: int32({ versions: '7+', initial: -1, ignorable: true }),
    topics: array({
      topic: string({ versions: '0-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32({ versions: '9+', initial: -1, ignorable: true }),
        fetchOffset: int64(),
        lastFetchedEpoch: int32({ versions: '12+', initial: -1 }),
        logStartOffset: int64({ versions: '5+', initial: -1, ignorable: true }),
        partitionMaxBytes: int32(),
        replicaDirectoryId: tagged(0, uuid({ versions: '17+', ignorable: true })),
        highWatermark: tagged(1, exact(int64({ versions: '18+', ignorable: true }), 9223372036854775807n)),
      }),
    }),
    forgottenTopicsData: array(
      {
        topic: string({ versions: '7-12', ignorable: true }),
        topicId: uuid({ versions: '13+', ignorable: true }),
        partitions: array(int32()),
      },
      { versions: '7+' },
    ),
    rackId: string({ versions: '11+', ignorable: true }),
  },
})
export type FetchRequest = Infer<typeof FetchRequest>

export const FetchResponse = message({
  name: 'FetchResponse',
  apiKey: 1,
  versions: '4-18',
  flexible: '12+',
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    errorCode: int16({ versions: '7+', ignorable: true }),
    sessionId: int32({ versions: '7+' }),
    responses: array({
      topic: string({ versions: '0-12', ignorable: true }),
      topicId: uuid({ versions: '13+', ignorable: true }),
      partitions: array({
        partitionIndex: int32(),
        errorCode: int16(),
        highWatermark: int64(),
        lastStableOffset: int64({ initial: -1, ignorable: true }),
        logStartOffset: int64({ versions: '5+', initial: -1, ignorable: true }),
        divergingEpoch: tagged(
          0,
          struct({ epoch: int32({ initial: -1 }), endOffset: int64({ initial: -1 }) }, { versions: '12+' }),
        ),
        currentLeader: tagged(
          1,
          struct({ leaderId: int32({ initial: -1 }), leaderEpoch: int32({ initial: -1 }) }, { versions: '12+' }),
        ),
        snapshotId: tagged(2, struct({ endOffset: int64({ initial: -1 }), epoch: int32({ initial: -1 }) }, { versions: '12+' })),
        abortedTransactions: nullable(array({ producerId: int64(), firstOffset: int64() }, { ignorable: true }), {
          initiallyNull: false,
        }),
        preferredReadReplica: int32({ versions: '11+', initial: -1 }),
        records: nullable(records()),
      }),
    }),
    nodeEndpoints: tagged(
      0,
      array({ nodeId: int32(), host: string(), port: int32(), rack: nullable(string()) }, { versions: '16+' }),
    ),
  },
})
export type FetchResponse = Infer<typeof FetchResponse>
