// Producer snapshots, and the records of tiered storage's metadata topic; there apiKey is the type.

import {
  array,
  bool,
  bytes,
  type Infer,
  int8,
  int16,
  int32,
  int64,
  message,
  nullable,
  string,
  struct,
  tagged,
  uint32,
  uuid,
} from '../../schema.ts'

export const ProducerSnapshot = message({
  name: 'ProducerSnapshot',
  versions: '1',
  fields: {
    crc: uint32(),
    producerEntries: array({
      producerId: int64(),
      epoch: int16(),
      lastSequence: int32(),
      lastOffset: int64(),
      offsetDelta: int32(),
      timestamp: int64(),
      coordinatorEpoch: int32(),
      currentTxnFirstOffset: int64(),
    }),
  },
})
export type ProducerSnapshot = Infer<typeof ProducerSnapshot>

export const RemoteLogSegmentMetadataRecord = message({
  name: 'RemoteLogSegmentMetadataRecord',
  apiKey: 0,
  versions: '0',
  flexible: '0+',
  fields: {
    remoteLogSegmentId: struct({ topicIdPartition: struct({ name: string(), id: uuid(), partition: int32() }), id: uuid() }),
    startOffset: int64(),
    endOffset: int64(),
    brokerId: int32(),
    maxTimestampMs: int64(),
    eventTimestampMs: int64(),
    segmentLeaderEpochs: array({ leaderEpoch: int32(), offset: int64() }),
    segmentSizeInBytes: int32(),
    customMetadata: nullable(bytes()),
    remoteLogSegmentState: int8(),
    txnIndexEmpty: tagged(0, bool()),
  },
})
export type RemoteLogSegmentMetadataRecord = Infer<typeof RemoteLogSegmentMetadataRecord>

export const RemoteLogSegmentMetadataSnapshotRecord = message({
  name: 'RemoteLogSegmentMetadataSnapshotRecord',
  apiKey: 3,
  versions: '0',
  flexible: '0+',
  fields: {
    segmentId: uuid(),
    startOffset: int64(),
    endOffset: int64(),
    brokerId: int32(),
    maxTimestampMs: int64(),
    eventTimestampMs: int64(),
    segmentLeaderEpochs: array({ leaderEpoch: int32(), offset: int64() }),
    segmentSizeInBytes: int32(),
    customMetadata: nullable(bytes()),
    remoteLogSegmentState: int8(),
    txnIndexEmpty: tagged(0, bool()),
  },
})
export type RemoteLogSegmentMetadataSnapshotRecord = Infer<typeof RemoteLogSegmentMetadataSnapshotRecord>

export const RemoteLogSegmentMetadataUpdateRecord = message({
  name: 'RemoteLogSegmentMetadataUpdateRecord',
  apiKey: 1,
  versions: '0',
  flexible: '0+',
  fields: {
    remoteLogSegmentId: struct({ topicIdPartition: struct({ name: string(), id: uuid(), partition: int32() }), id: uuid() }),
    brokerId: int32(),
    eventTimestampMs: int64(),
    customMetadata: nullable(bytes()),
    remoteLogSegmentState: int8(),
  },
})
export type RemoteLogSegmentMetadataUpdateRecord = Infer<typeof RemoteLogSegmentMetadataUpdateRecord>

export const RemotePartitionDeleteMetadataRecord = message({
  name: 'RemotePartitionDeleteMetadataRecord',
  apiKey: 2,
  versions: '0',
  flexible: '0+',
  fields: {
    topicIdPartition: struct({ name: string(), id: uuid(), partition: int32() }),
    brokerId: int32(),
    eventTimestampMs: int64(),
    remotePartitionDeleteState: int8(),
  },
})
export type RemotePartitionDeleteMetadataRecord = Infer<typeof RemotePartitionDeleteMetadataRecord>
