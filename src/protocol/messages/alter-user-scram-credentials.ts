// AlterUserScramCredentials (API 51).

import { array, bytes, type Infer, int8, int16, int32, message, nullable, string } from '../schema.ts'

export const AlterUserScramCredentialsRequest = message({
  name: 'AlterUserScramCredentialsRequest',
  apiKey: 51,
  versions: '0',
  flexible: '0+',
  fields: {
    deletions: array({ name: string(), mechanism: int8() }),
    upsertions: array({ name: string(), mechanism: int8(), iterations: int32(), salt: bytes(), saltedPassword: bytes() }),
  },
})
export type AlterUserScramCredentialsRequest = Infer<typeof AlterUserScramCredentialsRequest>

export const AlterUserScramCredentialsResponse = message({
  name: 'AlterUserScramCredentialsResponse',
  apiKey: 51,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    results: array({ user: string(), errorCode: int16(), errorMessage: nullable(string(), { initiallyNull: false }) }),
  },
})
export type AlterUserScramCredentialsResponse = Infer<typeof AlterUserScramCredentialsResponse>
