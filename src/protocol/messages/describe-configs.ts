// DescribeConfigs (API 32).

import { array, bool, type Infer, int8, int16, int32, message, nullable, string } from '../schema.ts'

export const DescribeConfigsRequest = message({
  name: 'DescribeConfigsRequest',
  apiKey: 32,
  versions: '1-4',
  flexible: '4+',
  fields: {
    resources: array({
      resourceType: int8(),
      resourceName: string(),
      configurationKeys: nullable(array(string()), { initiallyNull: false }),
    }),
    includeSynonyms: bool(),
    includeDocumentation: bool({ versions: '3+' }),
  },
})
export type DescribeConfigsRequest = Infer<typeof DescribeConfigsRequest>

export const DescribeConfigsResponse = message({
  name: 'DescribeConfigsResponse',
  apiKey: 32,
  versions: '1-4',
  flexible: '4+',
  fields: {
    throttleTimeMs: int32(),
    results: array({
      errorCode: int16(),
      errorMessage: nullable(string(), { initiallyNull: false }),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: nullable(string(), { initiallyNull: false }),
        readOnly: bool(),
        configSource: int8({ initial: -1, ignorable: true }),
        isSensitive: bool(),
        synonyms: array(
          { name: string(), value: nullable(string(), { initiallyNull: false }), source: int8() },
          { ignorable: true },
        ),
        configType: int8({ versions: '3+', ignorable: true }),
        documentation: nullable(string({ versions: '3+', ignorable: true }), { initiallyNull: false }),
      }),
    }),
  },
})
export type DescribeConfigsResponse = Infer<typeof DescribeConfigsResponse>
