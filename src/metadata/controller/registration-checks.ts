// What a broker must bring to be registered.

import { isUuid, uuidToBytes } from '../../base/uuid.ts'
import { KafkaError } from '../../protocol/errors.ts'
import type { BrokerImage } from '../image.ts'
import type { Registration } from './brokers.ts'
import type { Controller } from './controller.ts'

/** Whoever comes from another cluster, by a copied file or a wrong address, stays out. Throws INCONSISTENT_CLUSTER_ID. */
export function requireCluster(clusterId: string, request: { readonly clusterId: string }): void {
  if (request.clusterId === clusterId) return
  throw new KafkaError(
    'INCONSISTENT_CLUSTER_ID',
    `this is cluster ${clusterId}; the broker belongs to cluster ${request.clusterId}`,
  )
}

/** Throws INVALID_REQUEST, INVALID_REGISTRATION, BROKER_ID_NOT_REGISTERED or UNSUPPORTED_VERSION for what no broker of this cluster can be. */
export function requireRegistrable(controller: Controller, request: Registration): void {
  const { brokerId, listeners, isMigratingZkBroker } = request
  if (isMigratingZkBroker)
    throw new KafkaError('BROKER_ID_NOT_REGISTERED', 'brokers that migrate from ZooKeeper are not registered here')
  if (listeners.length === 0) throw new KafkaError('INVALID_REQUEST', `broker ${brokerId} names no listener`)
  requireDirectories(controller, request)
  requireFeatures(controller, request)
}

/** Ids below this are no directory's: they say that it is unknown, lost, or of the time before directories had ids. */
const RESERVED_BELOW = 100

/** Each directory belongs to one broker: a copied disk would otherwise stand for two replicas (KIP-858). */
function requireDirectories({ image }: Controller, { brokerId, logDirs }: Registration): void {
  const refuse = (why: string) => new KafkaError('INVALID_REGISTRATION', `broker ${brokerId} ${why}`)
  if (logDirs.length === 0) throw refuse('names no log directory')
  const reserved = logDirs.find(isReserved)
  if (reserved !== undefined) throw refuse(`names the directory id ${reserved}, which stands for no directory`)
  if (new Set(logDirs).size < logDirs.length) throw refuse('names a directory id twice')
  for (const other of image.brokers.values()) {
    const shared = other.id === brokerId ? undefined : logDirs.find((id) => other.logDirs.includes(id))
    if (shared !== undefined) throw refuse(`names directory ${shared}, with which broker ${other.id} is registered`)
  }
}

function isReserved(id: string): boolean {
  if (!isUuid(id)) return true
  const bytes = uuidToBytes(id)
  return bytes.subarray(0, 15).every((byte) => byte === 0) && bytes[15]! < RESERVED_BELOW
}

function requireFeatures({ image }: Controller, { brokerId, features }: Registration): void {
  for (const { name, minSupportedVersion: min, maxSupportedVersion: max } of features) {
    const level = image.features.get(name) ?? 0
    if (level > 0 || min <= 0) continue
    throw unsupported(brokerId, name, level, `${min} to ${max}`)
  }
  for (const [name, level] of image.features) {
    const supported = features.find((feature) => feature.name === name)
    if (supported && level >= supported.minSupportedVersion && level <= supported.maxSupportedVersion) continue
    const range = supported ? `${supported.minSupportedVersion} to ${supported.maxSupportedVersion}` : 'nothing of it'
    throw unsupported(brokerId, name, level, range)
  }
}

function unsupported(brokerId: number, name: string, level: number, range: string): KafkaError {
  return new KafkaError('UNSUPPORTED_VERSION', `the cluster has ${name} at level ${level}; broker ${brokerId} supports ${range}`)
}

/**
 * The process that stands in the way of this one: two with one id would be one replica twice. Whoever was heard of within a session is alive, fenced
 * or not; the marker of a clean stop proves that it is not. This node's own broker lives in this process: the one that an earlier controller knew is
 * gone with its process. Null where nobody does.
 */
export function rivalOf(
  { image, sessions, settings }: Controller,
  { brokerId, incarnationId, previousBrokerEpoch }: Registration,
  now: number,
): BrokerImage | null {
  const { sessionTimeoutMs } = settings
  const existing = image.brokers.get(brokerId)
  if (!existing || existing.incarnationId === incarnationId || sessionTimeoutMs === null) return null
  if (existing.id === settings.nodeId && !sessions.hasSpoken(existing.id)) return null
  if (previousBrokerEpoch === existing.epoch || !sessions.isValid(existing.id, now, sessionTimeoutMs)) return null
  return existing
}

/** Throws DUPLICATE_BROKER_REGISTRATION. @param endedEpoch the broker epoch of a process that has ended, whatever its session says (decision 12) */
export function refuseDuplicate(controller: Controller, request: Registration, now: number, endedEpoch: number | null): void {
  const rival = rivalOf(controller, request, now)
  if (!rival || rival.epoch === endedEpoch) return
  throw new KafkaError(
    'DUPLICATE_BROKER_REGISTRATION',
    `another process is registered as broker ${rival.id} and was heard of within the last ${controller.settings.sessionTimeoutMs} ms`,
  )
}
