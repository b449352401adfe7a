// UpdateFeatures (API 57).

import { array, bool, type Infer, int8, int16, int32, message, nullable, string } from '../schema.ts'

export const UpdateFeaturesRequest = message({
  name: 'UpdateFeaturesRequest',
  apiKey: 57,
  versions: '0-2',
  flexible: '0+',
  fields: {
    timeoutMs: int32({ initial: 60000 }),
    featureUpdates: array({
      feature: string(),
      maxVersionLevel: int16(),
      allowDowngrade: bool({ versions: '0' }),
      upgradeType: int8({ versions: '1+', initial: 1 }),
    }),
    validateOnly: bool({ versions: '1+' }),
  },
})
export type UpdateFeaturesRequest = Infer<typeof UpdateFeaturesRequest>

export const UpdateFeaturesResponse = message({
  name: 'UpdateFeaturesResponse',
  apiKey: 57,
  versions: '0-2',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: nullable(string(), { initiallyNull: false }),
    results: array(
      { feature: string(), errorCode: int16(), errorMessage: nullable(string(), { initiallyNull: false }) },
      { versions: '0-1', ignorable: true },
    ),
  },
})
export type UpdateFeaturesResponse = Infer<typeof UpdateFeaturesResponse>
