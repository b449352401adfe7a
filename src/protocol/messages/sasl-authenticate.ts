// SaslAuthenticate (API 36).

import { bytes, type Infer, int16, int64, message, nullable, string } from '../schema.ts'

export const SaslAuthenticateRequest = message({
  name: 'SaslAuthenticateRequest',
  apiKey: 36,
  versions: '0-2',
  flexible: '2+',
  fields: { authBytes: bytes() },
})
export type SaslAuthenticateRequest = Infer<typeof SaslAuthenticateRequest>

export const SaslAuthenticateResponse = message({
  name: 'SaslAuthenticateResponse',
  apiKey: 36,
  versions: '0-2',
  flexible: '2+',
  fields: {
    errorCode: int16(),
    errorMessage: nullable(string(), { initiallyNull: false }),
    authBytes: bytes(),
    sessionLifetimeMs: int64({ versions: '1+', ignorable: true }),
  },
})
export type SaslAuthenticateResponse = Infer<typeof SaslAuthenticateResponse>
