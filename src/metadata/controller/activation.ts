// What a controller writes when it becomes active: the first records of a new cluster, and itself.

import { type Decision, decide } from '../../machine/machine.ts'
import { METADATA_VERSION, registeredFeatures, requireSupportedMetadataVersion } from '../features.ts'
import { type MetadataRecord, type RecordOf, record } from '../records.ts'
import { resourceNumber } from '../resources.ts'
import type { Controller } from './controller.ts'

/** What Kafka 4.2 finalises on a fresh cluster, as its `bootstrap.checkpoint` holds it. */
export function bootstrapFeatures(): MetadataRecord[] {
  const levels: [string, number][] = [
    [METADATA_VERSION, 29],
    ['eligible.leader.replicas.version', 1],
    ['group.version', 1],
    ['share.version', 1],
    ['streams.version', 1],
    ['transaction.version', 2],
  ]
  return levels.map(([name, featureLevel]) => record('FeatureLevelRecord', { name, featureLevel }))
}

/**
 * Writes the bootstrap records where the log has none yet, as one metadata transaction, and drops what a controller that died left undecided.
 * Throws UNSUPPORTED_VERSION for a cluster of another metadata.version, with advice.
 * @param bootstrap what `bootstrap.checkpoint` holds; null where it is missing
 * @param minInsyncReplicas the cluster's own, which eligible leader replicas need to be set
 */
export function activate(
  { image }: Controller,
  { bootstrap, minInsyncReplicas }: { readonly bootstrap: readonly MetadataRecord[] | null; readonly minInsyncReplicas: number },
): Decision<MetadataRecord, void> {
  const aborted = image.isInTransaction
    ? [record('AbortTransactionRecord', { reason: 'the controller that began it is gone' })]
    : []
  if (image.features.has(METADATA_VERSION)) {
    requireSupportedMetadataVersion(image.features.get(METADATA_VERSION))
    return decide<MetadataRecord, void>(undefined, aborted)
  }
  const first = bootstrap ?? bootstrapFeatures()
  requireSupportedMetadataVersion(levelIn(first))
  const minIsr = record('ConfigRecord', {
    resourceType: resourceNumber('broker'),
    resourceName: '',
    name: 'min.insync.replicas',
    value: String(minInsyncReplicas),
  })
  const begin = record('BeginTransactionRecord', { name: 'Bootstrap records' })
  return decide<MetadataRecord, void>(undefined, [...aborted, begin, ...first, minIsr, record('EndTransactionRecord', {})])
}

function levelIn(records: readonly MetadataRecord[]): number | undefined {
  for (const { kind, value } of records)
    if (kind === 'FeatureLevelRecord' && value.name === METADATA_VERSION) return value.featureLevel
  return undefined
}

/** What a controller tells of itself; where it leaves out its id or features, they are those of the one that decides. */
export type ControllerRegistration = Pick<RecordOf<'RegisterControllerRecord'>, 'incarnationId' | 'endPoints'> &
  Partial<Pick<RecordOf<'RegisterControllerRecord'>, 'controllerId' | 'features'>>

/** A process as a controller, once per start of it. */
export function registerController(
  { settings }: Controller,
  { controllerId, incarnationId, endPoints, features }: ControllerRegistration,
): Decision<MetadataRecord, void> {
  return decide<MetadataRecord, void>(undefined, [
    record('RegisterControllerRecord', {
      controllerId: controllerId ?? settings.nodeId,
      incarnationId,
      zkMigrationReady: false,
      endPoints: endPoints.map(({ name, host, port, securityProtocol }) => ({ name, host, port, securityProtocol })),
      features: features ?? registeredFeatures(),
    }),
  ])
}
