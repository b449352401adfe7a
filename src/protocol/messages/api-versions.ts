// ApiVersions (API 18).

import { array, bool, type Infer, int16, int32, int64, message, string, tagged } from '../schema.ts'

export const ApiVersionsRequest = message({
  name: 'ApiVersionsRequest',
  apiKey: 18,
  versions: '0-4',
  flexible: '3+',
  fields: {
    clientSoftwareName: string({ versions: '3+', ignorable: true }),
    clientSoftwareVersion: string({ versions: '3+', ignorable: true }),
  },
})
export type ApiVersionsRequest = Infer<typeof ApiVersionsRequest>

export const ApiVersionsResponse = message({
  name: 'ApiVersionsResponse',
  apiKey: 18,
  versions: '0-4',
  flexible: '3+',
  fields: {
    errorCode: int16(),
    apiKeys: array({ apiKey: int16(), minVersion: int16(), maxVersion: int16() }),
    throttleTimeMs: int32({ versions: '1+', ignorable: true }),
    supportedFeatures: tagged(
      0,
      array({ name: string(), minVersion: int16(), maxVersion: int16() }, { versions: '3+', ignorable: true }),
    ),
    finalizedFeaturesEpoch: tagged(1, int64({ versions: '3+', initial: -1, ignorable: true })),
    finalizedFeatures: tagged(
      2,
      array({ name: string(), maxVersionLevel: int16(), minVersionLevel: int16() }, { versions: '3+', ignorable: true }),
    ),
    zkMigrationReady: tagged(3, bool({ versions: '3+', ignorable: true })),
  },
})
export type ApiVersionsResponse = Infer<typeof ApiVersionsResponse>
