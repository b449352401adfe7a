// BrokerHeartbeat (API 63).

import { array, bool, type Infer, int16, int32, int64, message, tagged, uuid } from '../schema.ts'

export const BrokerHeartbeatRequest = message({
  name: 'BrokerHeartbeatRequest',
  apiKey: 63,
  versions: '0-1',
  flexible: '0+',
  fields: {
    brokerId: int32(),
    brokerEpoch: int64({ initial: -1 }),
    currentMetadataOffset: int64(),
    wantFence: bool(),
    wantShutDown: bool(),
    offlineLogDirs: tagged(0, array(uuid(), { versions: '1+' })),
  },
})
export type BrokerHeartbeatRequest = Infer<typeof BrokerHeartbeatRequest>

export const BrokerHeartbeatResponse = message({
  name: 'BrokerHeartbeatResponse',
  apiKey: 63,
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    isCaughtUp: bool(),
    isFenced: bool({ initial: true }),
    shouldShutDown: bool(),
  },
})
export type BrokerHeartbeatResponse = Infer<typeof BrokerHeartbeatResponse>
