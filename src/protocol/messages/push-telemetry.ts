// PushTelemetry (API 72).

import { bool, bytes, type Infer, int8, int16, int32, message, uuid } from '../schema.ts'

export const PushTelemetryRequest = message({
  name: 'PushTelemetryRequest',
  apiKey: 72,
  versions: '0',
  flexible: '0+',
  fields: {
    clientInstanceId: uuid(),
    subscriptionId: int32(),
    terminating: bool(),
    compressionType: int8(),
    metrics: bytes(),
  },
})
export type PushTelemetryRequest = Infer<typeof PushTelemetryRequest>

export const PushTelemetryResponse = message({
  name: 'PushTelemetryResponse',
  apiKey: 72,
  versions: '0',
  flexible: '0+',
  fields: { throttleTimeMs: int32(), errorCode: int16() },
})
export type PushTelemetryResponse = Infer<typeof PushTelemetryResponse>
