// DescribeUserScramCredentials (API 50).

import { array, type Infer, int8, int16, int32, message, nullable, string } from '../schema.ts'

export const DescribeUserScramCredentialsRequest = message({
  name: 'DescribeUserScramCredentialsRequest',
  apiKey: 50,
  versions: '0',
  flexible: '0+',
  fields: { users: nullable(array({ name: string() }), { initiallyNull: false }) },
})
export type DescribeUserScramCredentialsRequest = Infer<typeof DescribeUserScramCredentialsRequest>

export const DescribeUserScramCredentialsResponse = message({
  name: 'DescribeUserScramCredentialsResponse',
  apiKey: 50,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string(), { initiallyNull: false }),
    results: array({
      user: string(),
      errorCode: int16(),
      errorMessage: nullable(string(), { initiallyNull: false }),
      credentialInfos: array({ mechanism: int8(), iterations: int32() }),
    }),
  },
})
export type DescribeUserScramCredentialsResponse = Infer<typeof DescribeUserScramCredentialsResponse>
