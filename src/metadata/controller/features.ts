// UpdateFeatures (API 57): the cluster's feature levels go up, and down where that is safe (KIP-584, KIP-1022).

import { type Decision, decide } from '../../machine/machine.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { METADATA_VERSION, supportedFeatures } from '../features.ts'
import { type MetadataRecord, record } from '../records.ts'
import type { Controller } from './controller.ts'

export interface FeatureUpdate {
  readonly feature: string
  readonly maxVersionLevel: number
  /** Version 0. */
  readonly allowDowngrade: boolean
  /** Version 1 and later: 1 upgrade, 2 safe downgrade, 3 unsafe downgrade. */
  readonly upgradeType: number
}

export interface UpdateFeaturesResponse {
  throttleTimeMs: number
  errorCode: number
  errorMessage: string | null
  results: { feature: string; errorCode: number; errorMessage: string | null }[]
}

/** All or nothing: one bad update refuses the request. */
export function updateFeatures(
  controller: Controller,
  request: { readonly featureUpdates: readonly FeatureUpdate[]; readonly validateOnly: boolean },
): Decision<MetadataRecord, UpdateFeaturesResponse> {
  try {
    const records = request.featureUpdates.flatMap((update) => changeOf(controller, update))
    const results = request.featureUpdates.map(({ feature }) => ({ feature, errorCode: 0, errorMessage: null }))
    return decide({ throttleTimeMs: 0, errorCode: 0, errorMessage: null, results }, request.validateOnly ? [] : records)
  } catch (thrown) {
    const { code, message } = KafkaError.of(thrown)
    const errorMessage = `The update failed for all features since one had an error: ${message}`
    return decide({ throttleTimeMs: 0, errorCode: code, errorMessage, results: [] })
  }
}

function changeOf({ image, settings }: Controller, update: FeatureUpdate): MetadataRecord[] {
  const { feature, maxVersionLevel: level, upgradeType } = update
  const refuse = (why: string) =>
    new KafkaError('INVALID_UPDATE_VERSION', `Invalid update version ${level} for feature ${feature}. ${why}`)
  const range = supportedFeatures.get(feature)
  if (upgradeType < 1 || upgradeType > 3) throw refuse(`${upgradeType} is no upgrade type; 1 to 3 are.`)
  if (level < 0) throw refuse('A feature version cannot be less than 0.')
  if (!range) throw refuse(`Controller ${settings.nodeId} does not support this feature.`)
  if (level !== 0 && (level < range.min || level > range.max)) {
    throw refuse(`Controller ${settings.nodeId} supports versions ${range.min} to ${range.max}.`)
  }
  const current = image.features.get(feature) ?? 0
  if (level === current) return []
  if (level < current && upgradeType === 1 && !update.allowDowngrade) {
    throw refuse('A downgrade needs the upgrade type "safe" or "unsafe downgrade".')
  }
  if (feature === METADATA_VERSION) throw refuse(`This build keeps its metadata at version ${current}.`)
  requireBrokers(image.brokers.values(), feature, level, refuse)
  return [record('FeatureLevelRecord', { name: feature, featureLevel: level })]
}

function requireBrokers(
  brokers: Iterable<{
    readonly id: number
    readonly features: readonly { name: string; minSupportedVersion: number; maxSupportedVersion: number }[]
  }>,
  feature: string,
  level: number,
  refuse: (why: string) => KafkaError,
): void {
  for (const { id, features } of brokers) {
    const supported = features.find(({ name }) => name === feature)
    if (supported && level >= supported.minSupportedVersion && level <= supported.maxSupportedVersion) continue
    throw refuse(
      `Broker ${id} supports ${supported ? `${supported.minSupportedVersion} to ${supported.maxSupportedVersion}` : 'nothing of it'}.`,
    )
  }
}
