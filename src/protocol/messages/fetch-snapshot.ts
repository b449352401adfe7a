// FetchSnapshot (API 59).

import {
  array,
  type Infer,
  int16,
  int32,
  int64,
  message,
  nullable,
  records,
  string,
  struct,
  tagged,
  uint16,
  uuid,
} from '../schema.ts'

export const FetchSnapshotRequest = message({
  name: 'FetchSnapshotRequest',
  apiKey: 59,
  versions: '0-1',
  flexible: '0+',
  fields: {
    clusterId: tagged(0, nullable(string())),
    replicaId: int32({ initial: -1 }),
    maxBytes: int32({ initial: 0x7fffffff }),
    topics: array({
      name: string(),
      partitions: array({
        partition: int32(),
        currentLeaderEpoch: int32(),
        snapshotId: struct({ endOffset: int64(), epoch: int32() }),
        position: int64(),
        replicaDirectoryId: tagged(0, uuid({ versions: '1+', ignorable: true })),
      }),
    }),
  },
})
export type FetchSnapshotRequest = Infer<typeof FetchSnapshotRequest>

export const FetchSnapshotResponse = message({
  name: 'FetchSnapshotResponse',
  apiKey: 59,
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32({ ignorable: true }),
    errorCode: int16(),
    topics: array({
      name: string(),
      partitions: array({
        index: int32(),
        errorCode: int16(),
        snapshotId: struct({ endOffset: int64(), epoch: int32() }),
        currentLeader: tagged(0, struct({ leaderId: int32(), leaderEpoch: int32() })),
        size: int64(),
        position: int64(),
        unalignedRecords: records(),
      }),
    }),
    nodeEndpoints: tagged(0, array({ nodeId: int32(), host: string(), port: uint16() }, { versions: '1+' })),
  },
})
export type FetchSnapshotResponse = Infer<typeof FetchSnapshotResponse>
