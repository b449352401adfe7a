// RenewDelegationToken (API 39).

import { bytes, type Infer, int16, int32, int64, message } from '../schema.ts'

export const RenewDelegationTokenRequest = message({
  name: 'RenewDelegationTokenRequest',
  apiKey: 39,
  versions: '1-2',
  flexible: '2+',
  fields: { hmac: bytes(), renewPeriodMs: int64() },
})
export type RenewDelegationTokenRequest = Infer<typeof RenewDelegationTokenRequest>

export const RenewDelegationTokenResponse = message({
  name: 'RenewDelegationTokenResponse',
  apiKey: 39,
  versions: '1-2',
  flexible: '2+',
  fields: { errorCode: int16(), expiryTimestampMs: int64(), throttleTimeMs: int32() },
})
export type RenewDelegationTokenResponse = Infer<typeof RenewDelegationTokenResponse>
