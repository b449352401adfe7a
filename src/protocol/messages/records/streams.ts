// What a Streams client tells its assignor in the subscription of a classic group.

import { array, bytes, type Infer, int8, int32, int64, message, nullable, string, uuid } from '../../schema.ts'

const taskId = { topicGroupId: int32(), partition: int32() }

const partitionToOffsetSum = { partition: int32(), offsetSum: int64() }

const taskOffsetSum = {
  topicGroupId: int32(),
  partition: int32({ versions: '10+' }),
  offsetSum: int64({ versions: '10+' }),
  namedTopology: nullable(string({ versions: '10+' }), { initiallyNull: false }),
  partitionToOffsetSum: array(partitionToOffsetSum, { versions: '7-9' }),
}

const clientTag = { key: bytes(), value: bytes() }

export const SubscriptionInfoData = message({
  name: 'SubscriptionInfoData',
  versions: '1-11',
  fields: {
    version: int32(),
    latestSupportedVersion: int32({ versions: '3+', initial: -1 }),
    processId: uuid(),
    prevTasks: array(taskId, { versions: '1-6' }),
    standbyTasks: array(taskId, { versions: '1-6' }),
    userEndPoint: bytes({ versions: '2+' }),
    taskOffsetSums: array(taskOffsetSum, { versions: '7+' }),
    uniqueField: int8({ versions: '8+' }),
    errorCode: int32({ versions: '9+' }),
    clientTags: array(clientTag, { versions: '11+' }),
  },
})
export type SubscriptionInfoData = Infer<typeof SubscriptionInfoData>
