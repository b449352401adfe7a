// What stands before every request and response.

import { classic, type Infer, int16, int32, message, nullable, string } from '../schema.ts'

export const RequestHeader = message({
  name: 'RequestHeader',
  versions: '1-2',
  flexible: '2+',
  fields: {
    requestApiKey: int16(),
    requestApiVersion: int16(),
    correlationId: int32(),
    clientId: classic(nullable(string(), { initiallyNull: false })),
  },
})
export type RequestHeader = Infer<typeof RequestHeader>

export const ResponseHeader = message({
  name: 'ResponseHeader',
  versions: '0-1',
  flexible: '1+',
  fields: { correlationId: int32() },
})
export type ResponseHeader = Infer<typeof ResponseHeader>
