// AlterClientQuotas (API 49).

import { array, bool, float64, type Infer, int16, int32, message, nullable, string } from '../schema.ts'

export const AlterClientQuotasRequest = message({
  name: 'AlterClientQuotasRequest',
  apiKey: 49,
  versions: '0-1',
  flexible: '1+',
  fields: {
    entries: array({
      entity: array({ entityType: string(), entityName: nullable(string(), { initiallyNull: false }) }),
      ops: array({ key: string(), value: float64(), remove: bool() }),
    }),
    validateOnly: bool(),
  },
})
export type AlterClientQuotasRequest = Infer<typeof AlterClientQuotasRequest>

export const AlterClientQuotasResponse = message({
  name: 'AlterClientQuotasResponse',
  apiKey: 49,
  versions: '0-1',
  flexible: '1+',
  fields: {
    throttleTimeMs: int32(),
    entries: array({
      errorCode: int16(),
      errorMessage: nullable(string(), { initiallyNull: false }),
      entity: array({ entityType: string(), entityName: nullable(string(), { initiallyNull: false }) }),
    }),
  },
})
export type AlterClientQuotasResponse = Infer<typeof AlterClientQuotasResponse>
