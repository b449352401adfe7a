// SaslHandshake (API 17).

import { array, type Infer, int16, message, string } from '../schema.ts'

export const SaslHandshakeRequest = message({
  name: 'SaslHandshakeRequest',
  apiKey: 17,
  versions: '0-1',
  fields: { mechanism: string() },
})
export type SaslHandshakeRequest = Infer<typeof SaslHandshakeRequest>

export const SaslHandshakeResponse = message({
  name: 'SaslHandshakeResponse',
  apiKey: 17,
  versions: '0-1',
  fields: { errorCode: int16(), mechanisms: array(string()) },
})
export type SaslHandshakeResponse = Infer<typeof SaslHandshakeResponse>
