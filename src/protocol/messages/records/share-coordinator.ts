// Records in __share_group_state.
// The key begins with a 16-bit number, apiKey, that tells the kind of record; the value with its version.

import { array, type Infer, int8, int16, int32, int64, message, string, tagged, uuid } from '../../schema.ts'

export const ShareSnapshotKey = message({
  name: 'ShareSnapshotKey',
  apiKey: 0,
  versions: '0',
  fields: { groupId: string(), topicId: uuid(), partition: int32() },
})
export type ShareSnapshotKey = Infer<typeof ShareSnapshotKey>

export const ShareSnapshotValue = message({
  name: 'ShareSnapshotValue',
  apiKey: 0,
  versions: '0',
  flexible: '0+',
  fields: {
    snapshotEpoch: int32(),
    stateEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: tagged(0, int32({ initial: -1 })),
    createTimestamp: int64(),
    writeTimestamp: int64(),
    stateBatches: array({ firstOffset: int64(), lastOffset: int64(), deliveryState: int8(), deliveryCount: int16() }),
  },
})
export type ShareSnapshotValue = Infer<typeof ShareSnapshotValue>

export const ShareUpdateKey = message({
  name: 'ShareUpdateKey',
  apiKey: 1,
  versions: '0',
  fields: { groupId: string(), topicId: uuid(), partition: int32() },
})
export type ShareUpdateKey = Infer<typeof ShareUpdateKey>

export const ShareUpdateValue = message({
  name: 'ShareUpdateValue',
  apiKey: 1,
  versions: '0',
  flexible: '0+',
  fields: {
    snapshotEpoch: int32(),
    leaderEpoch: int32(),
    startOffset: int64(),
    deliveryCompleteCount: tagged(0, int32({ initial: -1 })),
    stateBatches: array({ firstOffset: int64(), lastOffset: int64(), deliveryState: int8(), deliveryCount: int16() }),
  },
})
export type ShareUpdateValue = Infer<typeof ShareUpdateValue>
