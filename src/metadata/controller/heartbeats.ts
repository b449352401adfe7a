// Heartbeats: how a broker shows that it lives, becomes active, and asks to leave (KIP-631).

import { type Decision, decide } from '../../machine/machine.ts'
import type { BrokerImage } from '../image.ts'
import type { MetadataRecord } from '../records.ts'
import { type BrokerEpoch, fenceRecords, requireBroker, shutdownRecords, unfenceRecords } from './brokers.ts'
import type { Controller } from './controller.ts'

export interface Heartbeat extends BrokerEpoch {
  /** The last offset of the metadata log that the broker has applied. */
  readonly currentMetadataOffset: number
  readonly wantFence: boolean
  readonly wantShutDown: boolean
}

export interface HeartbeatAnswer {
  readonly isCaughtUp: boolean
  readonly isFenced: boolean
  readonly shouldShutDown: boolean
}

/** Throws BROKER_ID_NOT_REGISTERED or STALE_BROKER_EPOCH. */
export function heartbeat(controller: Controller, request: Heartbeat, now: number): Decision<MetadataRecord, HeartbeatAnswer> {
  const broker = requireBroker(controller, request)
  controller.sessions.heard(broker.id, now, request.currentMetadataOffset)
  const isCaughtUp = request.currentMetadataOffset >= broker.epoch
  if (request.wantShutDown) return leave(controller, broker, isCaughtUp)
  if (request.wantFence) return decide({ isCaughtUp, isFenced: true, shouldShutDown: false }, fenceRecords(controller, broker))
  if (!broker.fenced) return decide({ isCaughtUp, isFenced: false, shouldShutDown: false })
  const records = isCaughtUp ? unfenceRecords(controller, broker) : []
  return decide({ isCaughtUp, isFenced: records.length === 0, shouldShutDown: false }, records)
}

/** A broker may go once every other active broker has seen that its partitions are led elsewhere. */
function leave(controller: Controller, broker: BrokerImage, isCaughtUp: boolean): Decision<MetadataRecord, HeartbeatAnswer> {
  if (broker.fenced) return decide({ isCaughtUp, isFenced: true, shouldShutDown: true })
  const moved = shutdownRecords(controller, broker)
  controller.sessions.beginShutdown(broker.id, controller.settings.nextOffset() + moved.length - 1)
  if (moved.length > 0) return decide({ isCaughtUp, isFenced: false, shouldShutDown: false }, moved)
  if (!othersHaveSeen(controller, broker.id)) return decide({ isCaughtUp, isFenced: false, shouldShutDown: false })
  return decide({ isCaughtUp, isFenced: true, shouldShutDown: true }, fenceRecords(controller, broker))
}

function othersHaveSeen({ image, sessions }: Controller, id: number): boolean {
  const offset = sessions.shutdownOffset(id) ?? -1
  for (const other of image.brokers.values()) {
    if (other.id === id || other.fenced || other.inControlledShutdown) continue
    if ((sessions.get(other.id)?.metadataOffset ?? -1) < offset) return false
  }
  return true
}

/** Fences the brokers that were not heard of for longer than the session timeout. */
export function fenceExpired(controller: Controller, now: number): Decision<MetadataRecord, void> {
  const { image, sessions, settings } = controller
  const { sessionTimeoutMs } = settings
  if (sessionTimeoutMs === null) return decide<MetadataRecord, void>(undefined)
  const expired = [...image.brokers.values()].find(({ id, fenced }) => !fenced && !sessions.isValid(id, now, sessionTimeoutMs))
  // One at a time: who leads next depends on who is left, and the next look comes soon.
  return decide<MetadataRecord, void>(undefined, expired ? fenceRecords(controller, expired) : [])
}
