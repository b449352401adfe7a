// The features of a cluster: what Kafka 4.2 finalises on a fresh one, and what this build can live with.

import { KafkaError } from '../protocol/errors.ts'

export const METADATA_VERSION = 'metadata.version'
export const KRAFT_VERSION = 'kraft.version'
export const ELIGIBLE_LEADER_REPLICAS = 'eligible.leader.replicas.version'

/** 4.2-IV1: what this build writes by itself. */
export const SUPPORTED_METADATA_VERSION = 29
/** 4.0-IV1: up to 29, no level since then has changed what metadata records say. */
export const OLDEST_METADATA_VERSION = 23

export interface FeatureRange {
  readonly min: number
  readonly max: number
}

/** Of the quorum itself. */
export const KRAFT_VERSIONS: FeatureRange = { min: 0, max: 1 }

/**
 * What this build supports: as Apache Kafka 4.2 announces it, but for metadata.version, which says what can be read and written here. A controller, ours or
 * Apache's, refuses whoever does not support what the cluster has, and takes no level that somebody registered cannot live with. kraft.version is the quorum's
 * own affair and has no record.
 */
export const supportedFeatures: ReadonlyMap<string, FeatureRange> = new Map([
  [METADATA_VERSION, { min: OLDEST_METADATA_VERSION, max: SUPPORTED_METADATA_VERSION }],
  [ELIGIBLE_LEADER_REPLICAS, { min: 0, max: 1 }],
  ['group.version', { min: 0, max: 1 }],
  ['share.version', { min: 0, max: 1 }],
  ['streams.version', { min: 0, max: 1 }],
  ['transaction.version', { min: 0, max: 2 }],
])

/** The supported features in the form of a registration record, kraft.version included. */
export function registeredFeatures(): { name: string; minSupportedVersion: number; maxSupportedVersion: number }[] {
  const features = [...supportedFeatures].map(([name, { min, max }]) => ({
    name,
    minSupportedVersion: min,
    maxSupportedVersion: max,
  }))
  const { min: minSupportedVersion, max: maxSupportedVersion } = KRAFT_VERSIONS
  return [...features, { name: KRAFT_VERSION, minSupportedVersion, maxSupportedVersion }]
}

/** In which versions a follower asks a leader: neither asks the other what it knows, so the cluster's metadata.version says what every broker does. */
export interface ReplicaVersions {
  readonly fetch: number
  readonly listOffsets: number
}

/** As Apache Kafka 4.2 speaks at each level. Before the first metadata no leader is known; then nobody asks. */
export function replicaVersions(metadataVersion: number = SUPPORTED_METADATA_VERSION): ReplicaVersions {
  return {
    fetch: metadataVersion >= 27 ? 18 : 17,
    listOffsets: metadataVersion >= 29 ? 11 : metadataVersion >= 25 ? 10 : 9,
  }
}

/** What a cluster has, by its levels, that this build does not support: `name at level N (here: MIN to MAX)` each. */
export function unsupportedLevels(levels: ReadonlyMap<string, number>): string[] {
  return [...levels].flatMap(([name, level]) => {
    const range = supportedFeatures.get(name)
    if (level === 0 || (range && level >= range.min && level <= range.max)) return []
    return [`${name} at level ${level} (here: ${range ? `${range.min} to ${range.max}` : 'unknown'})`]
  })
}

/** Refuses a cluster whose metadata records this build would read or write wrongly. */
export function requireSupportedMetadataVersion(level: number | undefined): void {
  if (level !== undefined && level >= OLDEST_METADATA_VERSION && level <= SUPPORTED_METADATA_VERSION) return
  if (level !== undefined && level > SUPPORTED_METADATA_VERSION) {
    throw new KafkaError(
      'UNSUPPORTED_VERSION',
      `this cluster's metadata.version is ${level}, newer than ${SUPPORTED_METADATA_VERSION} (4.2-IV1), the newest this build speaks: use a newer build`,
    )
  }
  throw new KafkaError(
    'UNSUPPORTED_VERSION',
    `this cluster's metadata.version is ${level ?? 'not set'}; this build speaks ${OLDEST_METADATA_VERSION} (4.0-IV1) to ${SUPPORTED_METADATA_VERSION} (4.2-IV1) only: ` +
      'start Apache Kafka 4.2 on the directory once, run kafka-features upgrade --release-version 4.2, stop it, and start this again',
  )
}
