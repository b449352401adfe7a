// UpdateFeatures (API 57): the cluster's feature levels go up, and down where that is safe (KIP-584, KIP-1022).

import { type Decision, decide } from '../../machine/machine.ts'
import { KafkaError } from '../../protocol/errors.ts'
import { ELIGIBLE_LEADER_REPLICAS, KRAFT_VERSION, KRAFT_VERSIONS, supportedFeatures } from '../features.ts'
import { NO_LEADER } from '../partition.ts'
import { type MetadataRecord, partitionChange, record } from '../records.ts'
import { minIsrForElr } from './configs.ts'
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
  /** Before version 2. */
  results: { feature: string; errorCode: number; errorMessage: string | null }[]
}

const [UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE] = [1, 2, 3]

/** All or nothing: one bad update refuses the request. */
export function updateFeatures(
  controller: Controller,
  request: { readonly featureUpdates: readonly FeatureUpdate[]; readonly validateOnly: boolean },
): Decision<MetadataRecord, UpdateFeaturesResponse> {
  try {
    requireDistinct(request.featureUpdates)
    const records = request.featureUpdates.flatMap((update) => changeOf(controller, update))
    const results = request.featureUpdates.map(({ feature }) => ({ feature, errorCode: 0, errorMessage: 'NONE' })) // as Kafka words it
    return decide({ throttleTimeMs: 0, errorCode: 0, errorMessage: null, results }, request.validateOnly ? [] : records)
  } catch (thrown) {
    return decide(refusedUpdate(KafkaError.of(thrown)))
  }
}

/** Nothing was changed, since one feature cannot be. */
export function refusedUpdate({ code, message }: KafkaError): UpdateFeaturesResponse {
  const errorMessage = `The update failed for all features since the following feature had an error: ${message}`
  return { throttleTimeMs: 0, errorCode: code, errorMessage, results: [] }
}

function requireDistinct(updates: readonly FeatureUpdate[]): void {
  const names = new Set<string>()
  const twice = updates.find(({ feature }) => names.size === names.add(feature).size)?.feature
  if (twice !== undefined) throw new KafkaError('INVALID_REQUEST', `${twice} stands in the request twice`)
}

function changeOf(controller: Controller, update: FeatureUpdate): MetadataRecord[] {
  const { feature, maxVersionLevel: level } = update
  const type = update.upgradeType === UPGRADE && update.allowDowngrade ? SAFE_DOWNGRADE : update.upgradeType
  const refuse = (why: string) =>
    new KafkaError('INVALID_UPDATE_VERSION', `Invalid update version ${level} for feature ${feature}. ${why}`)
  if (type !== UPGRADE && type !== SAFE_DOWNGRADE && type !== UNSAFE_DOWNGRADE)
    throw refuse('The controller does not support the given upgrade type.')
  if (level < 0) throw refuse('A feature version cannot be less than 0.')
  const why = whyUnsupported(controller, feature, level)
  if (why) throw refuse(why)
  const current = levelOf(controller, feature)
  if (level < current && type === UPGRADE) {
    throw refuse(
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    )
  }
  if (level > current && type !== UPGRADE) throw refuse("Can't downgrade to a newer version.")
  if (level === current) return []
  if (feature === KRAFT_VERSION) {
    if (level < current) throw refuse("Can't downgrade the version of this feature.")
    if (!controller.settings.kraftVersion) throw refuse('The metadata is in no quorum of controllers.')
    return [] // no record of the metadata: the quorum's leader says in the log what it speaks
  }
  const change = record('FeatureLevelRecord', { name: feature, featureLevel: level })
  if (feature !== ELIGIBLE_LEADER_REPLICAS) return [change]
  return level > 0 ? [change, ...minIsrForElr(controller)] : [change, ...withoutElr(controller)]
}

/** A leader commits without its ELR from now on; were it kept, it would be wrong when the feature is switched on again. */
function withoutElr({ image }: Controller): MetadataRecord[] {
  return [...image.topics.values()].flatMap(({ id, partitions }) =>
    partitions
      .filter(({ leader, elr }) => leader !== NO_LEADER && elr.length > 0)
      .map(({ partition }) => partitionChange(id, partition, { eligibleLeaderReplicas: [] })),
  )
}

function levelOf({ image, settings }: Controller, feature: string): number {
  if (feature === KRAFT_VERSION) return settings.kraftVersion?.() ?? 0
  return image.features.get(feature) ?? 0
}

/** Every broker and every controller must be able to live with a level; null where all are. */
function whyUnsupported({ image, settings }: Controller, feature: string, level: number): string | null {
  const own = feature === KRAFT_VERSION ? KRAFT_VERSIONS : supportedFeatures.get(feature)
  const isOptional = own?.min === 0 && level === 0
  if (!own || (!isOptional && (level < own.min || level > own.max)))
    return unsupported(`Local controller ${settings.nodeId}`, own)
  for (const { id, features } of image.brokers.values()) {
    const range = rangeOf(features, feature)
    if (!covers(range, level)) return unsupported(`Broker ${id}`, range)
  }
  for (const { controllerId, features } of image.controllers.values()) {
    if (controllerId === settings.nodeId) continue
    const range = rangeOf(features, feature)
    if (!covers(range, level)) return unsupported(`Controller ${controllerId}`, range)
  }
  const silent = (settings.voterIds?.() ?? []).find((id) => id !== settings.nodeId && !image.controllers.has(id))
  return silent === undefined ? null : `controller ${silent} has not registered, and may not support this feature`
}

interface Range {
  readonly min: number
  readonly max: number
}

type Ranges = readonly { readonly name: string; readonly minSupportedVersion: number; readonly maxSupportedVersion: number }[]

function rangeOf(features: Ranges, feature: string): Range | undefined {
  const found = features.find(({ name }) => name === feature)
  return found && { min: found.minSupportedVersion, max: found.maxSupportedVersion }
}

/** Level 0 means that a feature is off, which everybody supports. */
function covers(range: Range | undefined, level: number): boolean {
  return level === 0 || (range !== undefined && level >= range.min && level <= range.max)
}

function unsupported(who: string, range: Range | undefined): string {
  return range ? `${who} only supports versions ${range.min}-${range.max}` : `${who} does not support this feature.`
}
