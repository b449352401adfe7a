// DescribeClientQuotas (API 48).

import { array, bool, float64, type Infer, int8, int16, int32, message, nullable, string } from '../schema.ts'

export const DescribeClientQuotasRequest = message({
  name: 'DescribeClientQuotasRequest',
  apiKey: 48,
  versions: '0-1',
  flexible: '1+',
  fields: {
    components: array({ entityType: string(), matchType: int8(), match: nullable(string(), { initiallyNull: false }) }),
    strict: bool(),
  },
})
export type DescribeClientQuotasRequest = Infer<typeof DescribeClientQuotasRequest>

export const DescribeClientQuotasResponse = message({
  name: 'DescribeClientQuotasResponse',
  apiKey: 48,
  versions: '0-1',
  flexible: '1+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string(), { initiallyNull: false }),
    entries: nullable(
      array({
        entity: array({ entityType: string(), entityName: nullable(string(), { initiallyNull: false }) }),
        values: array({ key: string(), value: float64() }),
      }),
      { initiallyNull: false },
    ),
  },
})
export type DescribeClientQuotasResponse = Infer<typeof DescribeClientQuotasResponse>
