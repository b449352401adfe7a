// DescribeDelegationToken (API 41).

import { array, bytes, type Infer, int16, int32, int64, message, nullable, string } from '../schema.ts'

export const DescribeDelegationTokenRequest = message({
  name: 'DescribeDelegationTokenRequest',
  apiKey: 41,
  versions: '1-3',
  flexible: '2+',
  fields: { owners: nullable(array({ principalType: string(), principalName: string() }), { initiallyNull: false }) },
})
export type DescribeDelegationTokenRequest = Infer<typeof DescribeDelegationTokenRequest>

export const DescribeDelegationTokenResponse = message({
  name: 'DescribeDelegationTokenResponse',
  apiKey: 41,
  versions: '1-3',
  flexible: '2+',
  fields: {
    errorCode: int16(),
    tokens: array({
      principalType: string(),
      principalName: string(),
      tokenRequesterPrincipalType: string({ versions: '3+' }),
      tokenRequesterPrincipalName: string({ versions: '3+' }),
      issueTimestamp: int64(),
      expiryTimestamp: int64(),
      maxTimestamp: int64(),
      tokenId: string(),
      hmac: bytes(),
      renewers: array({ principalType: string(), principalName: string() }),
    }),
    throttleTimeMs: int32(),
  },
})
export type DescribeDelegationTokenResponse = Infer<typeof DescribeDelegationTokenResponse>
