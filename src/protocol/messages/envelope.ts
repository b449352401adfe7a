// Envelope (API 58).

import { bytes, type Infer, int16, message, nullable } from '../schema.ts'

export const EnvelopeRequest = message({
  name: 'EnvelopeRequest',
  apiKey: 58,
  versions: '0',
  flexible: '0+',
  fields: {
    requestData: bytes(),
    requestPrincipal: nullable(bytes(), { initiallyNull: false }),
    clientHostAddress: bytes(),
  },
})
export type EnvelopeRequest = Infer<typeof EnvelopeRequest>

export const EnvelopeResponse = message({
  name: 'EnvelopeResponse',
  apiKey: 58,
  versions: '0',
  flexible: '0+',
  fields: { responseData: nullable(bytes()), errorCode: int16() },
})
export type EnvelopeResponse = Infer<typeof EnvelopeResponse>
