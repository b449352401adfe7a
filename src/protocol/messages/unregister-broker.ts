// UnregisterBroker (API 64).

import { type Infer, int16, int32, message, nullable, string } from '../schema.ts'

export const UnregisterBrokerRequest = message({
  name: 'UnregisterBrokerRequest',
  apiKey: 64,
  versions: '0',
  flexible: '0+',
  fields: { brokerId: int32() },
})
export type UnregisterBrokerRequest = Infer<typeof UnregisterBrokerRequest>

export const UnregisterBrokerResponse = message({
  name: 'UnregisterBrokerResponse',
  apiKey: 64,
  versions: '0',
  flexible: '0+',
  fields: { throttleTimeMs: int32(), errorCode: int16(), errorMessage: nullable(string(), { initiallyNull: false }) },
})
export type UnregisterBrokerResponse = Infer<typeof UnregisterBrokerResponse>
